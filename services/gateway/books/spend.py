"""Adds up the journal: calls, tokens and money by project, agent, purpose, model or day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.gateway.books.rows import State
from services.gateway.books.tables import calls
from services.gateway.calls import UsageSource
from services.gateway.pricing.cost import CostStatus

_SUMMED = (
    "attempts",
    "replays",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
)


@dataclass(frozen=True, slots=True)
class SpendFilter:
    """Which calls count; empty matches all. Times in microseconds since 1970, UTC."""

    equal: dict[str, str]
    from_micros: int | None = None
    before_micros: int | None = None


@dataclass(slots=True)
class StatusSum:
    """Money of one cost status; nano_usd None where it is not known."""

    calls: int = 0
    nano_usd: int | None = None
    shadow_nano_usd: int | None = None


@dataclass(slots=True)
class SpendSum:
    """The sum over one group of calls."""

    key: dict[str, str]
    calls: int = 0
    by_state: dict[State, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SUMMED, 0))
    by_status: dict[CostStatus, StatusSum] = field(default_factory=dict)
    usage_estimated: bool = False

    @property
    def nano_usd(self) -> int:
        """What is known to be spent."""
        return sum(item.nano_usd or 0 for item in self.by_status.values())

    @property
    def shadow_nano_usd(self) -> int | None:
        """What mocked calls would have cost, as far as that is known."""
        known = [item.shadow_nano_usd for item in self.by_status.values()]
        amounts = [amount for amount in known if amount is not None]
        return sum(amounts) if amounts else None

    def add(self, row: Any) -> None:
        """Adds one row of the query."""
        self.calls += row.calls
        state = State(row.state)
        self.by_state[state] = self.by_state.get(state, 0) + row.calls
        for name in _SUMMED:
            self.sums[name] += int(getattr(row, name))  # PostgreSQL sums are decimals
        self.usage_estimated |= row.usage_source == UsageSource.ESTIMATED
        status = CostStatus(row.cost_status)
        if status is not CostStatus.NONE:
            entry = self.by_status.setdefault(status, StatusSum())
            entry.calls += row.calls
            entry.nano_usd = _plus(entry.nano_usd, row.nano_usd)
            entry.shadow_nano_usd = _plus(entry.shadow_nano_usd, row.shadow_nano_usd)


def add_up(
    connection: Connection, wanted: SpendFilter, group_by: Sequence[str]
) -> tuple[list[SpendSum], SpendSum]:
    """The sums of each group, the most expensive first, and the sum of all."""
    fixed = [calls.c[name] for name in ("state", "cost_status", "usage_source")]
    keys = [calls.c[name].label(f"key_{name}") for name in group_by]
    query = (
        sa.select(
            *keys,
            *fixed,
            sa.func.count().label("calls"),
            sa.func.sum(calls.c.cost_nano_usd).label("nano_usd"),
            sa.func.sum(calls.c.shadow_nano_usd).label("shadow_nano_usd"),
            *(sa.func.sum(calls.c[name]).label(name) for name in _SUMMED),
        )
        .where(*_conditions(wanted))
        .group_by(*keys, *fixed)
    )
    groups: dict[tuple[str, ...], SpendSum] = {}
    total = SpendSum(key={})
    for row in connection.execute(query):
        key = tuple(str(getattr(row, f"key_{name}")) for name in group_by)
        named = dict(zip(group_by, key, strict=True))
        groups.setdefault(key, SpendSum(key=named)).add(row)
        total.add(row)
    ordered = sorted(
        groups.items(),
        key=lambda item: (-item[1].nano_usd, -(item[1].shadow_nano_usd or 0), item[0]),
    )
    return [group for _, group in ordered], total


def _conditions(wanted: SpendFilter) -> Iterable[sa.ColumnElement[bool]]:
    for name, value in wanted.equal.items():
        yield calls.c[name] == value
    if wanted.from_micros is not None:
        yield calls.c.begun_at >= wanted.from_micros
    if wanted.before_micros is not None:
        yield calls.c.begun_at < wanted.before_micros


def _plus(so_far: int | None, more: int | None) -> int | None:
    if more is None:
        return so_far
    return (so_far or 0) + int(more)
