"""Finds a lexicon's terms in a text: word boundaries, inflection, terms of several words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from services.domain.language import COMPOUND_LANGUAGES
from services.domain.leakage.inflection import forms_of
from services.domain.leakage.lexicon import Sense, Term
from services.domain.leakage.words import Token, is_capitals, tokens

COMPOUND_LETTERS = 6
"""In a language that writes compounds as one word, an unmistakable term of at least so many
letters is found as a word's head or tail."""

WINDOW = 40
"""Words on either side among which a term's needs are looked for."""


@dataclass(frozen=True, slots=True)
class Match:
    """A term in a text. sense: of the field whose needs are met; written: as it stands."""

    term: Term
    sense: Sense
    written: str


@dataclass(frozen=True, slots=True)
class _Entry:
    term: Term
    rest: tuple[frozenset[str], ...]
    """Forms of the words after those that it was found by, the first two."""


class Matcher:
    """The terms of one language, ready to be looked up. It never changes."""

    def __init__(self, terms: Sequence[Term], language: str) -> None:
        alone: dict[str, list[Term]] = {}
        by_first: dict[str, dict[str, list[_Entry]]] = {}
        longer: dict[str, list[dict[str, list[_Entry]]]] = {}
        parts: dict[str, Term] = {}
        keys = cache(lambda word: _keys(word, language))
        for term in terms:
            first, *rest = (keys(word) for word in term.words)
            if rest:
                entry = _Entry(term, tuple(rest[1:]))
                by_second = by_first.setdefault(term.words[0], {})
                for form in rest[0]:
                    by_second.setdefault(form, []).append(entry)
            else:
                for form in first:
                    alone.setdefault(form, []).append(term)
            long = len(term.words) == 1 and len(term.text) >= COMPOUND_LETTERS
            if language in COMPOUND_LANGUAGES and long and term.unmistakable:
                parts.update(dict.fromkeys(first, term))
        for word, by_second in by_first.items():  # a word may have dozens of forms
            for form in keys(word):
                longer.setdefault(form, []).append(by_second)
        self.language = language
        self._alone = alone
        self._longer = longer
        self._parts = parts
        self._longest_part = max(map(len, parts), default=0)

    def matches(self, text: str, *, anyway: bool = False) -> Iterator[Match]:
        """Every term of the text whose needs are met; of overlapping ones the longest.

        anyway: whether their needs are met or not.
        """
        text = unicodedata.normalize("NFC", text)
        words = tokens(text)
        place = 0
        while place < len(words):
            found = self._at(words, place, anyway=anyway)
            if found is None:
                place += 1
                continue
            term, sense, length = found
            last = words[place + length - 1]
            written = text[words[place].start : last.end]
            yield Match(term, sense, written)
            place += length

    def _at(
        self, words: list[Token], place: int, *, anyway: bool
    ) -> tuple[Term, Sense, int] | None:
        first = words[place]
        for term, length in self._starting(words, place):
            sense = term.senses[0] if anyway else _met(term, words, place, length)
            if sense is not None:
                return term, sense, length
        part = self._part(first.keys[-1]) if self._parts else None
        return None if part is None else (part, _plain_sense(part), 1)

    def _starting(self, words: list[Token], place: int) -> Iterator[tuple[Term, int]]:
        """Terms that stand at a place, with how many words they have, the longest first."""
        first = words[place]
        same_first = [found for key in first.keys for found in self._longer.get(key, ())]
        if same_first and place + 1 < len(words):
            second = words[place + 1]
            if second.sentence == first.sentence:
                found = [
                    each
                    for by_second in same_first
                    for key in second.keys
                    for each in by_second.get(key, ())
                ]
                found.sort(key=lambda entry: -len(entry.rest))
                for entry in found:
                    length = 2 + len(entry.rest)
                    if _follows(entry.rest, words[place + 2 : place + length], first):
                        yield entry.term, length
        for key in first.keys:
            for term in self._alone.get(key, ()):
                yield term, 1

    def _part(self, key: str) -> Term | None:
        """The unmistakable term that a compound begins or ends with."""
        longest = min(len(key) - 2, self._longest_part)
        for length in range(COMPOUND_LETTERS, longest + 1):
            if (term := self._parts.get(key[:length])) is not None:
                return term
        for length in range(longest, COMPOUND_LETTERS - 1, -1):
            if (term := self._parts.get(key[-length:])) is not None:
                return term
        return None


def _follows(rest: Sequence[frozenset[str]], words: Sequence[Token], first: Token) -> bool:
    """Whether these words are forms of the rest of a term, in the sentence of its first."""
    return len(words) == len(rest) and all(
        not forms.isdisjoint(word.keys) and word.sentence == first.sentence
        for word, forms in zip(words, rest, strict=True)
    )


def _keys(word: str, language: str) -> frozenset[str]:
    if is_capitals(word):
        return frozenset((word, f"{word}s"))
    return forms_of(word.casefold(), language)


def _plain_sense(term: Term) -> Sense:
    return next(sense for sense in term.senses if not sense.needs)


def _met(term: Term, words: list[Token], place: int, length: int) -> Sense | None:
    """The first sense whose needs the sentence meets, within WINDOW words."""
    if term.unmistakable:
        return _plain_sense(term)
    sentence, after = words[place].sentence, place + length
    beside = (*words[max(0, place - WINDOW) : place], *words[after : after + WINDOW])
    near = " ".join(word.text.casefold() for word in beside if word.sentence == sentence)
    met = (sense for sense in term.senses if any(_is_met(need, near) for need in sense.needs))
    return next(met, None)


def _is_met(need: str, near: str) -> bool:
    """`need` is words with a space between, a star at the end for any ending."""
    wanted = f" {need.removesuffix('*')}" if need.endswith("*") else f" {need} "
    return wanted in f" {near} "
