"""Calls as they stand on the books, as the contract's messages: what a cassette is made of."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from attune.gateway.v1 import gateway_pb2 as pb
from sqlalchemy.engine import Connection, Row

from services.gateway.books.rows import State, settled_of
from services.gateway.books.tables import calls
from services.gateway.calls import ServedBy
from services.gateway.messages import completion_message

AT_ONCE = 100
"""Calls read in one go; a call may hold a million characters."""
_STATES = {
    State.INTENT: pb.CALL_STATE_IN_FLIGHT,
    State.SETTLED: pb.CALL_STATE_SETTLED,
    State.FAILED: pb.CALL_STATE_FAILED,
    State.LOST: pb.CALL_STATE_LOST,
}
_ROLES = {"system": pb.ROLE_SYSTEM, "user": pb.ROLE_USER, "assistant": pb.ROLE_ASSISTANT}


class After(NamedTuple):
    """The call after which to go on: when it began in microseconds, and its id."""

    begun_at: int
    call_id: str


BEGINNING = After(-1, "")


class Some(NamedTuple):
    """Some calls, and after which one there are more; None: these were the last."""

    calls: list[pb.RecordedCall]
    next: After | None


def recorded(project_id: str, after: After, connection: Connection) -> Some:
    """The next calls of a project, the oldest first."""
    rows = connection.execute(
        sa.select(calls)
        .where(
            calls.c.project_id == project_id,
            sa.tuple_(calls.c.begun_at, calls.c.call_id) > sa.tuple_(*map(sa.literal, after)),
        )
        .order_by(calls.c.begun_at, calls.c.call_id)
        .limit(AT_ONCE)
    ).all()
    last = After(rows[-1].begun_at, rows[-1].call_id) if len(rows) == AT_ONCE else None
    return Some([recorded_call(row) for row in rows], last)


def recorded_call(row: Row[Any]) -> pb.RecordedCall:
    """One row of `calls`; nothing of who called is in it."""
    call = pb.RecordedCall(
        key=row.body_hash,
        request=_asked(row),
        state=_STATES[State(row.state)],
        error_reason=row.error_reason,
        content_kept=row.content_kept,
    )
    call.begin_time.FromMicroseconds(row.begun_at)
    if row.ended_at is not None:
        call.duration.FromMicroseconds(max(0, row.ended_at - row.begun_at))
    if call.state == pb.CALL_STATE_SETTLED and row.content_kept:
        answer = completion_message(settled_of(row), ServedBy(row.served_by))
        answer.replayed = False
        call.response.CopyFrom(answer)
    return call


def _asked(row: Row[Any]) -> pb.CompleteRequest:
    request = pb.CompleteRequest(
        request_id=row.request_id,
        project_id=row.project_id,
        agent=row.agent,
        purpose=row.purpose,
        model=row.model_asked,
    )
    said = json.loads(row.request_text) if row.request_text else {}
    for message in said.get("messages", ()):
        request.messages.add(role=_ROLES[message["role"]], content=message["content"])
    for name in ("temperature", "max_output_tokens", "seed"):
        if name in said:
            setattr(request, name, said[name])
    request.stop.extend(said.get("stop", ()))
    if "response_schema" in said:
        request.response_schema = json.dumps(said["response_schema"], ensure_ascii=False)
    return request
