"""Sums over calls: nothing unknown becomes 0, replays cost nothing."""

from attune.gateway.v1 import gateway_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from shared.structured.accounting import of_call, total


def a_reply(nano_usd: int | None, *, replayed: bool = False) -> pb.CompleteResponse:
    status = pb.COST_STATUS_UNPRICED if nano_usd is None else pb.COST_STATUS_EXACT
    return pb.CompleteResponse(
        usage=pb.Usage(input_tokens=10, output_tokens=5, source=pb.USAGE_SOURCE_PROVIDER),
        cost=pb.Cost(nano_usd=nano_usd, status=status, unpriced_calls=int(nano_usd is None)),
        served_by=pb.SERVED_BY_REAL,
        attempts=1,
        replayed=replayed,
    )


@given(st.lists(st.none() | st.integers(0, 10**12), min_size=1, max_size=20))
def test_the_sum_is_exact_and_unknown_amounts_are_counted(amounts: list[int | None]) -> None:
    result = total([of_call(a_reply(amount)) for amount in amounts])
    known = [amount for amount in amounts if amount is not None]
    assert result.calls == len(amounts)
    assert result.usage.input_tokens == 10 * len(amounts)
    assert result.cost.unpriced_calls == len(amounts) - len(known)
    assert result.cost.HasField("nano_usd") == bool(known)
    assert result.cost.nano_usd == sum(known)


def test_amounts_of_different_certainty_are_mixed() -> None:
    result = total([of_call(a_reply(5)), of_call(a_reply(None))])
    assert result.cost.status == pb.COST_STATUS_MIXED


def test_a_replay_is_counted_but_costs_nothing() -> None:
    result = total([of_call(a_reply(5)), of_call(a_reply(7, replayed=True))])
    assert (result.calls, result.replayed_calls, result.cost.nano_usd) == (1, 1, 5)


def test_sums_of_sums_are_the_same_as_sums() -> None:
    parts = [of_call(a_reply(amount)) for amount in (1, None, 3)]
    assert total([total(parts[:2]), total(parts[2:])]) == total(parts)


def test_nothing_adds_up_to_nothing() -> None:
    assert total([]) == pb.Accounting()
