"""Words and names folded to what they say, so that spellings of one name meet.

Models write `first_name`, `firstName` and `First Name` for one property, and "in-progress"
for `in_progress`. Case, accents and separators are style; letters, digits and their order
are the name. A separator between two digits stays: 1.5 is not 15.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, kana and Han: written without spaces, so each character is a word here."""
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}_])(?:\w|[\u0300-\u036f]))+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JOINT = re.compile(r"[ \t\u00a0_]*+[-_./'’&+\s]?[ \t\u00a0_]*+")
_CLAUSE_END = re.compile(r"[.,;:!?\n|()\[\]{}—–。、，；：！？،؛؟]|\s-+\s")


class Word(NamedTuple):
    """A word of a text: where it starts and ends (characters), and its folded letters."""

    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """The name without case, accents and separators; "" for what has no letter or digit."""
    return joined([word.folded for word in words_of(text)])


def words_of(text: str) -> list[Word]:
    """The words of a text in order; time is linear in its length."""
    return [
        Word(found.start(), found.end(), _letters(found.group())) for found in _WORD.finditer(text)
    ]


def joined(folded: Sequence[str]) -> str:
    """One name from folded words; digits that were apart stay apart."""
    parts: list[str] = []
    for word in folded:
        if parts and parts[-1][-1:].isdigit() and word[:1].isdigit():
            parts.append("_")
        parts.append(word)
    return "".join(parts)


def count_words(name: str) -> int:
    """In how many words a text may write a name: camelCase counts as apart."""
    return len(words_of(_CAMEL.sub(" ", name)))


def one_name(gap: str) -> bool:
    """Whether the characters between two words may stand inside one name."""
    return len(gap) <= 3 and _JOINT.fullmatch(gap) is not None


def clause_ends(gap: str) -> bool:
    """Whether a clause ends in the characters between two words."""
    return _CLAUSE_END.search(gap) is not None


def _letters(word: str) -> str:
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
