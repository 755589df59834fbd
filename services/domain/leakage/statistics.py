"""Words that make a set of texts stand out from others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from shared.wilson import Z_95


@dataclass(frozen=True, slots=True)
class Distinctive:
    """A word and how far beyond chance it is on its side, in standard deviations."""

    word: str
    z_score: float


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
