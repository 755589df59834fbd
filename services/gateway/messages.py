"""Turns the gateway's values into the contract's messages, and enums both ways."""

from __future__ import annotations

from attune.gateway.v1 import gateway_pb2 as pb

from services.gateway.books.rows import Settled, State
from services.gateway.books.spend import SpendSum
from services.gateway.calls import FinishReason, ServedBy, Usage, UsageSource
from services.gateway.pricing.cost import Cost, CostStatus

_FINISH = {
    FinishReason.UNKNOWN: pb.FINISH_REASON_UNSPECIFIED,
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
    FinishReason.CONTENT_FILTER: pb.FINISH_REASON_CONTENT_FILTER,
    FinishReason.REFUSAL: pb.FINISH_REASON_REFUSAL,
    FinishReason.OTHER: pb.FINISH_REASON_OTHER,
}
_SERVED_BY = {
    ServedBy.MOCK: pb.SERVED_BY_MOCK,
    ServedBy.REAL: pb.SERVED_BY_REAL,
    ServedBy.CASSETTE: pb.SERVED_BY_CASSETTE,
}
_STATUS = {
    CostStatus.NONE: pb.COST_STATUS_UNSPECIFIED,
    CostStatus.EXACT: pb.COST_STATUS_EXACT,
    CostStatus.OVERRIDE: pb.COST_STATUS_OVERRIDE,
    CostStatus.UNPRICED: pb.COST_STATUS_UNPRICED,
    CostStatus.MOCK: pb.COST_STATUS_MOCK,
    CostStatus.AT_MOST: pb.COST_STATUS_AT_MOST,
}
_SOURCE = {
    UsageSource.PROVIDER: pb.USAGE_SOURCE_PROVIDER,
    UsageSource.ESTIMATED: pb.USAGE_SOURCE_ESTIMATED,
}


def served_by_message(served_by: ServedBy) -> pb.ServedBy.ValueType:
    """The contract's word for who served."""
    return _SERVED_BY[served_by]


def served_by_value(served_by: pb.ServedBy.ValueType) -> ServedBy | None:
    """Ours for the contract's; None for one that this gateway has no calls of."""
    return next((ours for ours, theirs in _SERVED_BY.items() if theirs == served_by), None)


def status_message(status: CostStatus) -> pb.CostStatus.ValueType:
    """The contract's word for how sure an amount is."""
    return _STATUS[status]


def cost_message(cost: Cost) -> pb.Cost:
    """A cost; an amount that is not known stays unset."""
    return pb.Cost(
        nano_usd=cost.nano_usd,
        status=_STATUS[cost.status],
        shadow_nano_usd=cost.shadow_nano_usd,
        catalogue_version=cost.catalogue_version,
        unpriced_calls=1 if cost.status is CostStatus.UNPRICED else 0,
        note=cost.note,
    )


def usage_message(usage: Usage) -> pb.Usage:
    """Tokens of one call."""
    return pb.Usage(
        input_tokens=usage.input_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        output_tokens=usage.output_tokens,
        reasoning_output_tokens=usage.reasoning_output_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
        source=_SOURCE[usage.source],
    )


def completion_message(done: Settled, served_by: ServedBy) -> pb.CompleteResponse:
    """The reply to a call."""
    return pb.CompleteResponse(
        text=done.answer.text,
        refusal=done.answer.refusal,
        finish_reason=_FINISH[done.answer.finish_reason],
        usage=usage_message(done.usage),
        cost=cost_message(done.cost),
        served_by=_SERVED_BY[served_by],
        model=done.answer.model,
        attempts=done.attempts,
        replayed=done.replayed,
        call_id=done.call_id,
        warnings=done.warnings,
    )


def spend_message(group: SpendSum) -> pb.SpendRow:
    """One row of the books."""
    statuses = [_STATUS[status] for status in group.by_status]
    unpriced = group.by_status.get(CostStatus.UNPRICED)
    row = pb.SpendRow(
        calls=group.calls,
        call_counts=pb.CallCounts(
            settled=group.by_state.get(State.SETTLED, 0),
            failed=group.by_state.get(State.FAILED, 0),
            lost=group.by_state.get(State.LOST, 0),
            in_flight=group.by_state.get(State.INTENT, 0),
        ),
        attempts=group.sums["attempts"],
        replays=group.sums["replays"],
        usage=pb.Usage(
            input_tokens=group.sums["input_tokens"],
            cached_input_tokens=group.sums["cached_input_tokens"],
            output_tokens=group.sums["output_tokens"],
            reasoning_output_tokens=group.sums["reasoning_output_tokens"],
            input_audio_tokens=group.sums["input_audio_tokens"],
            output_audio_tokens=group.sums["output_audio_tokens"],
            source=_sum_source(group),
        ),
        cost=pb.Cost(
            nano_usd=None if statuses == [pb.COST_STATUS_UNPRICED] else group.nano_usd,
            status=_sum_status(statuses),
            shadow_nano_usd=group.shadow_nano_usd,
            unpriced_calls=unpriced.calls if unpriced else 0,
        ),
    )
    for status, entry in sorted(group.by_status.items()):
        row.costs.add(
            status=_STATUS[status],
            calls=entry.calls,
            nano_usd=entry.nano_usd,
            shadow_nano_usd=entry.shadow_nano_usd,
        )
    for name, value in group.key.items():
        if name == "served_by":
            row.served_by = _SERVED_BY[ServedBy(value)]
        else:
            setattr(row, name, value)
    return row


def _sum_status(statuses: list[pb.CostStatus.ValueType]) -> pb.CostStatus.ValueType:
    if len(statuses) > 1:
        return pb.COST_STATUS_MIXED
    return statuses[0] if statuses else pb.COST_STATUS_UNSPECIFIED


def _sum_source(group: SpendSum) -> pb.UsageSource.ValueType:
    if group.usage_estimated:
        return pb.USAGE_SOURCE_ESTIMATED
    settled = group.by_state.get(State.SETTLED, 0)
    return pb.USAGE_SOURCE_PROVIDER if settled else pb.USAGE_SOURCE_UNSPECIFIED
