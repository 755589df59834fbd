"""The journal: every call is a row before a byte goes out, and its outcome a second write.

A call is INTENT until it ends as SETTLED (answered and paid), FAILED (certain that the
provider charged nothing) or LOST (bytes went out and the charge is not known).
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from services.gateway.calls import FinishReason, ProviderAnswer, ServedBy, Usage, UsageSource
from services.gateway.cost import Cost, CostStatus
from services.gateway.requests import CallRequest
from services.gateway.tables import attempts, calls, owners
from services.gateway.writer import Writer
from shared.rpc.errors import Aborted, AlreadyExists


class State(StrEnum):
    """How a call stands."""

    INTENT = "intent"
    SETTLED = "settled"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Server:
    """Who serves, as the journal names it."""

    served_by: ServedBy
    provider: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer that is paid and on the books."""

    call_id: str
    answer: ProviderAnswer
    usage: Usage
    cost: Cost
    attempts: int
    replayed: bool = False


def now_micros() -> int:
    """Microseconds since 1970 in UTC."""
    return time.time_ns() // 1_000


class Journal:
    """Writes calls. Reading sums is spend.py's work."""

    def __init__(self, writer: Writer, server: Server) -> None:
        self._writer = writer
        self._server = server
        self._owner = uuid.uuid4().hex

    async def begin(self, caller: str, request: CallRequest, lost: Cost) -> str | Settled:
        """Records the intent and gives the new call's id, or the answer already paid for.

        lost: what a call costs of which nobody knows how it ended; it stands in the row
        until somebody does. Raises AlreadyExists when the request_id was used for another
        body, Aborted while it is in flight, Unavailable when the database cannot be written.
        """

        def work(connection: Connection) -> str | Settled:
            row = self._earlier(connection, caller, request.request_id)
            if row is not None and row.state == State.INTENT and self._is_dead(connection, row):
                _lose(connection, row.call_id)
            elif row is not None:
                return _replay(connection, row, request)
            return self._insert(connection, caller, request, lost)

        return await self._writer.run(work)

    async def renew(self, seconds: float) -> int:
        """Says that this process lives for so long at least.

        Ends as LOST what processes without a lease left in flight; gives how many calls.
        """

        def work(connection: Connection) -> int:
            now = now_micros()
            connection.execute(
                owners.delete().where(
                    sa.or_(owners.c.lease_until < now, owners.c.owner == self._owner)
                )
            )
            connection.execute(
                owners.insert().values(owner=self._owner, lease_until=now + round(seconds * 1e6))
            )
            left = connection.execute(
                sa.select(calls.c.call_id).where(
                    calls.c.state == State.INTENT,
                    calls.c.owner.not_in(sa.select(owners.c.owner)),
                )
            ).scalars()
            call_ids = list(left)
            for call_id in call_ids:
                _lose(connection, call_id)
            return len(call_ids)

        return await self._writer.run(work)

    async def release(self) -> None:
        """Gives the lease up: whatever is still in flight is nobody's."""

        def work(connection: Connection) -> None:
            connection.execute(owners.delete().where(owners.c.owner == self._owner))

        await self._writer.run(work)

    async def settle(self, call_id: str, answer: ProviderAnswer, usage: Usage, cost: Cost) -> None:
        """Records the answer, its usage and its cost."""
        values = {
            "model": answer.model,
            "input_tokens": usage.input_tokens,
            "cached_input_tokens": usage.cached_input_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_output_tokens": usage.reasoning_output_tokens,
            "usage_source": usage.source,
            "finish_reason": answer.finish_reason,
            "answer_text": answer.text,
            "refusal": answer.refusal,
            **_cost_columns(cost),
        }
        await self._end(call_id, State.SETTLED, values, reason="", message="")

    async def fail(
        self, call_id: str, state: State, cost: Cost, *, reason: str, message: str
    ) -> None:
        """Records a call that gave no answer: FAILED, or LOST when it may have cost money."""
        values = {"error_reason": reason, **_cost_columns(cost)}
        await self._end(call_id, state, values, reason=reason, message=message)

    async def _end(
        self, call_id: str, state: State, values: dict[str, Any], *, reason: str, message: str
    ) -> None:
        def work(connection: Connection) -> None:
            _end_rows(connection, call_id, state, values, reason=reason, message=message)

        await self._writer.run(work)

    def _earlier(self, connection: Connection, caller: str, request_id: str) -> Row[Any] | None:
        if not request_id:
            return None
        return connection.execute(
            sa.select(calls).where(
                calls.c.caller == caller,
                calls.c.request_id == request_id,
                calls.c.served_by == self._server.served_by,
                calls.c.endpoint == self._server.endpoint,
                calls.c.state.in_([State.INTENT, State.SETTLED]),
            )
        ).one_or_none()

    def _is_dead(self, connection: Connection, row: Row[Any]) -> bool:
        """Whether another process made a call and has no lease any more."""
        if row.owner == self._owner:
            return False
        lease = sa.select(owners.c.lease_until).where(owners.c.owner == row.owner)
        until = connection.execute(lease).scalar_one_or_none()
        return until is None or until < now_micros()

    def _insert(self, connection: Connection, caller: str, request: CallRequest, lost: Cost) -> str:
        call_id, begun = uuid.uuid4().hex, now_micros()
        connection.execute(
            calls.insert().values(
                call_id=call_id,
                caller=caller,
                request_id=request.request_id,
                body_hash=request.body_hash,
                project_id=request.project_id,
                agent=request.agent,
                purpose=request.purpose,
                served_by=self._server.served_by,
                provider=self._server.provider,
                endpoint=self._server.endpoint,
                model_asked=request.provider.model,
                model=request.provider.model,
                state=State.INTENT,
                begun_at=begun,
                owner=self._owner,
                day=datetime.fromtimestamp(begun / 1e6, UTC).strftime("%Y-%m-%d"),
                attempts=1,
                replays=0,
                input_tokens=0,
                cached_input_tokens=0,
                output_tokens=0,
                reasoning_output_tokens=0,
                usage_source="",
                **_cost_columns(lost),
                finish_reason="",
                answer_text="",
                refusal="",
                error_reason="",
            )
        )
        connection.execute(
            attempts.insert().values(
                call_id=call_id, number=1, begun_at=begun, state=State.INTENT,
                error_reason="", error_message="",
            )
        )  # fmt: skip
        return call_id


