"""Hostile texts end in a value or in the one error, at every size; none ends the process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from json_hostile import FAMILIES, Nested, Repeated

from shared.structured import IntelligentJsonParser
from shared.structured.result import MAX_CHARACTERS, MAX_DEPTH, ParseError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "items": {"type": "array"}},
    "required": ["name"],
}
LARGE = (
    "open brackets", "closed objects", "inner quotes", "escaped quotes", "list cut off",
    "list with a bad comma", "prose with stray signs", "block comments opened", "tiny objects in prose",
    "strings without an end, one a line",
)  # fmt: skip


def ends(text: str, schema: dict[str, Any] | None) -> None:
    """Reads `text`; what is returned can be written as JSON, and the error has the whole text."""
    try:
        result = IntelligentJsonParser().parse(text, schema)
    except ParseError as error:
        assert error.raw == text
        assert str(error)
    else:
        json.dumps(result.value)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_hostile_text_of_10_kb_parses_or_raises_the_one_error(name: str) -> None:
    text = FAMILIES[name](10_000)
    ends(text, None)
    ends(text, SCHEMA)


@pytest.mark.parametrize("name", LARGE)
def test_a_hostile_text_of_100_kb_parses_or_raises_the_one_error(name: str) -> None:
    ends(FAMILIES[name](100_000), None)


@pytest.mark.parametrize("schema", [None, {"type": "string"}], ids=["no schema", "schema"])
def test_one_character_over_the_limit_is_a_clean_error(schema: dict[str, Any] | None) -> None:
    text = '"' + "a" * (MAX_CHARACTERS - 1) + '"'
    with pytest.raises(ParseError) as raised:
        IntelligentJsonParser().parse(text, schema)
    assert raised.value.raw is text


def test_a_text_as_long_as_the_limit_is_read() -> None:
    text = '"' + "a" * (MAX_CHARACTERS - 2) + '"'
    assert IntelligentJsonParser().parse(text).value == text[1:-1]


@pytest.mark.parametrize(
    ("opened", "closed"), [("[", "]"), ('{"a":', "}"), ("[,", "]"), ("{a:", "}")]
)
def test_one_level_over_the_depth_limit_is_a_clean_error(opened: str, closed: str) -> None:
    text = opened * (MAX_DEPTH + 1) + "1" + closed * (MAX_DEPTH + 1)
    with pytest.raises(ParseError) as raised:
        IntelligentJsonParser().parse(text)
    assert raised.value.raw == text


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_a_value_as_deep_as_the_limit_is_read_exactly(opened: str, closed: str) -> None:
    text = opened * MAX_DEPTH + "1" + closed * MAX_DEPTH
    assert IntelligentJsonParser().parse(text).value == json.loads(text)


def test_every_family_is_as_long_as_asked() -> None:
    piece = 1_000  # the longest that one repeats
    lengths = {name: len(family(10_000)) for name, family in FAMILIES.items()}
    assert {name: size for name, size in lengths.items() if abs(size - 10_000) >= piece} == {}


def test_families_grow_by_repeating_only() -> None:
    assert Repeated("ab", "<", ">")(10) == "<abababab>"
    assert Repeated("abc", "<", cut=True)(6) == "<abcab"
    assert Nested("[", "]", "1")(7) == "[[[1]]]"
