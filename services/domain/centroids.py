"""How near a goal is to the middle of each field's texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.domain.field_vectors import Floats

KIND_WEIGHTS = (1.0, 1.0, 1.5)
"""What a field's goals, descriptions and lines of terms weigh in its centroid."""

WORDS_WEIGHT = 8.0
"""What its goals and terms in other languages weigh there. They are nine languages to one,
and pull the centroid away from what is English about the others."""

SHRINKAGE = 1.0
"""How much of the mean variance is added to every direction before whitening; see
_whitening. Between 0.3 and 3 it makes little difference."""


class Centroids:
    """The middle of each field's texts, and what tells fields apart."""

    def __init__(self, of_field: Sequence[Sequence[Floats]], in_others: Sequence[Floats]) -> None:
        """of_field: each field's texts, kind by kind. in_others: in other languages."""
        centroids = np.stack([_centroid(*own) for own in zip(of_field, in_others, strict=True)])
        self._whitening = _whitening([np.concatenate(own) for own in of_field])
        self._middle = (centroids @ self._whitening).mean(axis=0)
        self._centroids = self._whitened(centroids)

    def cosines(self, vectors: Floats) -> Floats:
        """Shape (vectors, fields)."""
        cosines: Floats = self._whitened(vectors) @ self._centroids.T
        return cosines

    def _whitened(self, vectors: Floats) -> Floats:
        moved = vectors @ self._whitening - self._middle
        directions: Floats = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return directions


def _centroid(kinds: Sequence[Floats], in_others: Floats) -> Floats:
    """The direction of the weighted mean of the means of texts, kind by kind."""
    groups = [*zip(kinds, KIND_WEIGHTS, strict=False), (in_others, WORDS_WEIGHT)]
    means = [(group.mean(axis=0), weight) for group, weight in groups if len(group)]
    mean = np.average([mean for mean, _ in means], axis=0, weights=[weight for _, weight in means])
    direction: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
    return direction


def _whitening(of_field: Sequence[Floats]) -> Floats:
    """A map after which texts of one field differ about equally in all directions.

    What texts of one field differ in (language, length, "learn to") then counts for less
    between fields: within-class covariance normalization (Hatch and Stolcke, 2006,
    "Generalized linear kernels for one-versus-all classification"), with shrinkage.
    """
    apart = np.concatenate([own - own.mean(axis=0) for own in of_field])
    covariance = apart.T @ apart / len(apart)
    spread = SHRINKAGE * np.trace(covariance) / len(covariance)
    inverse = np.linalg.inv(covariance + spread * np.eye(len(covariance)))
    return np.linalg.cholesky(inverse).astype(np.float32)
