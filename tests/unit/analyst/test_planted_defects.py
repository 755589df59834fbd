"""Thirty good deliverables with defects planted in them: what is found without a model, counted.

The table is printed (pytest -s). What a rule cannot know, a fact that contradicts a criterion,
stands in it too: there the count must be 0, since who claims more would be guessing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from rich.console import Console
from rich.table import Table

from services.analyst.documents import DocumentAnswer, longest_part, markdown_of, unfinished
from services.analyst.reviewing import ReviewAnswer, Work, judge

DATA = Path(__file__).parents[2] / "data" / "deliverables.jsonl"
GOOD: list[dict[str, Any]] = [json.loads(line) for line in DATA.read_text().splitlines()]
TOKENS = 150
"""About as long as they may be: a part has at most 300 characters."""
PLACEHOLDERS = (
    "[insert the figures here]", "TBD", "{{amount}}", "Lorem ipsum dolor sit amet.", "[einfügen]",
    "[à compléter]", "[insertar fecha]", "[inserire il nome]", "[a definir]", "[invullen]",
)  # fmt: skip


def document(good: dict[str, Any]) -> DocumentAnswer:
    parts = [{"heading": heading, "text": text} for heading, text in good["parts"]]
    return DocumentAnswer.model_validate({"title": good["title"], "parts": parts})


def task(good: dict[str, Any]) -> pb.Task:
    return pb.Task(
        id="t1", title=good["task"], deliverable=good["title"],
        description=f"{good['task']}: {'; '.join(good['criteria'])}.",
        acceptance_criteria=good["criteria"],
    )  # fmt: skip


def passage(good: dict[str, Any], part: int = 0) -> str:
    """A sentence of the deliverable."""
    return good["parts"][part][1].split(". ")[0]


def review(good: dict[str, Any], *passages: str, verdict: str = "met") -> ReviewAnswer:
    """Verdicts on the criteria in order, one for each passage."""
    return ReviewAnswer.model_validate({
        "verdicts": [
            {"criterion": str(number), "passage": quoted, "verdict": verdict, "finding": ""}
            for number, quoted in enumerate(passages, 1)
        ]
    })  # fmt: skip


def faults(good: dict[str, Any], answer: ReviewAnswer) -> list[str]:
    work = Work(markdown_of(document(good)))
    return [each.fault for each in judge(answer, good["criteria"], work) if each.fault]


def in_document(change: Callable[[dict[str, Any], int], None]) -> Callable[[int], bool]:
    """Whether a defect in the n-th document is found."""

    def found(number: int) -> bool:
        good = json.loads(json.dumps(GOOD[number]))
        change(good, number)
        return bool(unfinished(document(good), task(GOOD[number]), TOKENS))

    return found


def placeholder(good: dict[str, Any], number: int) -> None:
    good["parts"][number % 3][1] += f" {PLACEHOLDERS[number % len(PLACEHOLDERS)]}"


def empty_part(good: dict[str, Any], number: int) -> None:
    good["parts"][number % 3][1] = ("", "…", "- \n- \n", "| | |\n|-|-|")[number % 4]


def repeated_part(good: dict[str, Any], number: int) -> None:
    good["parts"][2][1] = f"**{good['parts'][number % 2][1]}**"


def task_told_back(good: dict[str, Any], number: int) -> None:
    good["parts"][number % 3][1] = f"{good['task']}: {'; '.join(good['criteria'])}."


def cut_by_the_form(good: dict[str, Any], number: int) -> None:
    words = f"{good['parts'][number % 3][1]} {good['parts'][(number + 1) % 3][1]}"
    good["parts"][number % 3][1] = f"{words} {words}"[: longest_part(TOKENS) - 1] + "a"


def contradiction(good: dict[str, Any], number: int) -> None:
    """The part that meets a criterion says the opposite: only who understands it sees that."""
    good["parts"][1][1] += (" This was not done.", " Das fehlt hier.")[number % 2]


def altered(text: str) -> str:
    """The passage with one word in the middle replaced."""
    words = text.split()
    words[len(words) // 2] = "zwölfhundert"
    return " ".join(words)


def in_review(answer: Callable[[dict[str, Any]], ReviewAnswer]) -> Callable[[int], bool]:
    """Whether a defect of the n-th review is found."""
    return lambda number: bool(faults(GOOD[number], answer(GOOD[number])))


KINDS: dict[str, tuple[Callable[[int], bool], int]] = {
    "a placeholder": (in_document(placeholder), 30),
    "a part without text": (in_document(empty_part), 30),
    "a part that is there twice": (in_document(repeated_part), 30),
    "the task told back": (in_document(task_told_back), 30),
    "a part that the form cut off": (in_document(cut_by_the_form), 30),
    "an invented passage": (
        in_review(lambda good: review(good, passage(good), "The committee agreed on all of it.")), 30
    ),
    "a passage with a word altered": (
        in_review(lambda good: review(good, passage(good), altered(passage(good, 1)))), 30
    ),
    "met, and no passage": (in_review(lambda good: review(good, passage(good), "")), 30),
    "a criterion left out": (in_review(lambda good: review(good, passage(good))), 30),
    "not met, and no finding": (
        in_review(lambda good: review(good, passage(good), "", verdict="not met")), 30
    ),
    "a criterion contradicted": (in_document(contradiction), 0),
}  # fmt: skip
"""Each kind of defect, and how many of thirty are found."""


@pytest.fixture(scope="module")
def counted() -> Counter[str]:
    return Counter({
        kind: sum(found(number) for number in range(len(GOOD)))
        for kind, (found, _) in KINDS.items()
    })  # fmt: skip


def test_thirty_deliverables_of_ten_fields_and_more_are_good_as_they_stand() -> None:
    assert len(GOOD) == 30
    assert len({good["field"] for good in GOOD}) >= 10
    assert len({good["language"] for good in GOOD}) >= 5
    for good in GOOD:
        assert unfinished(document(good), task(good), TOKENS) == [], good["title"]
        answer = review(good, *(passage(good, n) for n in range(len(good["criteria"]))))
        assert faults(good, answer) == [], good["title"]


def test_planted_defects_are_found_and_counted(counted: Counter[str]) -> None:
    table = Table("planted in thirty", "found", "expected")
    for kind, (_, expected) in KINDS.items():
        table.add_row(kind, str(counted[kind]), str(expected))
    Console(width=80).print(table)
    assert {kind: counted[kind] for kind in KINDS} == {
        kind: expected for kind, (_, expected) in KINDS.items()
    }
