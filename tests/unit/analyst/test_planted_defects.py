"""Defects planted in thirty good deliverables: what is found without a model, and what is not.

Rules see the form: what waits to be filled in, is empty, said twice, told back, cut off, or quoted
without being there. Whether the work is right they do not see, and the count says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from deliverables import Good, deliverables

from services.analyst.documents import DocumentAnswer, PartAnswer, longest_part, unfinished
from services.analyst.reviewing import MET, NOT_MET, ReviewAnswer, VerdictAnswer, Work, judge

ALL = deliverables()
TOKENS = 950
MAX_TEXT = longest_part(TOKENS)
PLACEHOLDERS = {
    "en": "[insert the date here]", "de": "[hier das Datum einfügen]", "fr": "[date à compléter]",
    "it": "[da completare]", "es": "[por definir]", "pt": "[inserir a data]",
    "nl": "[datum invullen]", "zh": "[待补充]", "ja": "[日付を記入]", "ar": "[يحدد لاحقا]",
}  # fmt: skip

Plant = Callable[[Good], list[str]]
"""Plants one defect in a good deliverable, and gives what is found."""


def with_parts(good: Good, *parts: PartAnswer) -> list[str]:
    return unfinished(
        DocumentAnswer(title=good.document.title, parts=list(parts)), good.task, TOKENS
    )


def with_last_text(good: Good, change: Callable[[str], str]) -> list[str]:
    *others, last = good.document.parts
    return with_parts(good, *others, PartAnswer(heading=last.heading, text=change(last.text)))


def with_another_part(good: Good, text: str) -> list[str]:
    return with_parts(good, *good.document.parts, PartAnswer(heading="+ 1", text=text))


def one_word_other(text: str) -> str:
    """In the middle of the text; one character where words are not told apart by spaces."""
    at = len(text) // 2
    if text.count(" ") < len(text) / 20:
        return f"{text[:at]}々{text[at + 1 :]}"
    start, end = text.rindex(" ", 0, at), text.index(" ", at)
    return f"{text[:start]} otherwise{text[end:]}"


def cut_off(text: str) -> str:
    return (text.rstrip(".。") + "x") * MAX_TEXT


def longest_sentence(text: str) -> str:
    return max(re.split(r"[.!?。\n]+", text), key=len).strip()


def contradicting(good: Good) -> DocumentAnswer:
    _, passage, instead = good.contradicted
    parts = [
        PartAnswer(heading=part.heading, text=part.text.replace(passage, instead))
        for part in good.document.parts
    ]
    assert parts != good.document.parts
    return DocumentAnswer(title=good.document.title, parts=parts)


def reviewed(good: Good, *verdicts: VerdictAnswer, markdown: str = "") -> list[str]:
    found = judge(
        ReviewAnswer(verdicts=list(verdicts)),
        good.task.acceptance_criteria,
        Work(markdown or good.markdown),
    )
    return [each.fault for each in found if each.fault]


def met(good: Good, last: str | None = None) -> list[VerdictAnswer]:
    """Every criterion said to be met by its passage; the last one by another one, where given."""
    passages = [*good.passages[:-1], good.passages[-1] if last is None else last]
    return [
        VerdictAnswer(criterion=str(number), passage=passage, verdict=MET, finding="")
        for number, passage in enumerate(passages, 1)
    ]


def of_another_work(good: Good) -> str:
    others = [each for each in ALL if each is not good]
    return max(others, key=lambda each: each.language == good.language).passages[0]


def again(good: Good, verdict: str, passage: str) -> VerdictAnswer:
    return VerdictAnswer(criterion="1", passage=passage, verdict=verdict, finding="x")


def met_by_what_contradicts(good: Good) -> list[str]:
    number, passage, instead = good.contradicted
    shown = good.passages[number - 1]
    said = instead if shown in passage else shown
    return reviewed(good, *met(good, said), markdown=good.markdown.replace(passage, instead))


BY_RULE: dict[str, Plant] = {
    "placeholder": lambda g: with_last_text(g, lambda text: f"{text} {PLACEHOLDERS[g.language]}"),
    "part without text": lambda g: with_last_text(g, lambda text: ""),
    "heading without text within a part": lambda g: with_last_text(g, lambda t: f"{t}\n\n### 2"),
    "part said twice": lambda g: with_another_part(g, g.document.parts[0].text),
    "part said twice, one word other": lambda g: with_another_part(
        g, one_word_other(g.document.parts[0].text)
    ),
    "task told back": lambda g: with_last_text(
        g, lambda text: f"{g.task.description} {' '.join(g.task.acceptance_criteria)}"
    ),
    "part cut off at the limit": lambda g: with_last_text(g, lambda t: cut_off(t)[:MAX_TEXT]),
    "one sentence over and over": lambda g: with_last_text(
        g, lambda text: f"{text} " + f"{longest_sentence(text)}. " * 40
    ),
    "verdict: passage of another work": lambda g: reviewed(g, *met(g, of_another_work(g))),
    "verdict: passage altered in words": lambda g: reviewed(g, *met(g, g.contradicted[2])),
    "verdict: passage altered in one word": lambda g: reviewed(
        g, *met(g, one_word_other(g.document.parts[1].text))
    ),
    "verdict: met without a passage": lambda g: reviewed(g, *met(g, "")),
    "verdicts: a criterion skipped": lambda g: reviewed(g, *met(g)[1:]),
    "verdicts: one twice, another skipped": lambda g: reviewed(g, *met(g)[:-1], met(g)[0]),
    "verdicts: one twice, and they differ": lambda g: reviewed(
        g, *met(g), again(g, NOT_MET, g.passages[0])
    ),
    "verdicts: one twice, once with an invented passage": lambda g: reviewed(
        g, *met(g), again(g, MET, of_another_work(g))
    ),
}
BY_A_MODEL_ONLY: dict[str, Plant] = {
    "a part left out": lambda g: with_parts(g, *g.document.parts[:-1]),
    "criterion contradicted": lambda g: unfinished(contradicting(g), g.task, TOKENS),
    "verdict: met by what contradicts it": met_by_what_contradicts,
}


def counted(plants: dict[str, Plant]) -> dict[str, list[str]]:
    """For each kind the deliverables in which it was not found."""
    return {kind: [g.name for g in ALL if not plant(g)] for kind, plant in plants.items()}


def test_the_thirty_deliverables_are_of_ten_languages_and_have_what_their_tasks_ask_for() -> None:
    assert len(ALL) == 30
    assert {good.language for good in ALL} == set(PLACEHOLDERS)
    for good in ALL:
        words = len(good.markdown.split())
        assert 100 <= words <= 260 or good.language in {"zh", "ja"}, (good.name, words)
        number, passage, instead = good.contradicted
        assert passage in good.markdown
        assert instead not in good.markdown
        assert 1 <= number <= len(good.passages)


def test_none_of_the_thirty_gives_a_false_alarm() -> None:
    alarms = {
        good.name: [*unfinished(good.document, good.task, TOKENS), *reviewed(good, *met(good))]
        for good in ALL
    }
    assert {name: faults for name, faults in alarms.items() if faults} == {}


def test_every_defect_of_form_is_found_without_a_model_and_no_defect_of_sense() -> None:
    by_rule, by_model = counted(BY_RULE), counted(BY_A_MODEL_ONLY)
    print(f"\n{'planted in 30 deliverables':52} found  not found")
    for kind, missed in (by_rule | by_model).items():
        print(f"{kind:52} {30 - len(missed):5} {len(missed):10}  {' '.join(missed[:4])}")
    assert {kind: missed for kind, missed in by_rule.items() if missed} == {}
    assert {kind: len(missed) for kind, missed in by_model.items()} == dict.fromkeys(
        BY_A_MODEL_ONLY, 30
    )


@pytest.mark.parametrize("good", ALL, ids=lambda good: good.name)
def test_a_verdict_gives_back_the_passage_that_shows_it(good: Good) -> None:
    found = judge(
        ReviewAnswer(verdicts=met(good)), good.task.acceptance_criteria, Work(good.markdown)
    )
    for each, passage in zip(found, good.passages, strict=True):
        assert each.verdict.passage == passage.strip(".")
        assert each.verdict.verdict == pb.VERDICT_MET
