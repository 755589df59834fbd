"""What a call cost and how sure that is: unknown is never 0, the mock never charges."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.calls import (
    ServedBy,
    Usage,
)
from services.gateway.pricing.cost import CostStatus, Pricing
from services.gateway.pricing.prices import PriceBook

USAGE = Usage(1_000, 200)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PriceBook:
    path: Path = tmp_path_factory.mktemp("prices") / "prices.toml"
    path.write_text('[models."mine"]\ninput_usd_per_million = "2"\noutput_usd_per_million = "8"\n')
    return PriceBook(path)


def test_an_operators_price_is_an_override(book: PriceBook) -> None:
    cost = Pricing(book, ServedBy.REAL).of_answer(asked="mine", answered="mine", usage=USAGE)
    assert (cost.status, cost.nano_usd) == (CostStatus.OVERRIDE, 1_000 * 2_000 + 200 * 8_000)


def test_the_operators_price_of_what_was_asked_counts_whatever_name_answered(
    book: PriceBook,
) -> None:
    cost = Pricing(book, ServedBy.REAL).of_answer(asked="mine", answered="gpt-4o", usage=USAGE)
    assert cost.status is CostStatus.OVERRIDE


def test_the_model_that_answered_counts_before_the_one_asked(book: PriceBook) -> None:
    pricing = Pricing(book, ServedBy.REAL)
    cost = pricing.of_answer(asked="gpt-4o-mini", answered="gpt-4o", usage=USAGE)
    assert cost == pricing.of_answer(asked="gpt-4o", answered="gpt-4o", usage=USAGE)


def test_a_model_without_a_price_has_an_unknown_cost(book: PriceBook) -> None:
    cost = Pricing(book, ServedBy.REAL).of_answer(asked="nobody", answered="nobody", usage=USAGE)
    assert (cost.status, cost.nano_usd) == (CostStatus.UNPRICED, None)
    assert "nobody" in cost.note


def test_the_mock_costs_nothing_and_says_what_it_would_have_cost(book: PriceBook) -> None:
    cost = Pricing(book, ServedBy.MOCK).of_answer(asked="mine", answered="mock", usage=USAGE)
    assert (cost.status, cost.nano_usd) == (CostStatus.MOCK, 0)
    assert cost.shadow_nano_usd == 3_600_000


def test_a_lost_call_may_have_cost_money_unless_the_mock_had_it(book: PriceBook) -> None:
    lost = Pricing(book, ServedBy.REAL).bound("mine", 1_000, 500).lost
    most = Pricing(book, ServedBy.REAL).at_most("mine", 1_000, 500)
    assert (lost.status, lost.nano_usd) == (CostStatus.AT_MOST, most.nano_usd)
    assert "not known" in lost.note
    assert Pricing(book, ServedBy.MOCK).bound("mine", 1_000, 500).lost.nano_usd == 0


@pytest.mark.parametrize(("model", "limit"), [("mine", None), ("nobody-knows-me", 500)])
def test_a_lost_call_without_a_bound_has_an_unknown_cost(
    model: str, limit: int | None, book: PriceBook
) -> None:
    lost = Pricing(book, ServedBy.REAL).bound(model, 1_000, limit).lost
    assert (lost.status, lost.nano_usd) == (CostStatus.UNPRICED, None)


def test_an_output_without_a_limit_has_no_bound(book: PriceBook) -> None:
    cost = Pricing(book, ServedBy.REAL).at_most("mine", 100, None)
    assert (cost.status, cost.nano_usd) == (CostStatus.UNPRICED, None)
    assert "max_output_tokens" in cost.note


@given(given=st.integers(0, 10**6), output=st.integers(0, 10**6), less=st.integers(0, 10**6))
def test_no_call_costs_more_than_its_bound(
    book: PriceBook, given: int, output: int, less: int
) -> None:
    pricing = Pricing(book, ServedBy.REAL)
    bound = pricing.at_most("gpt-4o", given, output).nano_usd
    usage = Usage(max(0, given - less), output)
    cost = pricing.of_answer(asked="gpt-4o", answered="gpt-4o", usage=usage).nano_usd
    assert bound is not None
    assert cost is not None
    assert bound >= cost >= 0
