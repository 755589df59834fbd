"""Which fields the words of a text speak for.

Sentence embeddings blur rare words, and a rare word ("varroa", "escapement") often gives
a field away. This is the other half of the shortlist's evidence.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from services.domain.fields import ENGLISH, Field
from services.domain.language import COMPOUND_LANGUAGES
from shared.context.profile import UNKNOWN_DOMAIN

STEM_CHARACTERS = 6
"""Words are compared by their first letters: a crude stem that fits many languages."""

COMPOUND_CHARACTERS = 10
"""Of a compound language, words of at least so many letters are read at every place of
theirs: a "Solaranlage" is an "Anlage" too."""

COMPOUND_WEIGHT = 0.5
"""What a score counts that the parts of long words add to; fitted like TERM_SATURATION."""

TERM_SATURATION = 0.6
"""The k1 of BM25, fitted with the weights of shortlist.py. The fields have texts of like
length, so BM25's length term is left out."""

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_ARABIC_ARTICLE = "ال"


class FieldWords:
    """The words of all fields, weighted by how much each gives its field away.

    BM25 with fields as documents (Robertson and Zaragoza, 2009, "The Probabilistic
    Relevance Framework"). How common a word is, all texts of all fields tell, example goals
    above all: they are what makes a language's everyday words look common.
    """

    def __init__(self, fields: Sequence[Field], language: str) -> None:
        """language: of the texts to be scored; English ones need the English words alone."""
        self._size = len(fields)
        self._compounds = language in COMPOUND_LANGUAGES
        evident = _english_texts if language == ENGLISH else _evident_texts
        counts = [Counter(self._stems_of_each(evident(field))) for field in fields]
        spread: Counter[str] = Counter()
        for field, count in zip(fields, counts, strict=True):
            spread.update({*count, *self._stems_of_each(field.goals)})
        places = {stem: place for place, stem in enumerate(spread)}
        stems = np.array([places[stem] for count in counts for stem in count], np.intp)
        times = np.array([times for count in counts for times in count.values()], np.float32)
        fields_of = np.repeat(np.arange(self._size), [len(count) for count in counts])
        rarity = np.log((self._size + 0.5) / np.fromiter(spread.values(), np.float32))
        gain = times * (TERM_SATURATION + 1) / (times + TERM_SATURATION)
        order = np.argsort(stems, kind="stable")
        ends = np.cumsum(np.bincount(stems, minlength=len(places))).tolist()
        self._places = places
        self._bounds = [0, *ends]
        self._numbers = fields_of[order]
        self._weights = (rarity[stems] * gain)[order].astype(np.float32)

    def score(self, text: str) -> NDArray[np.float32]:
        """Shape (fields,), in the order that the fields were given; 0: no word in common."""
        scores = np.zeros(self._size, np.float32)
        for stem in _stems(text, compounds=self._compounds):
            place = self._places.get(stem)
            if place is not None:
                own = slice(self._bounds[place], self._bounds[place + 1])
                scores[self._numbers[own]] += self._weights[own]
        return scores * np.float32(COMPOUND_WEIGHT) if self._compounds else scores

    def _stems_of_each(self, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            yield from _stems(text, compounds=self._compounds)


def _english_texts(field: Field) -> Iterator[str]:
    """What speaks for a field in English; for `unknown` nothing does.

    Not the few goals beside its descriptions: in many languages as they are, they would make
    everyday words look rare.
    """
    if field.slug == UNKNOWN_DOMAIN:
        return
    yield from (*field.names, *field.descriptions, *field.topics, *field.vocabulary)
    yield from field.examples.get(ENGLISH, ())


def _evident_texts(field: Field) -> Iterator[str]:
    """What speaks for a field in any language."""
    yield from _english_texts(field)
    yield from chain.from_iterable(own for tag, own in field.examples.items() if tag != ENGLISH)
    for words in field.words.values():
        yield from (words.label, *words.aliases, *words.vocabulary, *words.goals)


def _stems(text: str, *, compounds: bool) -> set[str]:
    stems: set[str] = set()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        if compounds and len(word) >= COMPOUND_CHARACTERS:
            stems.update(_pieces(word, STEM_CHARACTERS))
        elif word.isascii():
            stems.add(word[:STEM_CHARACTERS])
        elif _UNSPACED.search(word):
            stems.update(_pieces(word, 2))  # Chinese and Japanese have no spaces: their pairs
        else:
            stems.add(word.removeprefix(_ARABIC_ARTICLE)[:STEM_CHARACTERS])
    return stems


def _pieces(word: str, length: int) -> list[str]:
    return [word[place : place + length] for place in range(max(1, len(word) - length + 1))]
