"""Ranks the fields that a goal may be from, on this machine, in about four milliseconds.

Sentence embeddings see meaning across languages, word vectors find the example goal that is
most like an English goal, and words that a goal shares with a field's texts see what is
rare; together they decide better than any of them. The shares that come out are calibrated:
a share of 0.8 is right about 8 times in 10, so it may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from services.domain.catalogue_files import load_catalogue
from services.domain.centroids import Centroids
from services.domain.encoders import EnglishEncoder, MultilingualEncoder
from services.domain.field_vectors import (
    Encoder,
    Floats,
    Vectors,
    english_texts,
    texts_by_kind,
    texts_in,
)
from services.domain.field_words import FieldWords
from services.domain.fields import ENGLISH, Field, FieldCatalogue
from services.domain.language import COMPOUND_LANGUAGES, detect
from services.domain.made_once import made_once
from services.domain.nearest_texts import NearestTexts
from shared.context.language import UNDETERMINED

BLAS_THREADS = 1
"""For the whole process. These matrices are small: a second thread gains a fifth on an
idle machine and costs several times over on a busy one, where BLAS threads spin."""

WHOLE_CHARACTERS = 200
SENTENCES = 4
"""A goal of more than WHOLE_CHARACTERS is read as SENTENCES of at most that length: time
stays bounded, and small talk can be told from the matter."""

_SENTENCE = re.compile(r"[^.!?。！？؟\n]+")


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence adds to a field's score before the softmax."""

    centroid: float
    nearest: float
    words: float
    unknown: float


ENGLISH_WEIGHTS = Weights(centroid=12.8, nearest=11.9, words=0.37, unknown=5.0)
OTHER_WEIGHTS = Weights(centroid=14.3, nearest=10.6, words=0.39, unknown=3.4)
"""Fitted by maximum likelihood (a multinomial logistic regression of these numbers) on the
labelled goals in tests/data/evaluation/domain_tuning.jsonl: `python tests/eval_domain.py
--fit` does it and prints how they do in five-fold cross-validation. To be fitted again when
the data or the evidence changes much."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that a goal may be from.

    similarity: mean cosine of the goal and the field's nearest texts, from -1 to 1.
    share: how likely the goal is of this field, 0 to 1; all fields' shares sum to 1.
    """

    slug: str
    label: str
    similarity: float
    share: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The likeliest fields, best first; `unknown` takes part like any other.

    vague: `unknown` is the likeliest: the goal probably names no field.
    """

    candidates: tuple[Candidate, ...]
    vague: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each field: arrays of shape (texts, fields).

    in_english: whether each text is, or may be, English. centroid: how near the middle of a
    field's texts is. nearest: how near its nearest texts are, by word vectors for English
    and by sentence embeddings for other languages. words: what rare words say.
    """

    in_english: NDArray[np.bool_]
    centroid: Floats
    nearest: Floats
    words: Floats


