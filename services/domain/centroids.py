"""How near a goal is to the middle of each field's texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.domain.field_vectors import Floats

SHRINKAGE = 1.0
"""How much of the mean variance is added to every direction before whitening; see
_whitening. Between 0.3 and 3 it makes little difference."""

SAMPLE = 8
"""The whitening is made of every so many texts: of all of them it would be no better, and
the start would take half a second longer."""


class Centroids:
    """The middle of each field's texts, and what tells fields apart."""

    def __init__(self, of_field: Sequence[Floats]) -> None:
        """of_field: each field's texts, in every language."""
        middles = np.stack([own.mean(axis=0) for own in of_field])
        middles /= np.linalg.norm(middles, axis=1, keepdims=True)
        self._whitening = _whitening([own[::SAMPLE] for own in of_field])
        self._middle = (middles @ self._whitening).mean(axis=0)
        self._centroids = self._whitened(middles)

    def cosines(self, vectors: Floats) -> Floats:
        """Shape (vectors, fields)."""
        cosines: Floats = self._whitened(vectors) @ self._centroids.T
        return cosines

    def _whitened(self, vectors: Floats) -> Floats:
        moved = vectors @ self._whitening - self._middle
        directions: Floats = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return directions


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
