"""Says in words what a piece of work cost; an amount that is not known is never shown as 0."""

from __future__ import annotations

from collections.abc import Sequence

from attune.gateway.v1 import gateway_pb2 as pb

from shared.cli.money import dollars

SERVED_BY = {
    pb.SERVED_BY_UNSPECIFIED: "nobody",
    pb.SERVED_BY_MOCK: "mock",
    pb.SERVED_BY_REAL: "real",
    pb.SERVED_BY_CASSETTE: "cassette",
    pb.SERVED_BY_MIXED: "mixed",
}
FREE = frozenset({pb.SERVED_BY_MOCK, pb.SERVED_BY_CASSETTE})
"""Who serves at no cost."""


def models_of(
    provider: pb.DescribeProviderResponse | None, purposes: Sequence[str], named: dict[str, str]
) -> list[str]:
    """The models that calls for `purposes` go to, each once; empty where that is not known.

    named: models by purpose that the caller asked for.
    """
    if provider is None:
        return []
    configured = provider.models_by_purpose
    models = [
        named.get(name) or configured.get(name) or provider.default_model for name in purposes
    ]
    return list(dict.fromkeys(models))


def cost_text(spent: pb.Accounting, models: Sequence[str]) -> str:
    """What calls cost, in a line: amount, calls, tokens.

    models: those that would have been or were asked; empty: not known.
    """
    if not spent.calls:
        if spent.replayed_calls:
            return f"nothing new: {_answers(spent.replayed_calls)} paid for before"
        return "nothing: no model was asked"
    usage = spent.usage
    tokens = f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
    if usage.source == pb.USAGE_SOURCE_ESTIMATED:
        tokens += ", estimated"
    if spent.replayed_calls:
        tokens += f"; {_answers(spent.replayed_calls)} paid for before"
    cost = amount(spent.cost, models, spent.served_by)
    return f"{cost} (calls {spent.calls:,}, {tokens})"


def _answers(count: int) -> str:
    return "1 answer was" if count == 1 else f"{count:,} answers were"


def amount(
    cost: pb.Cost,
    models: Sequence[str],
    served_by: pb.ServedBy.ValueType = pb.SERVED_BY_UNSPECIFIED,
) -> str:
    """What was spent, in words, without calls and tokens; `models` as in `cost_text`."""
    known = dollars(cost.nano_usd) if cost.HasField("nano_usd") else None
    if cost.status == pb.COST_STATUS_MOCK:
        replayed = served_by == pb.SERVED_BY_CASSETTE
        who, shadow = ("cassette", _had(cost)) if replayed else ("mock", _would_have(cost, models))
        return f"{who}: nothing was spent; {shadow}"
    if cost.status == pb.COST_STATUS_MIXED:
        parts = [f"{known} as far as is known"] if known else []
        if cost.unpriced_calls:
            parts.append(f"unknown for {cost.unpriced_calls:,} calls ({_why(cost, models)})")
        if cost.HasField("shadow_nano_usd"):
            parts.append(f"mocked calls would have cost {dollars(cost.shadow_nano_usd)}")
        return "; ".join(parts)
    if known is None or cost.status == pb.COST_STATUS_UNPRICED:
        return f"unknown ({_why(cost, models)})"
    if cost.status == pb.COST_STATUS_AT_MOST:
        return f"at most {known} (what was charged is not known)"
    if cost.status == pb.COST_STATUS_OVERRIDE:
        return f"{known} at the operator's price"
    return known


def _had(cost: pb.Cost) -> str:
    if not cost.HasField("shadow_nano_usd"):
        return "what the recorded answers had cost is not known"
    partly = ", as far as is known" if "not known" in cost.note else ""
    return f"the recorded answers had cost {dollars(cost.shadow_nano_usd)}{partly}"


def _would_have(cost: pb.Cost, models: Sequence[str]) -> str:
    on = f"on {_named(models)}"
    if not cost.HasField("shadow_nano_usd"):
        return f"{on} the cost would be unknown ({_why(cost, models)})"
    # With several models, one without a price leaves no trace in a sum but the note.
    partly = ", as far as prices are known" if "no price" in cost.note else ""
    return f"{on} it would have cost {dollars(cost.shadow_nano_usd)}{partly}"


def _why(cost: pb.Cost, models: Sequence[str]) -> str:
    return cost.note or f"no price for {_named(models)}"


def _named(models: Sequence[str]) -> str:
    return " and ".join(models) or "the configured model"
