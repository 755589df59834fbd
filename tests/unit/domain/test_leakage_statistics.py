"""The share with its interval, and the words that stand out: against other makings of both."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from services.domain.leakage.statistics import distinctive_words, wilson_interval


@given(st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    low, high = wilson_interval(*counts)
    expected = binomtest(*counts).proportion_ci(method="wilson")
    assert low == pytest.approx(expected.low, abs=1e-9)
    assert high == pytest.approx(expected.high, abs=1e-9)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


@pytest.mark.parametrize("counts", [(0, 0), (2, 1), (-1, 3)])
def test_what_is_no_share_has_no_interval(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no share"):
        wilson_interval(*counts)


def test_z_scores_follow_monroe_2008() -> None:
    ours, theirs = Counter(squat=30, rest=20), Counter(rest=40, dough=30)
    background = Counter(squat=10, rest=60, dough=30)
    (first, *_) = distinctive_words(ours, theirs, background, 10)

    def log_odds(count: int, total: int) -> float:
        return math.log(count / (total - count))

    delta = log_odds(30 + 10, 50 + 100) - log_odds(0 + 10, 70 + 100)
    expected = delta / math.sqrt(1 / 40 + 1 / 10)
    assert first.word == "squat"
    assert first.z_score == pytest.approx(expected)


def test_words_of_both_sides_do_not_stand_out() -> None:
    same = Counter(bread=50, oven=50)
    assert distinctive_words(same, same, same, 10) == []


def test_nothing_stands_out_without_something_to_compare_with() -> None:
    assert distinctive_words(Counter(), Counter(a=1), Counter(a=1), 10) == []
    assert distinctive_words(Counter(a=9), Counter(), Counter(a=1), 10) == []
