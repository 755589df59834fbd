"""What of a document is plainly unfinished is found without a model; what is not, is left alone."""

from __future__ import annotations

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from services.analyst.documents import (
    DocumentAnswer,
    PartAnswer,
    markdown_of,
    unfinished,
)

TASK = pb.Task(
    id="t1",
    title="Write the loads of each lift down",
    description="Choose a load for each lift of the week and write it next to the lift.",
    acceptance_criteria=["Each lift of the week has a load next to it."],
    deliverable="Sheet of loads",
)
LOADS = "Squat: 60 kg, five sets of five. Bench press: 45 kg, five sets of five."
RESTS = "Two minutes between sets; three before the heaviest one of the day."


def document(*parts: tuple[str, str], title: str = "Sheet of loads") -> DocumentAnswer:
    return DocumentAnswer(
        title=title, parts=[PartAnswer(heading=name, text=text) for name, text in parts]
    )


def a_text(text: str) -> DocumentAnswer:
    return document(("Loads", LOADS), ("Rests", text))


def test_a_finished_document_has_no_fault() -> None:
    assert unfinished(document(("Loads", LOADS), ("Rests", RESTS)), TASK, 4_000) == []


@pytest.mark.parametrize(
    "found",
    [
        "Lorem ipsum", "TBD", "TODO: loads", "FIXME", "XXXX", "{{ name }}", "[insert the load]",
        "[Your name]", "[name here]", "[hier die Last einfügen]", "[à compléter]",
        "[da completare]", "[por definir]", "[a definir]", "[datum invullen]", "[待补充]",
        "[日付を記入]", "[to be decided]",
    ],
)  # fmt: skip
def test_what_waits_for_somebody_to_fill_it_in_is_found(found: str) -> None:
    (fault,) = unfinished(a_text(f"{RESTS} {found}"), TASK, 4_000)
    assert fault.startswith("the part 'Rests' has ")
    assert "waits for somebody to fill it in" in fault
    assert unfinished(document(("Loads", LOADS), (found, RESTS)), TASK, 4_000)
    assert unfinished(document(("Loads", LOADS), title=found), TASK, 4_000)


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] warm up for ten minutes\n- [x] write the loads down",
        "Signed by the coach on the first day of the week: ________________",
        "As [your own notes](https://example.com/notes) of the first week say, go slowly.",
        "Hay que revisar todo; TODO LISTO para la primera semana del ciclo.",
        'The book says: "heavy [...] and slow", which holds for the squat as well.',
        "The XXX Olympiad had eight classes of weight for men and seven for women.",
        "Add the plates one by one; your hands stay where they are.",
    ],
)
def test_boxes_lines_links_and_plain_words_are_no_placeholders(text: str) -> None:
    assert unfinished(a_text(text), TASK, 4_000) == []


@pytest.mark.parametrize("text", ["", "...", "- \n- ", "123 456 789 012 345 678 901", "Yes."])
def test_a_part_without_text_is_found(text: str) -> None:
    assert unfinished(a_text(text), TASK, 4_000) == ["the part 'Rests' has no text"]


def test_a_short_sentence_in_a_script_without_spaces_is_a_text() -> None:
    assert unfinished(a_text("每组之间休息两分钟。"), TASK, 4_000) == []
    assert unfinished(a_text("休息。"), TASK, 4_000) == ["the part 'Rests' has no text"]


def test_a_part_that_says_what_another_does_is_found() -> None:
    (fault,) = unfinished(a_text(f"**{LOADS.upper()}**"), TASK, 4_000)
    assert fault == "the part 'Rests' says the same as the part 'Loads'"


@pytest.mark.parametrize(
    "text",
    [
        TASK.description,
        f"{TASK.title}. {TASK.acceptance_criteria[0]}",
        "So: choose a load for each lift of the week and write it next to the lift.",
    ],
)
def test_the_task_told_back_is_no_work(text: str) -> None:
    assert unfinished(a_text(text), TASK, 4_000) == [
        "the part 'Rests' repeats the task instead of doing it"
    ]


def test_the_task_told_back_is_found_without_spaces_too() -> None:
    task = pb.Task(
        id="t1", title="决定每周的训练重量", description="为每个动作选择重量并写在旁边。"
    )
    told = document(
        ("重量", "为每个动作选择重量，并写在旁边。决定每周的训练重量，为每个动作选择。")
    )
    done = document(("重量", "深蹲六十公斤，五组五次；卧推四十五公斤，五组五次；组间休息两分钟。"))
    assert unfinished(told, task, 4_000)
    assert unfinished(done, task, 4_000) == []


def test_a_document_is_markdown_with_one_first_heading() -> None:
    text = markdown_of(document(("## Loads ##", LOADS), ("Rests", RESTS), title="# Sheet"))
    assert text == f"# Sheet\n\n## Loads\n\n{LOADS}\n\n## Rests\n\n{RESTS}\n"


@given(
    st.lists(st.tuples(st.text(max_size=30), st.text(max_size=200)), min_size=1, max_size=40),
    st.text(max_size=30),
)
def test_whatever_a_document_says_it_is_judged(parts: list[tuple[str, str]], title: str) -> None:
    clean = [(a.replace("\x00", ""), b.replace("\x00", "")) for a, b in parts]
    made = document(*clean, title=title.replace("\x00", ""))
    assert len(unfinished(made, TASK, 4_000)) <= 20
    assert markdown_of(made).startswith("# ")
