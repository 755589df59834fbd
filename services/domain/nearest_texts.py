"""How near a goal is to the texts of each field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.domain.field_vectors import Floats, parted

NEAREST = 2
"""How many of a field's nearest texts count: one alone may be near by accident."""


class NearestTexts:
    """How near each field's nearest texts are to a vector."""

    def __init__(self, of_field: Sequence[Floats]) -> None:
        self._vectors = np.concatenate(of_field)
        places = parted(np.arange(len(self._vectors)), [len(own) for own in of_field])
        self._rows = _padded(places, pad=len(self._vectors))

    def means(self, vectors: Floats) -> Floats:
        """Shape (vectors, fields): the mean cosine of the NEAREST texts of each field."""
        cosines = np.full((len(vectors), len(self._vectors) + 1), -1.0, np.float32)
        np.matmul(vectors, self._vectors.T, out=cosines[:, :-1])
        near = np.partition(cosines[:, self._rows], -NEAREST, axis=2)[:, :, -NEAREST:]
        means: Floats = near.mean(axis=2)
        return means


def _padded(rows: Sequence[NDArray[np.intp]], pad: int) -> NDArray[np.intp]:
    """Index arrays of many lengths as one table, its gaps filled with `pad`."""
    table = np.full((len(rows), max(NEAREST, *map(len, rows))), pad, np.intp)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return table
