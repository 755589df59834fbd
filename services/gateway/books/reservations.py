"""What budgets count, moved in the same transaction as the call that it belongs to.

A row of sums holds what the calls of one payer in one span of time have spent and reserved.
It is made when a budget first needs it, by adding up the calls, and is exact from then on:
no call begins, ends or is lost without moving the sums of its project and its agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.gateway.books.statements import Statement
from services.gateway.books.tables import budget_sums, calls
from services.gateway.pricing.cost import CostStatus

IN_FLIGHT = "intent"
_AMOUNTS = ("nano_usd", "tokens")


class Scope(StrEnum):
    """Whom a budget limits."""

    PROJECT = "project"
    AGENT = "agent"


class Period(StrEnum):
    """The span over which a budget counts, in UTC."""

    DAY = "day"
    MONTH = "month"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays for a call. day: on which it began, YYYY-MM-DD in UTC."""

    served_by: str
    project_id: str
    agent: str
    day: str


@dataclass(frozen=True, slots=True)
class Counted:
    """What budgets count of calls: nano-USD (mocked calls as if real) and tokens.

    unpriced: how many of them have a cost that is not known, and is not in nano_usd.
    """

    nano_usd: int = 0
    tokens: int = 0
    unpriced: int = 0


NONE = Counted()


@dataclass(frozen=True, slots=True)
class Sums:
    """What the calls of one payer in one span come to."""

    spent: Counted
    reserved: Counted


def counted_of(row: Any) -> Counted:
    """What a row of `calls` counts."""
    unpriced = row.state != IN_FLIGHT and row.cost_status == CostStatus.UNPRICED
    return Counted(row.counted_nano_usd, row.counted_tokens, int(unpriced))


def payer_of(row: Any) -> Payer:
    """Who pays for a row of `calls`."""
    return Payer(row.served_by, row.project_id, row.agent, row.day)


def span_of(period: Period, day: str) -> str:
    """The span of a period that a day is in, as the sums name it."""
    return {Period.DAY: day, Period.MONTH: day[:7], Period.TOTAL: Period.TOTAL.value}[period]


def span_micros(span: str) -> tuple[int, int] | None:
    """When a span begins and when the next one does, in microseconds; None: all time."""
    if span == Period.TOTAL:
        return None
    month = len(span) == len("YYYY-MM")
    start = datetime.fromisoformat(f"{span}-01" if month else span).replace(tzinfo=UTC)
    if month:
        end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        return _micros(start), _micros(end)
    return _micros(start), _micros(start) + 86_400_000_000


def _micros(moment: datetime) -> int:
    return round(moment.timestamp()) * 1_000_000


_of_payer = sa.or_(
    sa.and_(
        budget_sums.c.scope == Scope.PROJECT.value, budget_sums.c.name == sa.bindparam("project")
    ),
    sa.and_(budget_sums.c.scope == Scope.AGENT.value, budget_sums.c.name == sa.bindparam("agent")),
)
_in_spans = budget_sums.c.span.in_(
    [sa.bindparam("day"), sa.bindparam("month"), sa.literal(Period.TOTAL.value)]
)
_sums_of_payer = sa.and_(
    budget_sums.c.served_by == sa.bindparam("server"), _in_spans, _of_payer
)  # fmt: skip
_move = (
    budget_sums.update()
    .where(_sums_of_payer)
    .values({
        budget_sums.c.spent_nano_usd: budget_sums.c.spent_nano_usd + sa.bindparam("spent_money"),
        budget_sums.c.spent_tokens: budget_sums.c.spent_tokens + sa.bindparam("spent_more"),
        budget_sums.c.reserved_nano_usd: budget_sums.c.reserved_nano_usd + sa.bindparam("money"),
        budget_sums.c.reserved_tokens: budget_sums.c.reserved_tokens + sa.bindparam("more"),
        budget_sums.c.unpriced_calls: budget_sums.c.unpriced_calls + sa.bindparam("unpriced"),
    })
)  # fmt: skip


_MOVE = Statement(_move)
_OF_PAYER = Statement(sa.select(budget_sums).where(_sums_of_payer))


def _bound(payer: Payer) -> dict[str, Any]:
    return {"server": payer.served_by, "project": payer.project_id, "agent": payer.agent,
            "day": payer.day, "month": payer.day[:7]}  # fmt: skip


