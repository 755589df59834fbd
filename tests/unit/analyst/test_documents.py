"""What of a document is plainly unfinished is found without a model; what is not, is left alone."""

from __future__ import annotations

import time

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from services.analyst.documents import (
    CHARACTERS_PER_TOKEN,
    DocumentAnswer,
    PartAnswer,
    document_schema,
    longest_part,
    markdown_of,
    unfinished,
    with_whole_ends,
)
from shared.context.limits import OUTPUT_LIMITS

TOKENS = 950
MAX_TEXT = longest_part(TOKENS)

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
    assert unfinished(document(("Loads", LOADS), ("Rests", RESTS)), TASK, TOKENS) == []


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
    (fault,) = unfinished(a_text(f"{RESTS} {found}"), TASK, TOKENS)
    assert fault.startswith("the part 'Rests' has ")
    assert "waits for somebody to fill it in" in fault
    assert unfinished(document(("Loads", LOADS), (found, RESTS)), TASK, TOKENS)
    assert unfinished(document(("Loads", LOADS), title=found), TASK, TOKENS)


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
    assert unfinished(a_text(text), TASK, TOKENS) == []


@pytest.mark.parametrize("text", ["", "...", "- \n- ", "123 456 789 012 345 678 901", "Yes."])
def test_a_part_without_text_is_found(text: str) -> None:
    assert unfinished(a_text(text), TASK, TOKENS) == ["the part 'Rests' has no text"]


def test_a_short_sentence_in_a_script_without_spaces_is_a_text() -> None:
    assert unfinished(a_text("每组之间休息两分钟。"), TASK, TOKENS) == []
    assert unfinished(a_text("休息。"), TASK, TOKENS) == ["the part 'Rests' has no text"]


def test_a_part_that_says_what_another_does_is_found() -> None:
    (fault,) = unfinished(a_text(f"**{LOADS.upper()}**"), TASK, TOKENS)
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
    assert unfinished(a_text(text), TASK, TOKENS) == [
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
    assert unfinished(told, task, TOKENS)
    assert unfinished(done, task, TOKENS) == []


SESSIONS = "Warm up for ten minutes, then squat {} kg and press {} kg, five sets of five of each, and rest for three minutes between heavy sets; walk home slowly."


def test_parts_that_differ_in_their_figures_are_two() -> None:
    first, second = SESSIONS.format(60, 40), SESSIONS.format(62, 41)
    assert unfinished(document(("Monday", first), ("Friday", second)), TASK, TOKENS) == []
    (fault,) = unfinished(document(("Monday", first), ("Friday", f"{first} Yes.")), TASK, TOKENS)
    assert fault == "the part 'Friday' says nearly the same as the part 'Monday'"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"- [ ] Lift {n}: bar clean, collars closed, floor free" for n in range(20)),
        "| rest day | walk for half an hour |\n" * 9 + "The other days are for the bar.",
        "Signature of whoever opened the room: ________\n" * 9,
        "### Bar\n\n#### Collars\n\nClosed before each set of the day.\n\n### Floor\n\nFree.",
        "```\n# clean the log of the day\n# and the one before\n```\nRun it in the evening.",
    ],
)
def test_lists_forms_and_headings_above_headings_are_finished(text: str) -> None:
    assert unfinished(a_text(text), TASK, TOKENS) == []


def test_sentences_over_and_over_are_found() -> None:
    text = "Lift with a straight back and a full breath. " * 12
    assert unfinished(a_text(text), TASK, TOKENS) == [
        "the part 'Rests' says the same sentences over and over"
    ]


def test_a_hostile_document_takes_little_time() -> None:
    parts = [(f"Part {n}", f"{n} " + "a b c # d. " * 1_800) for n in range(40)]
    began = time.perf_counter()
    unfinished(document(*parts), TASK, TOKENS)
    assert time.perf_counter() - began < 5


def test_a_heading_that_nothing_follows_is_found() -> None:
    text = "### Heavy days\n\n### Light days\n\nTwo minutes between the sets."
    assert unfinished(a_text(text), TASK, TOKENS) == [
        "the part 'Rests' has the heading 'Heavy days' without a text"
    ]


LONG = " ".join(f"Set {number} has five repetitions." for number in range(90))


def test_a_part_that_the_limit_of_its_length_cut_off_is_found() -> None:
    cut = LONG[: MAX_TEXT - 1].rstrip(".") + "x"
    assert len(cut) <= MAX_TEXT
    (fault,) = unfinished(a_text(cut), TASK, TOKENS)
    assert fault == "the part 'Rests' is cut off after 1,900 characters; be shorter"


@pytest.mark.parametrize("text", [LONG[: MAX_TEXT - 1] + ".", LONG[: MAX_TEXT - 9], LONG])
def test_a_long_part_that_comes_to_its_end_is_whole(text: str) -> None:
    assert unfinished(a_text(text), TASK, TOKENS) == []


def test_the_form_of_a_document_has_an_end() -> None:
    parts = document_schema(TOKENS)["properties"]["parts"]
    most = parts["maxItems"] * parts["items"]["properties"]["text"]["maxLength"]
    assert most < 20 * TOKENS * CHARACTERS_PER_TOKEN
    assert OUTPUT_LIMITS["perform_task"].tokens(TOKENS) > TOKENS


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
    assert len(unfinished(made, TASK, TOKENS)) <= 20
    assert markdown_of(made).startswith("# ")


def test_a_part_that_stays_cut_off_ends_with_its_last_whole_sentence_and_that_is_told() -> None:
    whole = f"{RESTS} Then walk for a while. "
    cut = whole + "a" * (MAX_TEXT - len(whole))
    (made, told) = with_whole_ends(a_text(cut), TOKENS)
    assert made.parts[1].text == whole.strip()
    assert "'Rests' was cut off" in told[0]
    assert unfinished(made, TASK, TOKENS) == []


@pytest.mark.parametrize("text", ["a" * MAX_TEXT, RESTS, f"{RESTS} " + "b" * MAX_TEXT])
def test_what_is_not_cut_or_has_no_whole_sentence_stays_as_it_is(text: str) -> None:
    assert with_whole_ends(a_text(text), TOKENS) == (a_text(text), [])
