"""What holds of every answer: valid JSON untouched, broken JSON mended or refused, nothing made up.

Hypothesis draws the same examples each time, so a failure here is a failure everywhere.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared.structured import IntelligentJsonParser
from shared.structured.result import ParseError, ParseResult, Strategy

steady = settings(max_examples=120, derandomize=True, deadline=None, database=None)
fewer = settings(steady, max_examples=50)

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SHORT_NUMBERS = st.integers(-99_999, 99_999) | st.decimals(-999, 999, places=2).map(float)


def values_of(numbers: st.SearchStrategy[Any], leaves: int) -> st.SearchStrategy[Any]:
    """JSON values of any shape with at most so many leaves."""
    scalars = st.none() | st.booleans() | numbers | st.text(max_size=20)
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
        ),
        max_leaves=leaves,
    )


def containers_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects and lists, which a cut never leaves without a value."""
    return st.dictionaries(st.text(max_size=8), inner, max_size=5) | st.lists(inner, max_size=5)


VALUES = values_of(NUMBERS, 20)
SMALL_VALUES = values_of(SHORT_NUMBERS, 6)
WRITINGS = st.sampled_from([
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"ensure_ascii": False},
    {"ensure_ascii": False, "indent": "\t"},
])  # fmt: skip
PIECES = st.sampled_from([
    '"', "'", "\\", "\\\"", "{", "}", "[", "]", ",", ":", "\n", " ", "```", "/*", "*/", "//", "…",
    "...", "True", "null", "-", "1", ".5", "e9", "word", '"a":', '"a"', "“", "\ufeff", "\ud800", "\x00",
    "<think>", "</think>", "# ", "(", ")", "+", "\\u12",
])  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "insert", "replace", "duplicate", "swap"]),
        st.integers(0, 10_000), st.integers(1, 12), PIECES,
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def parse(text: str, schema: Any = None) -> ParseResult:
    return IntelligentJsonParser().parse(text, schema)


def corrupted(text: str, edits: list[tuple[str, int, int, str]]) -> str:
    """`text` after each edit in turn: its kind, where (modulo the length), how long, what."""
    for kind, where, length, piece in edits:
        start = where % (len(text) + 1)
        span, rest = text[start : start + length], text[start + length :]
        changed = {
            "delete": "", "insert": piece + span, "replace": piece,
            "duplicate": span * 2, "swap": rest[:length] + span,
        }[kind]  # fmt: skip
        text = text[:start] + changed + (rest[length:] if kind == "swap" else rest)
    return text


def is_part_of(part: Any, whole: Any) -> bool:
    """Whether `part` is what a reader of the beginning of `whole` may hold."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and is_part_of(part[key], whole[key]) for key in part)
    if isinstance(whole, list) and isinstance(part, list):
        return len(part) <= len(whole) and all(map(is_part_of, part, whole))
    if isinstance(whole, str) and isinstance(part, str):
        return whole.startswith(part)
    if isinstance(whole, bool) or isinstance(part, bool) or whole is None or part is None:
        return part is whole
    if isinstance(whole, int | float) and isinstance(part, int | float):
        return is_beginning_of_number(part, json.dumps(whole))
    return False


def is_beginning_of_number(part: float, text: str) -> bool:
    """Whether some first characters of a number's text are the number `part`."""
    for end in range(1, len(text) + 1):
        digits = text[:end].rstrip("eE+-.")
        if digits and (int(digits) if digits.lstrip("-").isdigit() else float(digits)) == part:
            return True
    return False


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ({"a": 1}, {"a": 12, "b": 2}, True), ({"c": 1}, {"a": 1}, False), ([1], [1, 2], True),
        ([2], [1, 2], False), ("ap", "apple", True), ("apple", "ap", False), (True, 1, False),
        (None, 0, False), (1, 15.5, True), (5, 15, False), (-1, -1.5, True), (20, 1e16, False),
    ],
)  # fmt: skip
def test_the_judge_of_these_tests_knows_a_part_from_a_change(
    part: Any, whole: Any, expected: bool
) -> None:
    assert is_part_of(part, whole) is expected


