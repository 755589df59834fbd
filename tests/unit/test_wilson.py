"""The interval of a share, against another making of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from shared.wilson import wilson_interval


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
