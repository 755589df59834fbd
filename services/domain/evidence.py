"""What speaks for each field, given a goal.

Sentence embeddings see meaning across languages, word vectors find the English example goal
that is most like an English goal, and the words that a goal shares with a field's texts see
what is rare; together they decide better than any of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.domain.centroids import Centroids
from services.domain.field_vectors import Encoder, Floats, Vectors, languages_of, texts_in
from services.domain.field_words import FieldWords
from services.domain.fields import ENGLISH, Field
from services.domain.language import COMPOUND_LANGUAGES, detect
from services.domain.made_once import made_once
from services.domain.nearest_texts import NearestTexts
from shared.context.language import UNDETERMINED

CANDIDATES = 10
"""How many fields have their texts compared one by one: those that the middle of their texts
and their words speak for. To compare all of them finds no more and takes several times as long."""

WORDS_AT_FIRST = 0.03
"""What the words weigh against the centroid when the candidates are chosen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each field: arrays of shape (texts, fields).

    in_english: whether each text is, or may be, English. centroid: how near the middle of a
    field's texts is. nearest: how near its nearest texts are, in any language. examples: how
    near its nearest English texts are by word vectors; 0 for a text in another language.
    words: what rare words say.
    """

    in_english: NDArray[np.bool_]
    centroid: Floats
    nearest: Floats
    examples: Floats
    words: Floats


class FieldEvidence:
    """Every field's texts as vectors and words. It never changes, so threads may share it."""

    def __init__(
        self,
        fields: Sequence[Field],
        multilingual: Encoder,
        english: Encoder,
        cache_dir: Path | None,
    ) -> None:
        """`cache_dir`: where vectors are kept from one start to the next, as Vectors has it."""
        self._multilingual = multilingual
        self._english = english
        self._words = made_once(lambda kind: FieldWords(fields, kind))
        in_english = [texts_in(field, ENGLISH) for field in fields]
        vectors = Vectors(multilingual, cache_dir)
        by_language = [
            vectors.of([texts_in(field, tag) for field in fields], tag)
            for tag in languages_of(fields)
        ]
        of_field = [np.concatenate(own) for own in zip(*by_language, strict=True)]
        self._centroids = Centroids(of_field)
        self._nearest = NearestTexts(of_field)
        self._examples = NearestTexts(Vectors(english, cache_dir).of(in_english, ENGLISH))

    def of(self, texts: Sequence[str]) -> Evidence:
        """Takes four milliseconds for a short text; the first of its languages most of a second.

        The words of these languages are counted then.
        The weights of shortlist.py are fitted on it.
        """
        vectors = self._multilingual.encode(list(texts))
        languages = [detect(text) for text in texts]
        in_english = [tag in {ENGLISH, UNDETERMINED} for tag in languages]
        centroid = self._centroids.cosines(vectors)
        words = np.stack(
            [
                self._words(_kind_of(tag, english=english)).score(text)
                for text, tag, english in zip(texts, languages, in_english, strict=True)
            ]
        )
        candidates = self._candidates(centroid, words)
        return Evidence(
            in_english=np.array(in_english),
            centroid=centroid,
            nearest=np.stack(list(map(self._nearest.means, vectors, candidates))),
            examples=np.stack(
                [
                    self._examples.means(self._english.encode([text])[0], fields)
                    if english
                    else np.zeros_like(centroid[0])
                    for text, fields, english in zip(texts, candidates, in_english, strict=True)
                ]
            ),
            words=words,
        )

    @staticmethod
    def _candidates(centroid: Floats, words: Floats) -> NDArray[np.intp]:
        """Shape (texts, CANDIDATES), `unknown`, which is the last field, always among them."""
        first = centroid + WORDS_AT_FIRST * words
        first[:, -1] = np.inf
        count = min(CANDIDATES, first.shape[1])
        return np.argpartition(-first, count - 1, axis=1)[:, :count]


def _kind_of(tag: str, *, english: bool) -> str:
    """The language that stands for all that are scored alike."""
    if english:
        return ENGLISH
    return tag if tag in COMPOUND_LANGUAGES else UNDETERMINED
