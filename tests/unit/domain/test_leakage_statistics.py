"""The words that stand out, against another making of them."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from services.domain.leakage.statistics import distinctive_words


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
