"""Against a baseline: worse only when shown, never by looking at many measures, never by repeats."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from preprod_samples import a_text, a_trial, an_answer, trials
from scipy.stats import permutation_test

from shared.preprod.comparison import ALPHA, Change, compare, overall, scenarios_needed
from shared.preprod.measures import MEASURES
from shared.preprod.trial import TextKind, TrialSeen

LEAKS = tuple(a_text(n, leaks=n < 2, kind=TextKind.ANSWER) for n in range(3))
CLEAN = tuple(a_text(n, kind=TextKind.ANSWER) for n in range(3))
MANY = list(MEASURES)


def change_of(found: list, name: str):
    return next(each for each in found if each.measure == name)


def test_a_run_against_itself_shows_no_difference() -> None:
    run = trials(12, texts=CLEAN)
    found = compare(run, run, MANY)
    assert overall(found) in (Change.NONE_SHOWN, Change.TOO_FEW)
    assert all(each.change in (Change.NONE_SHOWN, Change.TOO_FEW) for each in found)


def test_jargon_in_nearly_every_scenario_is_worse_and_its_lack_is_better() -> None:
    before = trials(12, texts=CLEAN)
    now = [*trials(10, texts=LEAKS), *trials(12, texts=CLEAN)[10:]]
    found = compare(before, now, MANY)
    assert change_of(found, "leak_rate_of_answers").change is Change.WORSE
    assert overall(found) is Change.WORSE
    back = compare(now, before, MANY)
    assert change_of(back, "leak_rate_of_answers").change is Change.BETTER
    assert overall(back) is Change.BETTER


def test_answers_that_cannot_be_read_are_worse() -> None:
    unread = (*(an_answer(n) for n in range(3)), an_answer(3, "unusable"))
    found = compare(trials(12), trials(12, answers=unread), MANY)
    assert change_of(found, "answers_read_first").change is Change.WORSE


def test_a_hundred_repeats_of_one_scenario_show_nothing() -> None:
    before, now = trials(1, 100, texts=CLEAN), trials(1, 100, texts=LEAKS)
    found = change_of(compare(before, now, MANY), "leak_rate_of_answers")
    assert found.change is Change.TOO_FEW
    assert found.scenarios == 1
    assert found.needed == scenarios_needed(1) == 6


def test_what_only_one_run_has_is_not_compared() -> None:
    found = compare(trials(12, answers=()), trials(12), ["answers_read_first"])
    assert found[0].change is Change.TOO_FEW
    assert found[0].p is None


def test_one_measure_has_the_p_of_the_permutation_test_of_scipy() -> None:
    rng = random.Random(3)
    before = [a_trial(f"s{n:02}", seconds=rng.uniform(1, 2)) for n in range(8)]
    now = [a_trial(f"s{n:02}", seconds=rng.uniform(1.3, 2.4)) for n in range(8)]
    (ours,) = compare(before, now, ["project_seconds_p50"])
    differences = np.array([b.seconds - a.seconds for a, b in zip(before, now, strict=True)])
    theirs = permutation_test(
        (differences,), np.mean, permutation_type="samples", alternative="two-sided",
        n_resamples=np.inf,
    )  # fmt: skip
    assert ours.p == pytest.approx(theirs.pvalue)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_twelve_measures_of_noise_are_seldom_called_different(seed: int) -> None:
    """Of 25 runs of noise no more than a few may be: the bound is far from the 5 %."""
    rng = random.Random(seed)

    def noise() -> list[TrialSeen]:
        return [
            a_trial(
                f"s{n:02}",
                seconds=rng.gauss(10, 1),
                answers=tuple(an_answer(k, latency_ms=rng.gauss(500, 50)) for k in range(4)),
            )
            for n in range(10)
        ]

    found = compare(noise(), noise(), MANY)
    assert sum(each.change in (Change.BETTER, Change.WORSE) for each in found) <= 4


def test_over_two_hundred_runs_of_noise_one_in_twenty_at_most_is_called_different() -> None:
    rng = random.Random(7)
    wrong = 0
    for _ in range(200):
        runs = [
            [a_trial(f"s{n}", seconds=rng.gauss(9, 1), faithful_checks=20,
                     lost=("x",) * rng.randint(0, 3)) for n in range(8)]
            for _ in range(2)
        ]  # fmt: skip
        found = compare(*runs, ["project_seconds_p50", "project_seconds_p95", "faithful"])
        wrong += any(each.change in (Change.BETTER, Change.WORSE) for each in found)
    assert wrong / 200 <= ALPHA + 0.04
