"""Amounts are written exactly, and what is not known is never written as 0."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from shared.cli.cost_view import cost_text, models_of
from shared.cli.money import decimals, dollars

INT64 = st.integers(-(2**63), 2**63 - 1)


def spent(**cost: object) -> pb.Accounting:
    usage = pb.Usage(input_tokens=1_234, output_tokens=567, source=pb.USAGE_SOURCE_PROVIDER)
    return pb.Accounting(calls=3, usage=usage, cost=pb.Cost(**cost))


@given(INT64)
def test_an_amount_reads_back_exactly(nano_usd: int) -> None:
    text = dollars(nano_usd)
    assert re.fullmatch(r"-?\$[\d,]+\.\d{2,9}", text)
    assert Decimal(text.replace("$", "").replace(",", "")) * 10**9 == nano_usd


@given(INT64, st.integers(2, 9))
def test_places_only_ever_add_zeros(nano_usd: int, places: int) -> None:
    text = dollars(nano_usd, places)
    assert text.startswith(dollars(nano_usd))
    assert set(text.removeprefix(dollars(nano_usd))) <= {"0"}
    assert len(text.split(".")[1]) == max(places, decimals(nano_usd))


@pytest.mark.parametrize(
    ("nano_usd", "text"),
    [
        (0, "$0.00"),
        (1, "$0.000000001"),
        (1_200_000, "$0.0012"),
        (1_234_500_000_000, "$1,234.50"),
        (-5_000_000, "-$0.005"),
    ],
)
def test_amounts_as_people_write_them(nano_usd: int, text: str) -> None:
    assert dollars(nano_usd) == text


def test_a_mocked_plan_says_what_it_would_have_cost_and_where() -> None:
    text = cost_text(
        spent(nano_usd=0, status=pb.COST_STATUS_MOCK, shadow_nano_usd=1_200_000), ["gpt-x"]
    )
    assert text == (
        "mock: nothing was spent; on gpt-x it would have cost $0.0012"
        " (calls 3, 1,234 tokens in, 567 out)"
    )


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ({"status": pb.COST_STATUS_UNPRICED, "unpriced_calls": 3}, "unknown (no price for gpt-x)"),
        (
            {"status": pb.COST_STATUS_UNPRICED, "note": "no price is known for gpt-x"},
            "unknown (no price is known for gpt-x)",
        ),
        (
            {"status": pb.COST_STATUS_MOCK, "nano_usd": 0},
            "mock: nothing was spent; on gpt-x the cost would be unknown (no price for gpt-x)",
        ),
        ({"status": pb.COST_STATUS_EXACT}, "unknown (no price for gpt-x)"),
        (
            {"status": pb.COST_STATUS_MIXED, "nano_usd": 5_000_000, "unpriced_calls": 2},
            "$0.005 as far as is known; unknown for 2 calls (no price for gpt-x)",
        ),
    ],
)
def test_an_unknown_amount_is_said_and_never_0(cost: dict[str, object], said: str) -> None:
    text = cost_text(spent(**cost), ["gpt-x"])
    assert text.startswith(f"{said} (calls 3,")
    assert "$0.00 " not in text


def test_known_amounts_say_whose_price_it_was() -> None:
    exact = cost_text(spent(nano_usd=2_500_000, status=pb.COST_STATUS_EXACT), ["gpt-x"])
    own = cost_text(spent(nano_usd=2_500_000, status=pb.COST_STATUS_OVERRIDE), ["gpt-x"])
    assert exact.startswith("$0.0025 (calls")
    assert own.startswith("$0.0025 at the operator's price (calls")


def test_answers_from_the_journal_cost_nothing_new() -> None:
    replayed = pb.Accounting(replayed_calls=3, served_by=pb.SERVED_BY_REAL)
    assert cost_text(replayed, []) == "nothing new: 3 answers were paid for before"
    assert cost_text(pb.Accounting(), []) == "nothing: no model was asked"


def test_estimated_tokens_are_called_estimated() -> None:
    estimated = spent(nano_usd=1, status=pb.COST_STATUS_EXACT)
    estimated.usage.source = pb.USAGE_SOURCE_ESTIMATED
    assert "567 out, estimated)" in cost_text(estimated, [])


def test_the_models_named_are_those_that_would_be_asked() -> None:
    provider = pb.DescribeProviderResponse(
        default_model="gpt-a", models_by_purpose={"propose_team": "gpt-b"}
    )
    purposes = ("classify_domain", "propose_team", "analyze_goal")
    assert models_of(provider, purposes, {}) == ["gpt-a", "gpt-b"]
    assert models_of(provider, purposes, {"propose_team": "gpt-a"}) == ["gpt-a"]
    assert models_of(None, purposes, {"propose_team": "gpt-a"}) == []
    assert "on the configured model it would" in cost_text(
        spent(nano_usd=0, status=pb.COST_STATUS_MOCK, shadow_nano_usd=1), []
    )