@steady
@given(VALUES, WRITINGS)
@example({"a": "\ufeff\u200b```json\n<think>"}, {"ensure_ascii": False})
@example([2**200, -0.0, 5e-324, 1.7976931348623157e308], {})
def test_valid_json_comes_back_exactly_as_it_was(value: Any, writing: dict[str, Any]) -> None:
    result = parse(json.dumps(value, **writing))
    assert json.dumps(result.value) == json.dumps(value)  # 1 is not 1.0 here, nor true
    assert result.strategy is Strategy.STRICT
    assert result.repairs == ()
    assert result.complete
    assert result.candidates == 1


@steady
@given(VALUES, WRITINGS, EDITS)
def test_a_corruption_parses_with_its_repairs_listed_or_raises_the_one_error(
    value: Any, writing: dict[str, Any], edits: list[tuple[str, int, int, str]]
) -> None:
    text = corrupted(json.dumps(value, **writing), edits)
    try:
        result = parse(text)
    except ParseError as error:
        assert error.raw == text
        assert str(error)
        return
    json.dumps(result.value, allow_nan=False)
    if result.strategy is Strategy.STRICT:
        assert json.dumps(result.value) == json.dumps(json.loads(text))
    else:
        assert result.repairs
        assert all(repair.what for repair in result.repairs)


@steady
@given(containers_of(VALUES), WRITINGS, st.floats(0, 1, exclude_max=True))
@example({"a": "app"}, {}, 0.9)
@example(["🧀"], {}, 0.6)
@example([True], {}, 0.5)
def test_a_cut_off_container_keeps_what_was_finished_and_says_so(
    value: Any, writing: dict[str, Any], where: float
) -> None:
    text = json.dumps(value, **writing)
    cut = text[: max(1, int(where * len(text)))]
    assume(len(cut) < len(text))
    result = parse(cut)
    assert not result.complete
    assert result.strategy is not Strategy.STRICT
    assert result.repairs
    assert is_part_of(result.value, value), (cut, result.value)


FRAMES = st.sampled_from([("", ""), ("```json\n", "\n```"), ("Here it is:\n", "\nThat is all.")])


@fewer
@given(containers_of(SMALL_VALUES), WRITINGS, FRAMES)
def test_a_growing_answer_never_loses_what_was_read_before(
    value: Any, writing: dict[str, Any], frame: tuple[str, str]
) -> None:
    text = frame[0] + json.dumps(value, **writing) + frame[1]
    start = len(frame[0]) + 1  # from the bracket on there is a value
    read = [(end, parse(text[:end]).value) for end in range(start, len(text) + 1)]
    for (_, before), (end, after) in pairwise(read):
        assert is_part_of(before, after), (text[:end], before, after)
    assert read[-1][1] == value


NOISES = st.sampled_from([
    ("Here is the list you wanted:\n", "\nTell me if it's not right."),
    ("```json\n", "\n```"),
    ("First, some words.\n\n```\n", "\n```\n\nAnd some after, with a } and a \"."),
    ('<think>Perhaps {"draft": [1, 2]} would do?</think>\n', ""),
    ("<think>\nit's {not} easy\n</think>\n\n```json\n", "\n```"),
    ("~~~json\n", "\n~~~"),
    ("\ufeff\n", "\n"),
    ("Answer: ", "."),
])  # fmt: skip


@steady
@given(st.dictionaries(st.text(max_size=8), SMALL_VALUES, min_size=1, max_size=4), WRITINGS, NOISES)
@example({"md": "```\n{}\n```"}, {}, ("```json\n", "\n```"))
def test_an_object_among_words_fences_and_thoughts_is_found_exactly(
    value: Any, writing: dict[str, Any], noise: tuple[str, str]
) -> None:
    result = parse(noise[0] + json.dumps(value, **writing) + noise[1])
    assert json.dumps(result.value) == json.dumps(value)
    assert result.strategy is Strategy.EMBEDDED
    assert result.repairs
    assert result.complete


WORDS = st.sampled_from(
    ["hull", "plot", "rind", "court", "depth", "owner", "clause", "mast", "curd"]
)
KEYS = st.lists(
    st.lists(WORDS, min_size=2, max_size=3).map(tuple), min_size=1, max_size=4, unique=True
)
SPELLINGS = {
    "snake": "_".join,
    "kebab": "-".join,
    "spaces": " ".join,
    "upper": lambda words: "_".join(words).upper(),
    "title": lambda words: " ".join(words).title(),
    "camel": lambda words: words[0] + "".join(words[1:]).title().replace(" ", ""),
    "pascal": lambda words: "".join(word.title() for word in words),
    "joined": "".join,
}


