"""A text that is one number, literal or call as a whole."""

from __future__ import annotations

import re

from shared.structured.reading import bare
from shared.structured.reading.cursor import Reading

_JSONP = re.compile(
    r"(?=\w*(?:[Cc]all|_|\d))[A-Za-z_$][\w$.]{0,60}+\(\s*+([-+.\w]{1,400}+|\"[^\"\\]{0,1000}+\")\s*+\)"
)


def read_whole(text: str, first: int) -> Reading | None:
    """A number or literal that is the whole text."""
    words = text[first:].rstrip("\ufeff \t\r\n,;")
    if not words or len(words) > bare.MAX_DIGITS + 100:
        return None
    if inside := _JSONP.fullmatch(words):
        words = inside[1]
        if words[0] == '"':
            return Reading(words[1:-1], first, len(text), [(first, "a call is left out")])
    called = bare.call(words, 0)
    if called is not None and called.resume == len(words):
        return Reading(called.value, first, len(text), [(first, called.note)])
    known = bare.literal(words) or bare.number(words)
    if known is None:
        return None
    number = not isinstance(known[0], bool) and known[0] is not None
    cut = () if number and words[-1] in "eE+-." else None
    notes = [(first, known[1])] if known[1] else [(first + len(words), "text is left out")]
    return Reading(known[0], first, len(text), notes, cut)
