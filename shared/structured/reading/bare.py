"""Text that stands where a value should, without quotes: numbers, literals, words.

A literal is a literal only as a whole word and a number only if nothing follows it: `2nd`
and `10.1.2` are texts. Words end where the document goes on: in an object at a comma or a
line break with a key after it, in a list at the next comma; brackets inside words
(`f(a, b)`) belong to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shared.structured.reading import escapes
from shared.structured.reading.effort import Effort
from shared.structured.reading.lookahead import (
    AFTER_COMMA,
    ANY_KEY,
    KEY,
    LINE_KEY,
    ODD_SPACE,
    VALUE_START,
    closes_well,
)
from shared.structured.reading.places import Around, Place
from shared.structured.reading.strict import TooLarge

MAX_DIGITS = 4300
"""Digits of an integer, as many as Python converts: more would take quadratic time."""

_WORDS = {
    "true": (True, ""), "false": (False, ""), "null": (None, ""),
    "True": (True, "True is read as true"), "TRUE": (True, "TRUE is read as true"),
    "False": (False, "False is read as false"), "FALSE": (False, "FALSE is read as false"),
    "None": (None, "None is read as null"), "NULL": (None, "NULL is read as null"),
    "Null": (None, "Null is read as null"),
    "undefined": (None, "undefined is read as null"),
}  # fmt: skip
_SIGNS = frozenset({"-", "+", ".", "-.", "+."})
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?:(?P<whole>0|[1-9][0-9]*+|[1-9][0-9]{0,2}(?:_[0-9]{3})++)"
    r"(?P<fraction>\.[0-9]*+)?|(?P<only>\.[0-9]++))(?P<exponent>[eE][-+]?[0-9]*+)?"
)
_STRICT = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_CALL = re.compile(
    r"(?:new )?(?:[A-Za-z_]\w{0,30}\.){0,3}+[A-Z]\w{0,60}+\(\s*+(\"(?:[^\"\\\n]|\\.){0,500}+\"|'[^'\\\n]{0,500}+'"
    r"|-?[0-9]{1,400}+(?:\.[0-9]{1,400}+)?)\s*+\)(?=\s*+(?:[,}\]]|\Z))"
)
_WORD_AND_SPACE = re.compile(r"([\w.+-]{1,60}+)\s++(?=\S)")
_MARKS = re.compile(r"[,{}\[\]()\"\n`/#]|\Z")


@dataclass(slots=True)
class Bare:
    """What was read. cut: the text ended in the middle of it."""

    value: Any
    resume: int
    note: str = ""
    cut: bool = False
    literal: bool = False  # a word that JSON knows, begun and cut off


def number(text: str) -> tuple[int | float, str] | None:
    """The number that `text` is as a whole, and a note if JSON would not write it so.

    Raises TooLarge for more than MAX_DIGITS digits or a size that no float holds.
    """
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    strict = _STRICT.fullmatch(text) is not None
    note = "" if strict else f"{text[:40]} is read as a number"
    plain = text.replace("_", "").rstrip("+-").rstrip("eE").lstrip("+")
    if found["fraction"] is None and found["only"] is None and found["exponent"] is None:
        if len(plain) > MAX_DIGITS:
            raise TooLarge(f"an integer has more than {MAX_DIGITS:,} digits")
        return int(plain), note
    value = float(plain)
    if value in (float("inf"), float("-inf")):
        raise TooLarge(f"{text[:40]} is larger than any float")
    return value, note


def literal(text: str) -> tuple[Any, str] | None:
    """The value of a word such as true or None, and a note if it is not JSON's own word."""
    return _WORDS.get(text)


def call(text: str, start: int) -> Bare | None:
    """The one argument of a constructor's call, such as ObjectId("5f")."""
    found = _CALL.match(text, start)
    if found is None:
        return None
    argument = found[1]
    known = number(argument)
    value = known[0] if known else escapes.decode(argument[1:-1])[0]
    return Bare(value, found.end(), "the call around a value is left out")


