"""Adds up what model calls cost, for every reply that rests on several of them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from attune.gateway.v1 import gateway_pb2 as pb


def of_call(reply: pb.CompleteResponse, read: pb.AnswerRead | None = None) -> pb.Accounting:
    """What one reply of the gateway cost, and how it was read; a replay cost nothing."""
    answers = [read] if read else []
    if reply.replayed:
        return pb.Accounting(replayed_calls=1, served_by=reply.served_by, answers=answers)
    return pb.Accounting(
        calls=1,
        attempts=reply.attempts,
        usage=reply.usage,
        cost=reply.cost,
        served_by=reply.served_by,
        answers=answers,
    )


def total(parts: list[pb.Accounting]) -> pb.Accounting:
    """The sum. Amounts that are not known are counted in unpriced_calls, not as 0."""
    paid = [part for part in parts if part.calls]
    result = pb.Accounting(
        calls=sum(part.calls for part in parts),
        attempts=sum(part.attempts for part in parts),
        replayed_calls=sum(part.replayed_calls for part in parts),
        served_by=common_server(part.served_by for part in parts),
        answers=[answer for part in parts for answer in part.answers],
    )
    if paid:
        result.usage.CopyFrom(_usage([part.usage for part in paid]))
        result.cost.CopyFrom(_cost([part.cost for part in paid]))
    return result


def common_server(servers: Iterable[pb.ServedBy.ValueType]) -> pb.ServedBy.ValueType:
    """Who served all of them; MIXED when not all by the same, unset when nobody did."""
    known = {server for server in servers if server}
    if len(known) > 1:
        return pb.SERVED_BY_MIXED
    return known.pop() if known else pb.SERVED_BY_UNSPECIFIED


def _usage(parts: list[pb.Usage]) -> pb.Usage:
    sources = {part.source for part in parts}
    return pb.Usage(
        input_tokens=sum(part.input_tokens for part in parts),
        cached_input_tokens=sum(part.cached_input_tokens for part in parts),
        output_tokens=sum(part.output_tokens for part in parts),
        reasoning_output_tokens=sum(part.reasoning_output_tokens for part in parts),
        input_audio_tokens=sum(part.input_audio_tokens for part in parts),
        output_audio_tokens=sum(part.output_audio_tokens for part in parts),
        source=sources.pop() if len(sources) == 1 else pb.USAGE_SOURCE_ESTIMATED,
    )


def total_cost(parts: Iterable[pb.Cost]) -> pb.Cost:
    """The sum of bounds or forecasts: not known as soon as one of them is not."""
    costs = list(parts)
    result = _cost(costs)
    if any(cost.status == pb.COST_STATUS_UNPRICED for cost in costs):
        result.status = pb.COST_STATUS_UNPRICED
        result.ClearField("nano_usd")
    return result


def times(cost: pb.Cost, number: float) -> pb.Cost:
    """The cost of so many of the same, rounded up to whole nano-USD."""
    result = pb.Cost()
    result.CopyFrom(cost)
    for field in ("nano_usd", "shadow_nano_usd"):
        if cost.HasField(field):
            setattr(result, field, math.ceil(getattr(cost, field) * number))
    return result


def _cost(parts: list[pb.Cost]) -> pb.Cost:
    known = [part.nano_usd for part in parts if part.HasField("nano_usd")]
    shadows = [part.shadow_nano_usd for part in parts if part.HasField("shadow_nano_usd")]
    statuses = {part.status for part in parts}
    catalogues = {part.catalogue_version for part in parts if part.catalogue_version}
    notes = dict.fromkeys(part.note for part in parts if part.note)
    return pb.Cost(
        nano_usd=sum(known) if known else None,
        status=statuses.pop() if len(statuses) == 1 else pb.COST_STATUS_MIXED,
        shadow_nano_usd=sum(shadows) if shadows else None,
        catalogue_version=", ".join(sorted(catalogues)),
        unpriced_calls=sum(part.unpriced_calls for part in parts),
        note="; ".join(notes),
    )
