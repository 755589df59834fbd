"""How a text falls into words and sentences, for lexicons and texts alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = r"[^\W_]+(?:&[^\W_]+)*"
_TOKEN = re.compile(rf"{_WORD}|[.!?;:。！？；\n]")
_WORDS = re.compile(_WORD)
_END = frozenset(".!?;。！？；\n")
"""A colon stays inside: "KPIs: leads and conversions" is one thought."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word. start, end: its place in the text. sentence: which one, from 0.

    keys: what it is compared by, one after the other.
    """

    text: str
    keys: tuple[str, ...]
    start: int
    end: int
    sentence: int


def tokens(text: str) -> list[Token]:
    """The words of a text in NFC; hyphens and apostrophes part words as spaces do.

    A word in capitals is compared with them first, and as every other in lower case. A full stop
    inside a number or an abbreviation ends a sentence too; that only makes matching
    stricter.
    """
    return list(_tokens(text))


def plain_words(text: str) -> list[str]:
    """The words of a text, in order and in lower case, whatever is between them."""
    return _WORDS.findall(text.casefold())


def _tokens(text: str) -> Iterator[Token]:
    sentence = 0
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in _END:
            sentence += 1
        elif word != ":":
            yield Token(word, keys_of(word), match.start(), match.end(), sentence)


def keys_of(word: str) -> tuple[str, ...]:
    """What a word is compared by: as it is written in capitals, then in lower case."""
    plain = word.casefold()
    return (word, plain) if is_capitals(word) else (plain,)


def is_capitals(word: str) -> bool:
    """Whether a word is written in capitals, as ROI and KPIs are."""
    if not word[0].isupper():
        return False
    bare = word.removesuffix("s").replace("&", "")
    return len(bare) > 1 and bare.isalpha() and bare.isupper()
