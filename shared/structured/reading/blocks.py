"""Texts between triple quotes or in a fence, where a string belongs."""

from __future__ import annotations

import re
import textwrap

TRIPLES = ('"""', "'''", "```")
_BEFORE_TRIPLE_END = re.compile(r"[\s,}\])]|\Z")
_INFO = re.compile(r"[\w+-]{0,20}[^\S\n]*\n")


def read_block(text: str, start: int) -> tuple[str, int] | None:
    """A text between triple quotes or in a fence, without the indent that its lines share.

    The second is where it has ended; None if it never does.
    """
    mark = text[start : start + 3]
    end = text.find(mark, start + 3)
    while end != -1 and not _BEFORE_TRIPLE_END.match(text, end + 3):
        end = text.find(mark, end + 3)
    if end == -1:
        return None
    inside = text[start + 3 : end]
    info = _INFO.match(inside) if mark == "```" else None
    if info is not None:
        inside = "\n" + inside[info.end() :]
    if inside[:1] == "\n" or inside[:2] == "\r\n":
        inside = textwrap.dedent(inside).strip("\r\n").rstrip()
    return inside, end + 3
