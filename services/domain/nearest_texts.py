"""How near a goal is to the texts of each field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.domain.field_vectors import Floats

NEAREST = 2
"""How many of a field's nearest texts count: one alone may be near by accident."""


class NearestTexts:
    """How near each field's nearest texts are to a vector."""

    def __init__(self, of_field: Sequence[Floats]) -> None:
        self._of_field = of_field

    def means(self, vector: Floats, fields: NDArray[np.intp]) -> Floats:
        """Shape (all fields,): the mean cosine of the NEAREST texts of each of `fields`.

        The rest, which are not compared at all, count as near as the farthest of these.
        """
        near = np.array([_mean_of_best(self._of_field[each] @ vector) for each in fields])
        means = np.full(len(self._of_field), near.min(), np.float32)
        means[fields] = near
        return means


def _mean_of_best(cosines: Floats) -> float:
    """Of fewer than NEAREST texts, all of them."""
    if len(cosines) > NEAREST:
        cosines = np.partition(cosines, -NEAREST)[-NEAREST:]
    return float(cosines.mean())
