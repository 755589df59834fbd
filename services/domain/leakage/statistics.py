"""The two figures of a set of texts: a share with its interval, and words that stand out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""The normal distribution's quantile at 97.5 %."""


@dataclass(frozen=True, slots=True)
class Distinctive:
    """A word and how far beyond chance it is on its side, in standard deviations."""

    word: str
    z_score: float


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share: Wilson 1927, "Probable Inference".

    It holds for few trials and for shares of 0 and 1, where the textbook's does not: Brown,
    Cai and DasGupta 2001, "Interval Estimation for a Binomial Proportion". Raises ValueError
    when there are no trials.
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


def distinctive_words(
    ours: Counter[str], theirs: Counter[str], background: Mapping[str, int], most: int
) -> list[Distinctive]:
    """The words that set one side's texts apart from the other's, the clearest first.

    Log-odds ratio with an informative Dirichlet prior: Monroe, Colaresi and Quinn 2008,
    "Fightin' Words", equations 16, 20 and 22. The prior is the background's counts; words of
    `ours` and `theirs` that it lacks count in it once. Only words beyond 1.96 standard
    deviations on our side are given.
    """
    if not ours or not theirs:
        return []
    prior = Counter(background)
    prior.update(dict.fromkeys({*ours, *theirs} - prior.keys(), 1))
    n_ours, n_theirs, n_prior = ours.total(), theirs.total(), prior.total()
    found = []
    for word, count in ours.items():
        one, other = count + prior[word], theirs[word] + prior[word]
        delta = _log_odds(one, n_ours + n_prior) - _log_odds(other, n_theirs + n_prior)
        z_score = delta / math.sqrt(1 / one + 1 / other)
        if z_score > Z_95:
            found.append(Distinctive(word, z_score))
    return sorted(found, key=lambda each: (-each.z_score, each.word))[:most]


def _log_odds(count: int, total: int) -> float:
    return math.log(count / (total - count)) if count < total else math.inf
