"""How sure a figure is, where the repeats of one scenario are not independent of each other.

A proportion has a Wilson score interval at the effective sample size of a cluster sample (Korn
and Graubard 1998, "Confidence intervals for proportions with small expected number of positive
counts estimated from survey data"; Dean and Pagano 2015 compare them and recommend Wilson's).
A quantity has a bootstrap interval that draws whole scenarios (Davison and Hinkley 1997, 3.8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

from shared.preprod.measures import Share
from shared.wilson import wilson_interval

LEVEL = 0.95
LEAST_CLUSTERS = 3
"""Scenarios below which a bootstrap over scenarios says nothing."""
RESAMPLES = 2_000
MOST_SAMPLES = 1_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval. design_effect: how many times the variance of independent samples."""

    low: float
    high: float
    design_effect: float = 1.0


def share_interval(shares: Mapping[str, Share]) -> Interval | None:
    """Of a proportion over scenarios; None of nothing."""
    total = sum(shares.values(), Share(0, 0))
    if total.value is None:
        return None
    clusters = [share for share in shares.values() if share.of]
    effect = _design_effect(clusters, total)
    size = effective_size(total.of, len(clusters), effect)
    low, high = wilson_interval(total.value * size, size)
    return Interval(low, high, effect)


def samples_needed(
    share: Share, clusters: int, effect: float, bound: float, *, at_least: bool
) -> int | None:
    """The fewest samples that would show the bound, were the share to stay; None: none would.

    Over as many scenarios as now.
    """
    value = share.value
    if value is None or clusters < 2 or (value <= bound if at_least else value >= bound):
        return None
    low, high = share.of, MOST_SAMPLES
    if not _shows(value, high, clusters, effect, bound, at_least=at_least):
        return None
    while low < high:
        middle = (low + high) // 2
        if _shows(value, middle, clusters, effect, bound, at_least=at_least):
            high = middle
        else:
            low = middle + 1
    return low


def effective_size(samples: int, clusters: int, effect: float) -> float:
    """Of how many independent samples so many of so many scenarios say as much.

    The few degrees of freedom that few scenarios leave count, too; of one scenario nothing can
    be said about others, and one sample is what it is taken for.
    """
    if clusters < 2:
        return 1.0
    if samples < 2:
        return float(samples)
    tail = (1 + LEVEL) / 2
    spread = float(t.ppf(tail, max(1, samples - 1)) / t.ppf(tail, clusters - 1))
    return max(1.0, samples / effect * min(1.0, spread**2))


def quantity_interval(
    values: Mapping[str, Sequence[float]], quantile: float | None
) -> Interval | None:
    """Of a mean or a quantile over scenarios; None of fewer than three."""
    clusters = [np.asarray(each, dtype=float) for each in values.values() if len(each)]
    if len(clusters) < LEAST_CLUSTERS:
        return None
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(clusters), size=(RESAMPLES, len(clusters)))
    figures = [
        statistic(np.concatenate([clusters[index] for index in row]), quantile) for row in drawn
    ]
    low, high = np.quantile(figures, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def statistic(values: Sequence[float] | np.ndarray[Any, Any], quantile: float | None) -> float:
    """The mean, or a quantile by linear interpolation."""
    return float(np.mean(values) if quantile is None else np.quantile(values, quantile))


def _shows(
    value: float, samples: int, clusters: int, effect: float, bound: float, *, at_least: bool
) -> bool:
    size = effective_size(samples, clusters, effect)
    low, high = wilson_interval(value * size, size)
    return low >= bound if at_least else high <= bound


def _design_effect(clusters: Sequence[Share], total: Share) -> float:
    """The variance between scenarios over that of independent samples, at least 1.

    The ratio estimator of Cochran 1977, "Sampling Techniques", 9A.
    """
    value = total.value
    if value is None or value in (0.0, 1.0) or len(clusters) < 2:
        return 1.0
    count = len(clusters)
    squares = sum((share.hits - value * share.of) ** 2 for share in clusters)
    variance = count / (count - 1) * squares / total.of**2
    return max(1.0, variance / (value * (1 - value) / total.of))