class Shortlist:
    """Every field's texts as vectors and words. It never changes, so threads may share it."""

    def __init__(
        self,
        catalogue: FieldCatalogue,
        multilingual: Encoder,
        english: Encoder,
        cache_dir: Path | None,
    ) -> None:
        """`cache_dir`: where vectors are kept from one start to the next, as Vectors has it."""
        fields = catalogue.fields
        self._catalogue = catalogue
        self._multilingual = multilingual
        self._english = english
        self._words = made_once(lambda kind: FieldWords(fields, kind))
        self._unknown = len(fields) - 1
        told = Vectors(multilingual, cache_dir)
        kinds = told.of([kind for field in fields for kind in texts_by_kind(field)], "kinds")
        of_field = _grouped(kinds, [len(texts_by_kind(field)) for field in fields])
        in_language = {
            tag: told.of([texts_in(field, tag) for field in fields], tag)
            for tag in sorted({tag for field in fields for tag in field.words})
        }
        in_others = [
            np.concatenate([kinds[place][:0], *(own[place] for own in in_language.values())])
            for place in range(len(fields))
        ]
        self._centroids = Centroids(of_field, in_others)
        whole = [np.concatenate(own) for own in of_field]
        self._nearest = NearestTexts(whole)
        self._nearest_in = {tag: NearestTexts(own) for tag, own in in_language.items()}
        examples = Vectors(english, cache_dir)
        self._examples = NearestTexts(examples.of([english_texts(field) for field in fields], "en"))

    @classmethod
    def load(
        cls,
        cache_dir: Path | None = None,
        *,
        catalogue: FieldCatalogue | None = None,
        multilingual: Encoder | None = None,
        english: Encoder | None = None,
    ) -> Shortlist:
        """Loads the field data and the encoders; blocks for about three seconds.

        cache_dir: where the vectors of the fields' texts are kept from one start to the
        next; None: nowhere, and every start makes them. Raises FieldDataError when the
        field data is wrong.
        """
        catalogue = catalogue or load_catalogue()
        multilingual = multilingual or MultilingualEncoder(threads=BLAS_THREADS)
        threadpool_limits(BLAS_THREADS, user_api="blas")
        shortlist = cls(catalogue, multilingual, english or EnglishEncoder(), cache_dir)
        shortlist.rank("the first text", k=1)  # models read their weights only now
        return shortlist

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every field, `unknown` last."""
        return self._catalogue.fields

    def field(self, slug: str) -> Field | None:
        """The field with this slug."""
        return self._catalogue.field(slug)

    def resolve(self, name: str) -> Field | None:
        """The field with this slug, label or alias; see FieldCatalogue.resolve."""
        return self._catalogue.resolve(name)

    def rank(self, goal: str, k: int = 5) -> Ranking:
        """The `k` likeliest fields of a goal that has no lone surrogates in it.

        A field's share is a softmax over its evidence times WEIGHTS. A long goal is ranked
        sentence by sentence, and the more a sentence looks like `unknown`, the less it
        counts.
        """
        evidence = self.evidence(_parts(goal))
        by_sentence = _softmax(self._scores(evidence))
        counts = 1.0 - by_sentence[:, self._unknown] + 1e-6
        counts /= counts.sum()
        shares = counts @ by_sentence
        similarities = counts @ evidence.nearest
        order = np.argsort(-shares, kind="stable")
        fields = self._catalogue.fields
        return Ranking(
            candidates=tuple(
                Candidate(fields[i].slug, fields[i].label, float(similarities[i]), float(shares[i]))
                for i in order[:k]
            ),
            vague=bool(order[0] == self._unknown),
        )

    def evidence(self, texts: Sequence[str]) -> Evidence:
        """What speaks for each field, text by text; WEIGHTS are fitted on it."""
        vectors = self._multilingual.encode(list(texts))
        languages = [detect(text) for text in texts]
        in_english = np.array([tag in {ENGLISH, UNDETERMINED} for tag in languages])
        return Evidence(
            in_english=in_english,
            centroid=self._centroids.cosines(vectors),
            nearest=np.concatenate(
                [
                    self._examples.means(self._english.encode([text]))
                    if english
                    else self._near(vector[np.newaxis], tag)
                    for text, vector, tag, english in zip(
                        texts, vectors, languages, in_english, strict=True
                    )
                ]
            ),
            words=np.stack(
                [
                    self._words(_kind_of(tag, english=english)).score(text)
                    for text, tag, english in zip(texts, languages, in_english, strict=True)
                ]
            ),
        )

    def _near(self, vector: Floats, tag: str) -> Floats:
        """By the texts of one language and those that are in none, whichever is nearer."""
        means = self._nearest.means(vector)
        own = self._nearest_in.get(tag)
        return means if own is None else np.maximum(means, own.means(vector))

    def _scores(self, evidence: Evidence) -> Floats:
        english = evidence.in_english[:, np.newaxis]
        weight = {
            name: np.where(english, getattr(ENGLISH_WEIGHTS, name), getattr(OTHER_WEIGHTS, name))
            for name in Weights.__slots__
        }
        scores: Floats = (
            weight["centroid"] * evidence.centroid
            + weight["nearest"] * evidence.nearest
            + weight["words"] * evidence.words
        )
        scores[:, self._unknown] += weight["unknown"][:, 0]
        return scores


def _grouped(arrays: Sequence[Floats], sizes: Sequence[int]) -> list[Sequence[Floats]]:
    """Consecutive arrays in groups of these sizes."""
    ends = [0, *accumulate(sizes)]
    return [arrays[start:end] for start, end in pairwise(ends)]


def _kind_of(tag: str, *, english: bool) -> str:
    """The language that stands for all that are scored alike."""
    if english:
        return ENGLISH
    return tag if tag in COMPOUND_LANGUAGES else UNDETERMINED


def _parts(goal: str) -> list[str]:
    """A goal as what is ranked: itself, or the first sentences of a long one."""
    goal = goal.strip()
    if len(goal) <= WHOLE_CHARACTERS:
        return [goal]
    sentences = (match.group().strip() for match in _SENTENCE.finditer(goal))
    parts = [sentence[:WHOLE_CHARACTERS] for sentence in sentences if sentence][:SENTENCES]
    return parts or [goal[:WHOLE_CHARACTERS]]


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
