"""How calls and their tries begin and end on the books, inside a transaction of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from services.gateway.books.budgets import Standing
from services.gateway.books.reservations import (
    Counted,
    Payer,
    correct,
    counted_of,
    payer_of,
    reserve,
    spend,
)
from services.gateway.books.rows import State, cost_columns, now_micros
from services.gateway.books.statements import Statement
from services.gateway.books.tables import attempts, calls, owners
from services.gateway.pricing.cost import Bound, Cost

COSTS_OF_A_TRY = ("cost_status", "cost_nano_usd", "shadow_nano_usd")
COSTS = (*COSTS_OF_A_TRY, "catalogue_version", "cost_note")
MOST_LEASE_SECONDS = 600
ANSWER = (
    "model", "finish_reason", "answer_text", "refusal", "answer_sha256", "input_tokens",
    "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "input_audio_tokens",
    "output_audio_tokens", "usage_source",
)  # fmt: skip


def _parameters(table: sa.Table, *names: str) -> dict[str, Any]:
    """Columns that are set to parameters of their own names."""
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names}


_BEGIN_TRY = Statement(attempts.insert())


@dataclass(frozen=True, slots=True)
class Begun:
    """A call whose next try may go out.

    tries: how many it has with this one. reserved: for all of them. warned: budgets whose
    soft limit is passed.
    """

    call_id: str
    payer: Payer
    tries: int
    reserved: Counted
    warned: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class TryEnded:
    """How one try ended. cost: of it alone. reason and message: of its error, or empty."""

    state: State
    cost: Cost
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class CallCost:
    """What all tries of a call come to. counted: for budgets."""

    cost: Cost
    counted: Counted


_THIS = calls.c.call_id == sa.bindparam("this")
_END_TRY = Statement(
    attempts.update()
    .where(attempts.c.call_id == sa.bindparam("this"), attempts.c.number == sa.bindparam("nth"))
    .values(_parameters(attempts, "state", "ended_at", "error_reason", "error_message",
                        *COSTS_OF_A_TRY))
)  # fmt: skip
_ENDS = ("state", "ended_at", "error_reason", *COSTS, "counted_nano_usd", "counted_tokens")
_END = {
    names: Statement(
        calls.update()
        .where(_THIS, calls.c.state == State.INTENT.value)
        .values(_parameters(calls, *names))
    )
    for names in (_ENDS, (*_ENDS, *ANSWER))
}


def lease_is_over() -> sa.ColumnElement[bool]:
    """Whether a row of `owners` says that its process is gone.

    A lease that ends later than any can was written before the clock was set back; it counts
    as over, since it would block what it left for as long.
    """
    now = now_micros()
    until = owners.c.lease_until
    return sa.or_(until < now, until > now + 2 * MOST_LEASE_SECONDS * 1_000_000)


def begin_try(connection: Connection, begun: Begun, bound: Bound) -> None:
    """Records that a try is about to go out."""
    _BEGIN_TRY.run(connection, {
        "call_id": begun.call_id, "number": begun.tries, "begun_at": now_micros(),
        "ended_at": None, "state": State.INTENT.value, "error_reason": "", "error_message": "",
        **_try_cost(bound.lost),
    })  # fmt: skip


def end_try(connection: Connection, begun: Begun, ended: TryEnded) -> None:
    """Records how the newest try ended."""
    _END_TRY.run(connection, {
        "this": begun.call_id, "nth": begun.tries, "state": ended.state.value,
        "ended_at": now_micros(), "error_reason": ended.reason, "error_message": ended.message,
        **_try_cost(ended.cost),
    })  # fmt: skip


def end_call(
    connection: Connection, begun: Begun, ended: TryEnded, answer: dict[str, Any], whole: CallCost
) -> bool:
    """Ends a call, whoever thinks that it has ended; False where another has its id by now.

    ended: how the call ended, which its last try need not have. answer: columns of what came.
    """
    values = {
        "state": ended.state.value,
        "ended_at": now_micros(),
        "error_reason": ended.reason,
        **cost_columns(whole.cost),
        **counted_columns(whole.counted),
        **answer,
    }
    statement = _END[(*_ENDS, *ANSWER) if answer else _ENDS]
    if statement.run(connection, {"this": begun.call_id, **values}):
        spend(connection, begun.payer, begun.reserved, whole.counted)
        return True
    # Counted as lost by somebody who took this process for dead.
    this = calls.c.call_id == begun.call_id
    row = connection.execute(sa.select(calls).where(this)).one()
    correct(connection, begun.payer, counted_of(row), whole.counted)
    taken = _is_taken(connection, row)
    if taken and ended.state is State.SETTLED:
        values["state"] = State.LOST
    connection.execute(calls.update().where(this).values(**values))
    return not taken


def take_back(connection: Connection, begun: Begun) -> None:
    """Removes a try after the newest known one: it was in doubt, and never went out."""
    later = sa.and_(attempts.c.call_id == begun.call_id, attempts.c.number > begun.tries)
    if not connection.execute(attempts.delete().where(later)).rowcount:
        return
    this = calls.c.call_id == begun.call_id
    row = connection.execute(sa.select(calls).where(this)).one()
    connection.execute(calls.update().where(this).values(attempts=begun.tries))
    if row.state == State.INTENT:
        ahead = counted_of(row)
        more = Counted(
            begun.reserved.nano_usd - ahead.nano_usd, begun.reserved.tokens - ahead.tokens
        )
        reserve(connection, begun.payer, more)


def _is_taken(connection: Connection, row: Row[Any]) -> bool:
    """Whether another call lives under the id of this one."""
    same = (calls.c.caller, calls.c.request_id, calls.c.served_by, calls.c.endpoint)
    return row.request_id != "" and bool(
        connection.execute(
            sa.select(sa.exists().where(
                *(column == getattr(row, column.name) for column in same),
                calls.c.call_id != row.call_id,
                calls.c.state.in_([State.INTENT, State.SETTLED]),
            ))
        ).scalar_one()
    )  # fmt: skip


def lose(connection: Connection, row: Row[Any]) -> None:
    """Ends a call of which nobody will say how it ended; its cost stays its bound."""
    reason = "LEASE_EXPIRED"
    ended = {"state": State.LOST, "ended_at": now_micros(), "error_reason": reason}
    connection.execute(calls.update().where(calls.c.call_id == row.call_id).values(**ended))
    connection.execute(
        attempts.update()
        .where(attempts.c.call_id == row.call_id, attempts.c.state == State.INTENT)
        .values(**ended, error_message="nobody recorded how the call ended")
    )
    unpriced = int(row.cost_nano_usd is None)
    counted = Counted(row.counted_nano_usd, row.counted_tokens, unpriced)
    spend(connection, payer_of(row), counted_of(row), counted)


def _try_cost(cost: Cost) -> dict[str, Any]:
    return {
        "cost_status": cost.status.value,
        "cost_nano_usd": cost.nano_usd,
        "shadow_nano_usd": cost.shadow_nano_usd,
    }


def counted_columns(counted: Counted) -> dict[str, int]:
    """What budgets count of a call."""
    return {"counted_nano_usd": counted.nano_usd, "counted_tokens": counted.tokens}