def reserve(connection: Connection, payer: Payer, amount: Counted) -> None:
    """Sets aside what a call can come to, in all sums that there are."""
    _moved(connection, payer, spent=NONE, was=NONE, reserved=amount, released=NONE)


def spend(connection: Connection, payer: Payer, reserved: Counted, spent: Counted) -> None:
    """Turns what was reserved for a call into what it came to."""
    _moved(connection, payer, spent=spent, was=NONE, reserved=NONE, released=reserved)


def correct(connection: Connection, payer: Payer, was: Counted, now: Counted) -> None:
    """Replaces what an ended call came to."""
    _moved(connection, payer, spent=now, was=was, reserved=NONE, released=NONE)


def _moved(
    connection: Connection, payer: Payer, *, spent: Counted, was: Counted, reserved: Counted,
    released: Counted,
) -> None:  # fmt: skip
    _MOVE.run(connection, {
        **_bound(payer),
        "spent_money": spent.nano_usd - was.nano_usd,
        "spent_more": spent.tokens - was.tokens,
        "unpriced": spent.unpriced - was.unpriced,
        "money": reserved.nano_usd - released.nano_usd,
        "more": reserved.tokens - released.tokens,
    })  # fmt: skip


def sums_now(
    connection: Connection, payer: Payer, wanted: Sequence[tuple[Scope, str]]
) -> dict[tuple[Scope, str], Sums]:
    """The sums of a payer by scope and span, made now where there were none."""
    there = _OF_PAYER.rows(connection, _bound(payer))
    found = {(Scope(row.scope), row.span): _sums(row) for row in there}
    for scope, span in wanted:
        if (scope, span) not in found:
            name = payer.project_id if scope is Scope.PROJECT else payer.agent
            sums = add_up_calls(connection, payer.served_by, scope, name, span)
            found[scope, span] = sums
            connection.execute(
                budget_sums.insert().values(
                    served_by=payer.served_by,
                    scope=scope,
                    name=name,
                    span=span,
                    spent_nano_usd=sums.spent.nano_usd,
                    reserved_nano_usd=sums.reserved.nano_usd,
                    spent_tokens=sums.spent.tokens,
                    reserved_tokens=sums.reserved.tokens,
                    unpriced_calls=sums.spent.unpriced,
                )
            )
    return found


def stored_sums(
    connection: Connection, served_by: str, scope: Scope, name: str, span: str
) -> Sums | None:
    """The sums of one budget; None where nothing has needed them yet."""
    row = connection.execute(
        sa.select(budget_sums).where(
            budget_sums.c.served_by == served_by, budget_sums.c.scope == scope,
            budget_sums.c.name == name, budget_sums.c.span == span,
        )
    ).one_or_none()  # fmt: skip
    return None if row is None else _sums(row)


def add_up_calls(
    connection: Connection, served_by: str, scope: Scope, name: str, span: str
) -> Sums:  # fmt: skip
    """The same from the calls themselves."""
    who = calls.c.project_id if scope is Scope.PROJECT else calls.c.agent
    conditions = [calls.c.served_by == served_by, who == name]
    limits = span_micros(span)
    if limits is not None:
        conditions += [calls.c.begun_at >= limits[0], calls.c.begun_at < limits[1]]
    in_flight = calls.c.state == IN_FLIGHT
    unpriced = sa.and_(~in_flight, calls.c.cost_status == CostStatus.UNPRICED)
    row = connection.execute(
        sa.select(
            *(_sum(sa.case((~in_flight, calls.c[f"counted_{name}"]), else_=0)).label(f"spent_{name}")
              for name in _AMOUNTS),
            *(_sum(sa.case((in_flight, calls.c[f"counted_{name}"]), else_=0)).label(f"reserved_{name}")
              for name in _AMOUNTS),
            _sum(sa.case((unpriced, 1), else_=0)).label("unpriced_calls"),
        ).where(*conditions)
    ).one()  # fmt: skip
    return _sums(row)


def _sum(column: Any) -> Any:
    return sa.func.coalesce(sa.func.sum(column), 0)


def _sums(row: Any) -> Sums:
    return Sums(
        spent=Counted(int(row.spent_nano_usd), int(row.spent_tokens), int(row.unpriced_calls)),
        reserved=Counted(int(row.reserved_nano_usd), int(row.reserved_tokens)),
    )
