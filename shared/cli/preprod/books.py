"""Holds the replies of a system, its books and its journal against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attune.gateway.v1 import gateway_pb2 as pb

from shared.cli.preprod.asking import Outcome
from shared.preprod.trial import BooksSeen, State


def books_of(
    outcome: Outcome, total: pb.SpendRow, calls: Sequence[pb.RecordedCall] | None
) -> BooksSeen:
    """What the books have, and every disagreement. calls: None where they cannot be seen."""
    cost = total.cost
    return BooksSeen(
        calls=total.calls,
        attempts=total.attempts,
        failed_calls=total.call_counts.failed,
        lost_calls=total.call_counts.lost,
        input_tokens=total.usage.input_tokens,
        output_tokens=total.usage.output_tokens,
        cost_nano_usd=cost.nano_usd if cost.HasField("nano_usd") else None,
        cost_status=pb.CostStatus.Name(cost.status).removeprefix("COST_STATUS_").lower(),
        unpriced_calls=cost.unpriced_calls,
        disagreements=tuple(_disagreements(outcome, total, calls)),
    )


def server_disagreements(
    books: Sequence[BooksSeen], counted_input: float, counted_output: float
) -> tuple[str, ...]:
    """Where the model's own server counted other tokens than the books have of a whole run."""
    ours = sum(each.input_tokens for each in books), sum(each.output_tokens for each in books)
    return tuple(
        f"the books have {own:,} {what} tokens, the server counted {theirs:,.0f}"
        for what, own, theirs in zip(
            ("input", "output"), ours, (counted_input, counted_output), strict=True
        )
        if own != theirs
    )


def _disagreements(
    outcome: Outcome, total: pb.SpendRow, calls: Sequence[pb.RecordedCall] | None
) -> Iterator[str]:
    if total.call_counts.in_flight:
        yield f"{total.call_counts.in_flight} calls are in flight after the end"
    counts = total.call_counts
    if counts.settled + counts.failed + counts.lost + counts.in_flight != total.calls:
        yield f"{total.calls} calls are not the sum of how they ended"
    if calls is not None:
        yield from _journal(total, calls)
    if outcome.state in (State.BROKEN, State.STOPPED):
        return  # what broke off has paid for answers that nobody was told of
    yield from _told(outcome.accounting, total)
    if calls is not None:
        settled = {c.response.call_id for c in calls if c.state == pb.CALL_STATE_SETTLED}
        told = {a.call_id for a in outcome.accounting.answers if not a.replayed}
        if missing := settled - told:
            yield f"{len(missing)} answers were paid for and nobody tells of them"
        if unknown := told - settled:
            yield f"{len(unknown)} answers are told of and are not in the journal"


def _journal(total: pb.SpendRow, calls: Sequence[pb.RecordedCall]) -> Iterator[str]:
    if len(calls) != total.calls:
        yield f"the books have {total.calls} calls, the journal {len(calls)}"
    kept = [call.response for call in calls if call.HasField("response")]
    if len(kept) < sum(call.state == pb.CALL_STATE_SETTLED for call in calls):
        return  # contents are not kept: their tokens are in the books alone
    for what, own, theirs in (
        ("input tokens", total.usage.input_tokens, sum(r.usage.input_tokens for r in kept)),
        ("output tokens", total.usage.output_tokens, sum(r.usage.output_tokens for r in kept)),
        ("attempts", total.attempts, sum(r.attempts for r in kept)),
    ):
        if own != theirs and len(kept) == len(calls):
            yield f"the books have {own:,} {what}, the journal's calls {theirs:,}"


def _told(told: pb.Accounting, total: pb.SpendRow) -> Iterator[str]:
    if told.calls != total.calls - total.call_counts.failed and told.calls != total.calls:
        yield f"the reply tells of {told.calls} calls, the books of {total.calls}"
    for name in ("input_tokens", "output_tokens", "cached_input_tokens"):
        ours, theirs = getattr(told.usage, name), getattr(total.usage, name)
        if ours != theirs:
            yield f"the reply tells of {ours:,} {name}, the books of {theirs:,}"
    if total.calls and not total.call_counts.lost and told.cost.nano_usd != total.cost.nano_usd:
        yield f"the reply costs {told.cost.nano_usd}, the books have {total.cost.nano_usd} nano-USD"
