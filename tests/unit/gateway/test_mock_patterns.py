"""Texts made for regular expressions match them."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.mock.patterns import UnknownPattern, matching

PATTERNS = [
    "^t[1-9][0-9]?$",
    "^[a-z0-9]+(-[a-z0-9]+)*$",
    "^(red|green|blue){2,3}$",
    "^\\d{4}-\\d{2}-\\d{2}$",
    "^[^\\s@]+@[^\\s@]+\\.[a-z]{2,}$",
    "^(?:[A-F0-9]{2}:){5}[A-F0-9]{2}$",
    "^\\$[1-9]\\d{0,2}(,\\d{3})*\\.\\d\\d$",
    "^[\\w.+-]+$",
    "^\\u0041\\x42C$",
    "^[\\]\\-a]{3}$",
    "^a*?b+?c??$",
    "^.{5}$",
    "^(a|b(c|d(e|f)))$",
    "",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("extra", [0, 1, 3])
def test_a_text_for_a_pattern_matches_it(pattern, extra):
    for seed in range(5):
        text = matching(pattern, ["sourdough", "bread"], random.Random(seed), extra)
        assert re.search(pattern, text), text


def test_words_stand_where_letters_repeat():
    assert matching("^task-[a-z]+$", ["Sourdough"], random.Random(1), 1) == "task-sourdough"


def test_named_groups_and_properties_are_read():
    text = matching("^(?<year>\\d{4})/\\p{Lu}\\p{Ll}+$", [], random.Random(1), 2)
    assert re.fullmatch("[0-9]{4}/[A-Z][a-z]+", text)


@pytest.mark.parametrize("pattern", ["(", "[", "[z-a]", "(?<x>", "\\", "a)", "(a)\\1", "(" * 500])
def test_what_is_no_known_pattern_is_refused(pattern):
    with pytest.raises(UnknownPattern):
        matching(pattern, [], random.Random(1), 1)


def test_repetitions_that_multiply_are_refused():
    with pytest.raises(UnknownPattern):
        matching("((a{1000}){1000}){1000}", [], random.Random(1), 0)


@settings(max_examples=100, deadline=None)
@given(st.text("ab()[]{}|*+?^$.\\-,0123456789dwsDWSpPux<:=!", max_size=25))
def test_any_text_as_a_pattern_is_read_or_refused(pattern):
    try:
        made = matching(pattern, ["word"], random.Random(1), 1)
    except UnknownPattern:
        return
    assert isinstance(made, str)


def test_a_pattern_that_repeats_nothing_for_ever_is_given_up() -> None:
    with pytest.raises(UnknownPattern):
        matching("^(((a{0}){1000}){1000}){1000}$", ["word"], random.Random(1), 1)
