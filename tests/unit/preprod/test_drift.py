"""Habits of answers, and which of two sources' habits are not each other's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from shared.preprod.drift import UNUSABLE, Difference, Habit, Verdict, compare, habit_of, no_answer

SCHEMA = json.dumps({
    "type": "object", "required": ["tasks"],
    "properties": {"tasks": {"type": "array", "items": {"type": "object", "properties": {
        "title": {"type": "string"}}, "required": ["title"]}}},
})  # fmt: skip


def a_reply(value: Any, tokens: int = 20, **more: Any) -> pb.CompleteResponse:
    text = value if isinstance(value, str) else json.dumps(value)
    facts = {"text": text, "finish_reason": pb.FINISH_REASON_STOP} | more
    return pb.CompleteResponse(usage=pb.Usage(output_tokens=tokens), **facts)


def tasks(*titles: str) -> dict[str, Any]:
    return {"tasks": [{"title": title} for title in titles]}


def of(found: list[Difference], aspect: str) -> Difference:
    return next(each for each in found if each.aspect == aspect)


def test_an_answer_is_described_by_its_end_its_reading_its_length_and_its_shape() -> None:
    habit = habit_of(a_reply(tasks("mix the flour", "bake"), tokens=31), SCHEMA)
    assert (habit.finish_reason, habit.refused, habit.read_as) == ("stop", False, "strict")
    assert habit.tokens == 31
    assert habit.places == {"/tasks (list)", "/tasks[] (dict)", "/tasks[]/title (str)"}
    assert habit.lengths == {"/tasks": 2}
    assert habit.words == 2


@pytest.mark.parametrize(
    ("reply", "read_as", "refused"),
    [
        (a_reply('```json\n{"tasks": []}\n```'), "embedded", False),
        (a_reply('{"tasks": [{"title": "a"'), UNUSABLE, False),
        (a_reply("", refusal="I will not"), UNUSABLE, True),
    ],
)
def test_what_is_cut_off_or_refused_is_of_no_use(
    reply: pb.CompleteResponse, read_as: str, refused: bool
) -> None:
    habit = habit_of(reply, SCHEMA)
    assert (habit.read_as, habit.refused) == (read_as, refused)


def test_the_same_answers_have_the_same_habits() -> None:
    habits = [habit_of(a_reply(tasks("mix", "bake")), SCHEMA)] * 30
    found = compare(["analyze_goal"] * 30, habits, habits)
    assert found
    assert {each.verdict for each in found} == {Verdict.SAME}


def test_answers_that_are_cut_off_more_often_and_are_longer_differ() -> None:
    ours = [habit_of(a_reply(tasks("mix", "bake"), tokens=20 + n % 3), SCHEMA) for n in range(30)]
    cut = a_reply('{"tasks": [{"title": "a"', tokens=64, finish_reason=pb.FINISH_REASON_LENGTH)
    theirs = [
        habit_of(cut if n % 2 else a_reply(tasks("mix", "bake"), tokens=60 + n), SCHEMA)
        for n in range(30)
    ]
    found = compare(["analyze_goal"] * 30, ours, theirs)
    assert of(found, "ends with length").verdict is Verdict.DIFFERS
    assert of(found, "ends with length").theirs == "15 of 30"
    assert of(found, "is read as unusable").verdict is Verdict.DIFFERS
    assert of(found, "output tokens").verdict is Verdict.DIFFERS
    assert of(found, "items of /tasks").verdict is Verdict.SAME


def test_three_answers_are_too_few_to_tell() -> None:
    ours = [Habit("stop", refused=False, read_as="strict", tokens=10 + n) for n in range(3)]
    theirs = [Habit("stop", refused=False, read_as="strict", tokens=90 + n) for n in range(3)]
    found = compare(["p"] * 3, ours, theirs)
    assert of(found, "output tokens").verdict is Verdict.TOO_FEW
    assert all(each.verdict is not Verdict.DIFFERS for each in found)


def test_an_answer_that_failed_is_one_that_could_not_be_read() -> None:
    found = compare(["p"], [no_answer("PROVIDER_UNAVAILABLE")], [no_answer("X")])
    assert of(found, "ends with failed").ours == "1 of 1"


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_p_is_mcnemars_corrected_for_all_comparisons(pairs: list[tuple[bool, bool]]) -> None:
    def habit(is_cut: bool) -> Habit:
        return Habit("length" if is_cut else "stop", refused=False, read_as="strict", tokens=1)

    found = compare(["p"] * len(pairs), [habit(a) for a, _ in pairs], [habit(b) for _, b in pairs])
    only = [sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)]
    plain = binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    ends = [each for each in found if each.aspect.startswith("ends with")]
    for each in ends:
        assert plain - 1e-9 <= each.p <= min(1.0, plain * len(found)) + 1e-9


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=5) | st.integers(),
                    lambda inner: st.lists(inner, max_size=4)
                    | st.dictionaries(st.text(max_size=3), inner, max_size=4), max_leaves=20))  # fmt: skip
def test_any_json_is_described(value: Any) -> None:
    habit = habit_of(a_reply(value), '{"type": ["object", "array", "string", "null", "boolean"]}')
    assert len(habit.places) <= 220
