"""A run against a baseline: better, worse, or nothing shown, with how many scenarios would do.

The test is a permutation test, paired and clustered by scenario: were the build of no effect,
the two runs of a scenario could have been each other's, all repeats of it together; so the
signs of the scenarios' differences are turned in every way (Fisher's randomization of pairs;
Good 2005, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 3.7). Looking at many
measures is paid for with the step-down minP method of Westfall and Young 1993
("Resampling-Based Multiple Testing", algorithm 2.8), which turns the signs of all measures
together and so knows which of them say the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from shared.preprod.intervals import statistic
from shared.preprod.measures import MEASURES, Measure, Proportion, by_scenario
from shared.preprod.trial import TrialSeen

ALPHA = 0.05
MOST_EXACT = 13
"""Scenarios up to which every sign pattern is tried; beyond, a sample of them."""
SAMPLED = 20_000
_TOLERANCE = 1e-12
Matrix = np.ndarray[Any, np.dtype[np.float64]]


class Change(StrEnum):
    """What a comparison says."""

    BETTER = "better"
    WORSE = "worse"
    NONE_SHOWN = "no difference shown"
    TOO_FEW = "too few samples"


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure in both runs. before and now: means over scenarios that both have.

    p: of a difference as large either way, corrected for all measures; None where nothing was
    compared. scenarios: pairs. needed: scenarios from which on a difference could be shown.
    """

    measure: str
    change: Change
    before: float | None
    now: float | None
    p: float | None
    scenarios: int
    needed: int | None = None


def compare(
    before: Iterable[TrialSeen], now: Iterable[TrialSeen], measures: Sequence[str]
) -> list[Compared]:
    """Every measure, in the order given."""
    old, new = by_scenario(before), by_scenario(now)
    pairs = {name: _pairs(MEASURES[name], old, new) for name in measures}
    tested = {name: found for name, found in pairs.items() if found}
    corrected = _corrected(tested)
    differing = sum(any(a != b for a, b in found.values()) for found in tested.values())
    needed = scenarios_needed(differing)
    return [_compared(name, pairs[name], corrected.get(name), needed) for name in measures]


def overall(compared: Iterable[Compared]) -> Change:
    """One word for all: worse wins over better."""
    changes = {each.change for each in compared}
    for change in (Change.WORSE, Change.BETTER, Change.NONE_SHOWN):
        if change in changes:
            return change
    return Change.TOO_FEW


def figure_of(measure: Measure, trials: Sequence[TrialSeen]) -> float | None:
    """A measure's figure over trials; None where there is nothing to measure."""
    if isinstance(measure, Proportion):
        return measure.of(trials).value
    values = measure.of(trials)
    return statistic(values, measure.quantile) if values else None


def _pairs(
    measure: Measure,
    old: Mapping[str, Sequence[TrialSeen]],
    new: Mapping[str, Sequence[TrialSeen]],
) -> dict[str, tuple[float, float]]:
    """The figures before and now of each scenario that has both."""
    found = {}
    for scenario in old.keys() & new.keys():
        before, now = figure_of(measure, old[scenario]), figure_of(measure, new[scenario])
        if before is not None and now is not None:
            found[scenario] = (before, now)
    return dict(sorted(found.items()))


def _compared(
    name: str, pairs: Mapping[str, tuple[float, float]], p: float | None, needed: int
) -> Compared:
    count = len(pairs)
    before = sum(pair[0] for pair in pairs.values()) / count if count else None
    now = sum(pair[1] for pair in pairs.values()) / count if count else None
    if before is None or now is None or p is None:
        return Compared(name, Change.TOO_FEW, before, now, p, count, needed)
    if p <= ALPHA and abs(now - before) > _TOLERANCE:
        up = now > before
        change = Change.BETTER if up == MEASURES[name].more_is_better else Change.WORSE
        return Compared(name, change, before, now, p, count)
    if count < needed:
        return Compared(name, Change.TOO_FEW, before, now, p, count, needed)
    return Compared(name, Change.NONE_SHOWN, before, now, p, count)


def scenarios_needed(measures: int) -> int:
    """The fewest scenarios of which a difference in all is surely shown.

    measures: those that differ at all, each of which costs a part of the 5 % at worst.
    """
    return math.ceil(math.log2(2 * max(1, measures) / ALPHA))


def _corrected(tested: Mapping[str, Mapping[str, tuple[float, float]]]) -> dict[str, float]:
    """The corrected p of each measure. Scenarios that lack one have no difference there."""
    scenarios = sorted({scenario for pairs in tested.values() for scenario in pairs})
    if not scenarios:
        return {}
    differences = np.array(
        [
            [pairs[each][1] - pairs[each][0] if each in pairs else 0.0 for each in scenarios]
            for pairs in tested.values()
        ]
    )
    raw = _p_of_patterns(np.abs(differences @ _signs(len(scenarios)).T))
    adjusted = _step_down(raw)
    return dict(zip(tested, map(float, adjusted), strict=True))


def _signs(count: int) -> Matrix:
    """Rows of +1 and -1; the first is all +1: what was observed."""
    if count <= MOST_EXACT:
        numbers = np.arange(2**count)[:, None] >> np.arange(count)[None, :]
        return np.asarray(1.0 - 2.0 * (numbers & 1))
    rows = np.random.default_rng(0).choice([-1.0, 1.0], size=(SAMPLED, count))
    rows[0] = 1.0
    return np.asarray(rows)


def _p_of_patterns(sizes: Matrix) -> Matrix:
    """For each measure (row) and pattern (column): how often a pattern is at least as large."""
    rounded = np.round(sizes / (sizes.max(axis=1, keepdims=True) + _TOLERANCE), 9)
    ordered = np.sort(rounded, axis=1)
    total = rounded.shape[1]
    below = np.array(
        [np.searchsorted(row, values, "left") for row, values in zip(ordered, rounded, strict=True)]
    )
    return np.asarray((total - below) / total)


def _step_down(p: Matrix) -> Matrix:
    """Westfall and Young's adjusted p of each row; the observed pattern is the first column."""
    order = np.argsort(p[:, 0], kind="stable")
    smallest = np.minimum.accumulate(p[order][::-1], axis=0)[::-1]
    observed = p[order, 0][:, None]
    adjusted = np.maximum.accumulate((smallest <= observed + _TOLERANCE).mean(axis=1))
    result = np.empty(len(p))
    result[order] = adjusted
    return result
