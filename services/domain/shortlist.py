"""Ranks the fields that a goal may be from, on this machine, in about four milliseconds.

The first goal in a language that is scored unlike those before it waits most of a second.
The shares that come out are calibrated: a share of 0.8 is right about 8 times in 10, so it
may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from services.domain.catalogue_files import load_catalogue
from services.domain.encoders import EnglishEncoder, MultilingualEncoder
from services.domain.evidence import Evidence, FieldEvidence
from services.domain.field_vectors import Encoder, Floats
from services.domain.fields import Field, FieldCatalogue

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
    examples: float
    words: float
    unknown: float


ENGLISH_WEIGHTS = Weights(centroid=5.4, nearest=16.9, examples=5.4, words=0.33, unknown=3.8)
OTHER_WEIGHTS = Weights(centroid=7.9, nearest=19.2, examples=0.0, words=0.32, unknown=2.9)
"""Fitted by maximum likelihood (a multinomial logistic regression of these numbers) on the
labelled goals in tests/data/evaluation/domain_tuning.jsonl: `python tests/eval_domain.py
--fit` does it and prints how they do in five-fold cross-validation. To be fitted again when
the data or the evidence changes much."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that a goal may be from.

    share: how likely the goal is of this field, 0 to 1; all fields' shares sum to 1.
    """

    slug: str
    label: str
    share: float


class Shortlist:
    """Every field, and how likely a goal is from it. It never changes, so threads may share it."""

    def __init__(
        self,
        catalogue: FieldCatalogue,
        multilingual: Encoder,
        english: Encoder,
        cache_dir: Path | None,
    ) -> None:
        """`cache_dir`: where vectors are kept from one start to the next, as Vectors has it."""
        self._catalogue = catalogue
        self._evidence = FieldEvidence(catalogue.fields, multilingual, english, cache_dir)

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

    def evidence(self, texts: Sequence[str]) -> Evidence:
        """What speaks for each field, text by text."""
        return self._evidence.of(texts)

    def rank(self, goal: str, k: int = 5) -> tuple[Candidate, ...]:
        """The `k` likeliest fields of a goal that has no lone surrogates in it, best first.

        `unknown` takes part like any other: where it comes first, the goal probably names
        no field. A field's share is a softmax over its evidence times WEIGHTS. A long goal
        is ranked sentence by sentence, and the more a sentence looks like `unknown`, the
        less it counts.
        """
        by_sentence = _softmax(_scores(self.evidence(_parts(goal))))
        counts = 1.0 - by_sentence[:, -1] + 1e-6
        counts /= counts.sum()
        shares = counts @ by_sentence
        fields = self._catalogue.fields
        return tuple(
            Candidate(fields[i].slug, fields[i].label, float(shares[i]))
            for i in np.argsort(-shares, kind="stable")[:k]
        )


def _scores(evidence: Evidence) -> Floats:
    """Shape (texts, fields); the last field is `unknown`."""
    english = evidence.in_english[:, np.newaxis]
    weight = {
        name: np.where(english, getattr(ENGLISH_WEIGHTS, name), getattr(OTHER_WEIGHTS, name))
        for name in Weights.__slots__
    }
    scores: Floats = (
        weight["centroid"] * evidence.centroid
        + weight["nearest"] * evidence.nearest
        + weight["examples"] * evidence.examples
        + weight["words"] * evidence.words
    )
    scores[:, -1] += weight["unknown"][:, 0]
    return scores


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
