"""What a caller may rely on when an answer is read: exact, told, never invented."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.structured.parser import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    IntelligentJsonParser,
    ParseError,
    Strategy,
)

PARSER = IntelligentJsonParser()


class Named(BaseModel):
    name: str


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(json_values)
def test_valid_json_comes_back_exactly(value: object) -> None:
    result = PARSER.parse(json.dumps(value))
    assert result.value == value
    assert result.strategy is Strategy.STRICT
    assert result.repairs == ()


@given(st.dictionaries(st.text("abc", min_size=1), st.text('xyz é"\\{}[]'), min_size=1))
def test_a_fenced_value_in_prose_comes_back_exactly(value: dict[str, str]) -> None:
    text = f"It's done, see:\n```json\n{json.dumps(value)}\n```\nThat's all."
    result = PARSER.parse(text)
    assert result.value == value
    assert result.strategy is Strategy.EMBEDDED


@given(json_values, st.data())
def test_a_cut_off_object_is_an_error_and_not_a_guess(value: object, data: st.DataObject) -> None:
    text = json.dumps({"value": value})
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(ParseError):
        PARSER.parse(text[:cut])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 'it', 'b': True, 'c': None}", {"a": "it", "b": True, "c": None}),
        ('{"a": 1, "b": [1, 2,],}', {"a": 1, "b": [1, 2]}),
        ('{a: "x"}', {"a": "x"}),
        ('{"a": "say "hi" now"}', {"a": 'say "hi" now'}),
        ('{"a": ""\n "b": "x"}', {"a": "", "b": "x"}),
    ],
)
def test_broken_syntax_is_mended_and_told(text: str, value: object) -> None:
    result = PARSER.parse(text)
    assert result.value == value
    assert result.strategy is Strategy.REPAIRED
    assert result.repairs


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x", "b": }',  # a missing value
        '{"a": 1, "a": 2,}',  # a repeated key, one of whose values would go
        '{"a": 1 /* a note */}',  # words that would go
        "no JSON at all",
        "",
        "   ",
        "NaN",
    ],
)
def test_nothing_is_invented_or_lost(text: str) -> None:
    with pytest.raises(ParseError) as raised:
        PARSER.parse(text)
    assert raised.value.raw == text


def test_two_different_values_that_fit_are_an_error_and_no_coin_toss() -> None:
    with pytest.raises(ParseError, match="2 different values"):
        PARSER.parse('First {"name": "a"}, then {"name": "b"}', Named)


def test_with_a_schema_the_one_that_fits_is_taken() -> None:
    result = PARSER.parse('Of {"other": 1} I make {"name": "b"}', Named)
    assert result.value == Named(name="b")
    assert result.candidates == 2


def test_what_does_not_fit_the_schema_names_every_fault() -> None:
    class Two(BaseModel):
        a: int
        b: int

    with pytest.raises(ParseError, match=r"a: .*; b: "):
        PARSER.parse('{"a": "x"}', Two)


@pytest.mark.parametrize(
    "text",
    ["[" * 10_000, "{" * (MAX_DEPTH + 1) + "}" * (MAX_DEPTH + 1), "[1 2]" * 1000,
     "x" * (MAX_CHARACTERS + 1), '{"a":' + "'" * 100_000 + "}"],
)  # fmt: skip
def test_hostile_text_is_a_clean_error(text: str) -> None:
    with pytest.raises(ParseError):
        PARSER.parse(text)


@given(st.text("{}[]\"':,\\ab1 \n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        PARSER.parse(text)
    except ParseError as error:
        assert error.raw == text