@steady
@given(KEYS, st.sampled_from(sorted(SPELLINGS)), st.sampled_from(sorted(SPELLINGS)), st.data())
def test_keys_in_another_case_or_with_other_separators_are_the_schemas_keys(
    keys: list[tuple[str, ...]], asked: str, given_as: str, data: st.DataObject
) -> None:
    numbers = data.draw(st.lists(st.integers(), min_size=len(keys), max_size=len(keys)))
    wanted = dict(zip(map(SPELLINGS[asked], keys), numbers, strict=True))
    schema = {
        "type": "object",
        "properties": {key: {"type": "integer"} for key in wanted},
        "required": list(wanted),
        "additionalProperties": False,
    }
    text = json.dumps(dict(zip(map(SPELLINGS[given_as], keys), numbers, strict=True)))
    result = parse(text, schema)
    assert result.value == wanted
    assert (result.strategy is Strategy.STRICT) == (json.loads(text) == wanted)


def closed_object(**properties: Any) -> dict[str, Any]:
    """A schema of an object with these properties, all needed, and no others."""
    return {
        "type": "object", "properties": properties, "required": list(properties),
        "additionalProperties": False,
    }  # fmt: skip


STRING, INTEGER = {"type": "string"}, {"type": "integer"}
SCHEMAS = st.sampled_from([
    INTEGER,
    STRING,
    {"type": "boolean"},
    {"enum": ["in_progress", "done"]},
    {"type": "array", "items": {"type": "number"}},
    closed_object(a=STRING),
    closed_object(a={"type": "array", "items": INTEGER}, b={"anyOf": [STRING, {"type": "null"}]}),
    {"anyOf": [closed_object(a=INTEGER), closed_object(b={"type": "boolean"})]},
    {"type": "array", "items": closed_object(a=STRING, b={"const": 1}), "minItems": 1},
    {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
    {"type": "string", "pattern": "^[a-z]+$", "maxLength": 4},
])  # fmt: skip
NEAR_VALUES = st.recursive(
    st.none() | st.booleans() | SHORT_NUMBERS
    | st.sampled_from(["1", "true", "Done", "In Progress", "a", "[1, 2]", '{"a": "x"}', "a: 1", ""]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["a", "b", "A", "result"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@steady
@given(NEAR_VALUES, SCHEMAS, st.just([]) | EDITS)
def test_a_value_read_with_a_schema_always_satisfies_it(
    value: Any, schema: dict[str, Any], edits: list[tuple[str, int, int, str]]
) -> None:
    text = corrupted(json.dumps(value), edits)
    try:
        result = parse(text, schema)
    except ParseError as error:
        assert error.raw == text
    else:
        jsonschema_rs.validator_for(schema).validate(result.value)
        assert result.repairs or result.strategy is Strategy.STRICT


LETTERS = st.text("abc", max_size=4)
FITTING = st.one_of(
    st.tuples(st.integers(), st.just(INTEGER)),
    st.tuples(st.text(max_size=9), st.just(STRING)),
    st.tuples(st.lists(NUMBERS), st.just({"type": "array", "items": {"type": "number"}})),
    st.tuples(st.fixed_dictionaries({"a": LETTERS}), st.just(closed_object(a=STRING))),
    st.tuples(
        st.fixed_dictionaries({"a": st.lists(st.integers()), "b": st.none() | LETTERS}),
        st.just(closed_object(
            a={"type": "array", "items": INTEGER}, b={"anyOf": [STRING, {"type": "null"}]}
        )),
    ),
    st.tuples(
        st.dictionaries(LETTERS, st.integers(min_value=0)),
        st.just({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}),
    ),
)  # fmt: skip


@fewer
@given(FITTING)
def test_a_value_that_satisfies_its_schema_is_returned_exactly(
    pair: tuple[Any, dict[str, Any]],
) -> None:
    value, schema = pair
    result = parse(json.dumps(value), schema)
    assert json.dumps(result.value) == json.dumps(value)
    assert result.strategy is Strategy.STRICT
    assert result.repairs == ()