def _replay(connection: Connection, row: Row[Any], request: CallRequest) -> Settled:
    if row.body_hash != request.body_hash:
        raise AlreadyExists(
            f"request_id {request.request_id!r} was used for another request",
            reason="REQUEST_ID_REUSED",
            metadata={"body_sha256": request.body_hash, "earlier_body_sha256": row.body_hash},
        )
    if row.state == State.INTENT:
        raise Aborted(
            f"request_id {request.request_id!r} is in flight; ask again when it has ended",
            reason="REQUEST_IN_FLIGHT",
        )
    connection.execute(
        calls.update().where(calls.c.call_id == row.call_id).values(replays=calls.c.replays + 1)
    )
    return _settled(row)


def _settled(row: Row[Any]) -> Settled:
    return Settled(
        call_id=row.call_id,
        answer=ProviderAnswer(
            text=row.answer_text,
            model=row.model,
            finish_reason=FinishReason(row.finish_reason),
            usage=None,
            refusal=row.refusal,
        ),
        usage=Usage(
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            cached_input_tokens=row.cached_input_tokens,
            reasoning_output_tokens=row.reasoning_output_tokens,
            source=UsageSource(row.usage_source),
        ),
        cost=Cost(
            nano_usd=row.cost_nano_usd,
            status=CostStatus(row.cost_status),
            shadow_nano_usd=row.shadow_nano_usd,
            catalogue_version=row.catalogue_version,
            note=row.cost_note,
        ),
        attempts=row.attempts,
        replayed=True,
    )


def _lose(connection: Connection, call_id: str) -> None:
    """Ends a call of which nobody will say how it ended; its cost stays what begin wrote."""
    _end_rows(
        connection, call_id, State.LOST, {"error_reason": "LEASE_EXPIRED"},
        reason="LEASE_EXPIRED", message="nobody recorded how the call ended",
    )  # fmt: skip


def _cost_columns(cost: Cost) -> dict[str, Any]:
    return {
        "cost_status": cost.status,
        "cost_nano_usd": cost.nano_usd,
        "shadow_nano_usd": cost.shadow_nano_usd,
        "catalogue_version": cost.catalogue_version,
        "cost_note": cost.note,
    }


def _end_rows(
    connection: Connection, call_id: str, state: State, values: dict[str, Any], *, reason: str,
    message: str,
) -> None:  # fmt: skip
    ended = now_micros()
    connection.execute(
        calls.update()
        .where(calls.c.call_id == call_id)
        .values(state=state, ended_at=ended, **values)
    )
    connection.execute(
        attempts.update()
        .where(attempts.c.call_id == call_id)
        .values(state=state, ended_at=ended, error_reason=reason, error_message=message)
    )