def read_bare(text: str, start: int, place: Place, around: Around, effort: Effort) -> Bare:
    """What stands at `start` without quotes. Raises ValueError if nothing does."""
    if first := _alone(text, start, place):
        return first
    end, resume = _end(text, start, place, around, effort)
    words = text[start:end].rstrip()
    note = ""
    if place is not Place.KEY and resume > end and text[end] in "\"'":
        note = "an opening quote was missing"
    elif not words:
        raise ValueError("a value is missing")
    cut = resume >= len(text)
    if not note:
        known = literal(words) or number(words)
        if known is not None:
            return Bare(known[0], resume, known[1], cut=cut)
    if (
        cut
        and place is not Place.ROOT
        and (words in _SIGNS or any(word.startswith(words) for word in _WORDS))
    ):
        return Bare(None, resume, cut=True, literal=True)
    return Bare(words, resume, note or "a text without quotes is read as a string", cut=cut)


def _alone(text: str, start: int, place: Place) -> Bare | None:
    """A number or literal with only space between it and the next item or key."""
    word = _WORD_AND_SPACE.match(text, start)
    if word is None or place is Place.ROOT:
        return None
    follows = VALUE_START if place is Place.ITEM else ANY_KEY
    if not follows.match(text, word.end()):
        return None
    known = literal(word[1]) or number(word[1])
    return Bare(known[0], word.end(1), known[1]) if known else None


def _end(text: str, start: int, place: Place, around: Around, effort: Effort) -> tuple[int, int]:
    """Where bare words end, and where the document goes on."""
    depth, here = 0, start
    while True:
        at = _MARKS.search(text, here).start()  # type: ignore[union-attr]  # \Z always matches
        if at >= len(text):
            if depth:
                effort.spend(at - start)
                raise ValueError("a bracket in a text without quotes never closes")
            return at, at
        sign, here = text[at], at + 1
        if sign in "{[(":
            depth += 1
        elif depth:
            depth -= sign in "}])"
        elif sign == '"':
            if found := _quote(text, start, at, place, around):
                return found
        elif _ends(text, start, at, place, around):
            return at, at
        elif sign == "\n" and (space := ODD_SPACE.match(text, here)):
            here = space.end()


def _ends(text: str, start: int, at: int, place: Place, around: Around) -> bool:
    """Whether a sign outside of all brackets ends bare words."""
    sign = text[at]
    if sign in "}])":
        open_ones = {"}": around.objects, "]": around.lists, ")": around.parens}
        return open_ones[sign] > 0 or not text[at + 1 :].strip()
    if sign in {"/", "#"}:
        return _is_comment(text, at)
    if sign == "`":
        return text.startswith("```", at) and bool(text[start:at].strip())
    return place is Place.ITEM or _goes_on(text, sign, at)


def _is_comment(text: str, at: int) -> bool:
    """Whether a slash or hash begins a comment, and no path, address or colour."""
    after = text[at + 1 : at + 2]
    if text[at] == "#":
        return text[at - 1].isspace() and after.isspace()
    return after == "*" or (after == "/" and text[at - 1].isspace())


def _goes_on(text: str, sign: str, at: int) -> bool:
    """Whether after a comma or line break among an object's bare words comes a key."""
    if sign == ",":
        return AFTER_COMMA.match(text, at) is not None
    if LINE_KEY.match(text, at):
        return True
    space = ODD_SPACE.match(text, at)
    return space is not None and text[space.end() : space.end() + 1] in ("}", "]", "`")


def _quote(text: str, start: int, at: int, place: Place, around: Around) -> tuple[int, int] | None:
    """What a quote among bare words means: the next key or item, the end of these, or itself."""
    if KEY.match(text, at) and text[at - 1].isspace():
        return at, at
    if place is Place.ITEM and text[at - 1].isspace() and text[start:at].strip():
        return at, at
    space = ODD_SPACE.match(text, at + 1)
    follow = space.end() if space else at + 1
    sign = text[follow : follow + 1]
    if sign == "," and (place is Place.ITEM or AFTER_COMMA.match(text, follow)):
        return at, at + 1
    if sign and sign in "]}" and closes_well(text, follow, around.depth):
        return at, at + 1
    return None
