"""The score interval of a share: Wilson 1927, "Probable Inference".

It holds for few trials and for shares of 0 and 1, where the textbook's does not: Brown, Cai and
DasGupta 2001, "Interval Estimation for a Binomial Proportion".
"""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""The normal distribution's quantile at 97.5 %."""


def wilson_interval(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % interval of a share.

    Both need not be whole, where they are effective numbers. Raises ValueError for what is no
    share, or a share of nothing.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} of {trials} is no share")
    share, z2 = successes / trials, Z_95 * Z_95
    scale = 1 + z2 / trials
    middle = (share + z2 / (2 * trials)) / scale
    half = Z_95 / scale * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    low = max(0.0, middle - half) if successes else 0.0
    high = min(1.0, middle + half) if successes < trials else 1.0
    return low, high
