"""The journal: every try is a row before a byte goes out, and its outcome a second write.

A call is INTENT until it ends as SETTLED (answered and paid), FAILED (certain that the
provider charged nothing) or LOST (bytes went out and the charge is not known). What it can
cost is reserved in the transaction that begins it, and becomes what it did cost in the one
that ends it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert  # SQLite has the same words
from sqlalchemy.engine import Connection

from services.gateway.books.budgets import Budgets, reservation
from services.gateway.books.outcomes import (
    Begun,
    CallCost,
    TryEnded,
    begin_try,
    counted_columns,
    end_call,
    end_try,
    lease_is_over,
    lose,
    take_back,
)
from services.gateway.books.reservations import Counted, Payer, counted_of, payer_of, reserve
from services.gateway.books.rows import (
    Server,
    Settled,
    State,
    answer_columns,
    cost_columns,
    day_of,
    intent_columns,
    now_micros,
    settled_of,
)
from services.gateway.books.statements import Statement
from services.gateway.books.tables import LIVE, calls, owners
from services.gateway.books.writer import Writer
from services.gateway.calls import ProviderAnswer, Usage
from services.gateway.pricing.cost import NOTHING, Bound, Cost
from services.gateway.requests import CallRequest
from shared.rpc.errors import Aborted, AlreadyExists, AttuneError

_BEGIN = Statement(insert(calls).on_conflict_do_nothing())
_EARLIER = Statement(
    sa.select(calls).where(
        calls.c.caller == sa.bindparam("who"),
        calls.c.request_id == sa.bindparam("id"),
        calls.c.served_by == sa.bindparam("server"),
        calls.c.endpoint == sa.bindparam("where"),
        LIVE,
    )
)
_AGAIN = Statement(
    calls.update()
    .where(calls.c.call_id == sa.bindparam("this"))
    .values(replays=calls.c.replays + 1)
)


class Journal:
    """Writes calls. Reading sums is spend.py's work.

    keep: prompts and answers, and not only their hashes.
    """

    def __init__(
        self, writer: Writer, server: Server, budgets: Budgets, *, keep: bool = True
    ) -> None:
        self._writer = writer
        self._server = server
        self._budgets = budgets
        self._keep = keep
        self._owner = uuid.uuid4().hex

    async def begin(
        self, caller: str, request: CallRequest, bound: Bound, call_id: str
    ) -> Begun | Settled:
        """Reserves and records the first try of a call, or gives the answer already paid for.

        The bound stands in the row until somebody knows what the call did cost. Raises
        AlreadyExists when the request_id was used for another body, Aborted while it is in
        flight, what Budgets.admit raises, Unavailable when the database cannot be written;
        after InDoubt it may have been, and `forget` must follow.
        """

        def work(connection: Connection) -> Begun | Settled:
            # Most ids are new: what there is of them is asked for only where one is not, or
            # where a budget has no room, which an answer that is paid already does not need.
            begun, refusal = self._try_to_begin(connection, caller, request, bound, call_id)
            if begun is not None:
                return begun
            row = self._earlier(connection, caller, request.request_id)
            if row is not None and row.state == State.INTENT and self._is_dead(connection, row):
                lose(connection, row)
                begun, refusal = self._try_to_begin(connection, caller, request, bound, call_id)
                if begun is not None:
                    return begun
            elif row is not None:
                return _replay(connection, row, request)
            raise refusal or AssertionError("a new call has the id of another")

        return await self._writer.run(work)

    async def retry(self, begun: Begun, ended: TryEnded, bound: Bound, so_far: CallCost) -> Begun:
        """Records how a try ended and that the next one begins.

        so_far: what all tries before come to. Raises what Budgets.admit raises: nothing is
        recorded then; Aborted where the call was counted as lost meanwhile.
        """

        def work(connection: Connection) -> Begun:
            more = so_far.counted
            if ended.state is State.LOST:  # what was reserved for it is taken up
                self._budgets.admit(connection, begun.payer, bound)
            ahead = reservation(bound)
            reserved = Counted(more.nano_usd + ahead.nano_usd, more.tokens + ahead.tokens)
            again = Begun(begun.call_id, begun.payer, begun.tries + 1, reserved, begun.warned)
            done = connection.execute(
                calls.update()
                .where(calls.c.call_id == begun.call_id, calls.c.state == State.INTENT)
                .values(
                    attempts=again.tries,
                    **cost_columns(so_far.cost),
                    **counted_columns(reserved),
                )
            )
            if not done.rowcount:
                raise Aborted(
                    "the call was counted as lost meanwhile; ask again", reason="CALL_LOST"
                )
            end_try(connection, begun, ended)
            begin_try(connection, again, bound)
            grown = Counted(
                reserved.nano_usd - begun.reserved.nano_usd, reserved.tokens - begun.reserved.tokens
            )
            reserve(connection, begun.payer, grown)
            return again

        return await self._writer.run(work)

    async def settle(
        self, begun: Begun, answer: ProviderAnswer, usage: Usage, own: Cost, whole: CallCost
    ) -> None:
        """Records the answer, its usage and its cost; own: of the last try alone.

        Raises Aborted where the call was counted as lost meanwhile and its request_id has
        another answer: what it did cost is on the books, and that answer is the one.
        """

        def work(connection: Connection) -> bool:
            ended = TryEnded(State.SETTLED, own)
            end_try(connection, begun, ended)
            values = answer_columns(answer, usage, keep=self._keep)
            return end_call(connection, begun, ended, values, whole)

        if not await self._writer.run(work):
            raise Aborted(
                "the call took so long that it was counted as lost, and its request_id was used"
                " again since; ask again for that answer",
                reason="CALL_LOST",
            )

    async def fail(
        self,
        begun: Begun,
        ended: TryEnded,
        state: State,
        whole: CallCost,
        partly: tuple[ProviderAnswer, Usage] | None = None,
    ) -> None:
        """Records a call that gave no answer: FAILED, or LOST when it may have cost money.

        partly: what came of a stream that broke off, and its usage.
        """
        values = answer_columns(*partly, keep=self._keep) if partly else {}

        def work(connection: Connection) -> None:
            take_back(connection, begun)
            end_try(connection, begun, ended)
            end_call(connection, begun, replace(ended, state=state), values, whole)

        await self._writer.run(work)

    async def forget(self, call_id: str) -> None:
        """Ends a call, if it was recorded, of which nothing went out."""

        def work(connection: Connection) -> None:
            row = connection.execute(sa.select(calls).where(calls.c.call_id == call_id)).first()
            if row is not None and row.state == State.INTENT:
                begun = Begun(call_id, payer_of(row), 1, counted_of(row))
                ended = TryEnded(State.FAILED, NOTHING, "NOT_SENT")
                end_try(connection, begun, ended)
                end_call(connection, begun, ended, {}, CallCost(NOTHING, Counted()))

        await self._writer.run(work)

    async def replayed(self, call_id: str) -> None:
        """Counts that an answer was given again."""
        await self._writer.run(lambda connection: _AGAIN.run(connection, {"this": call_id}))

    async def renew(self, seconds: float) -> int:
        """Says that this process lives for so long at least.

        Ends as LOST what processes without a lease left in flight; gives how many calls.
        """

        def work(connection: Connection) -> int:
            now = now_micros()
            connection.execute(
                owners.delete().where(sa.or_(lease_is_over(), owners.c.owner == self._owner))
            )
            connection.execute(
                owners.insert().values(owner=self._owner, lease_until=now + round(seconds * 1e6))
            )
            left = connection.execute(
                sa.select(calls).where(
                    calls.c.state == State.INTENT,
                    calls.c.owner.not_in(sa.select(owners.c.owner)),
                )
            ).all()
            for row in left:
                lose(connection, row)
            return len(left)

        return await self._writer.run(work)

    async def release(self) -> None:
        """Gives the lease up: whatever is still in flight is nobody's."""

        def work(connection: Connection) -> None:
            connection.execute(owners.delete().where(owners.c.owner == self._owner))

        await self._writer.run(work)

    def _try_to_begin(
        self, connection: Connection, caller: str, request: CallRequest, bound: Bound, call_id: str
    ) -> tuple[Begun | None, AttuneError | None]:
        """The call as it begins; else what refused it, or nothing where its id is taken."""
        begun_at = now_micros()
        payer = Payer(self._server.served_by, request.project_id, request.agent, day_of(begun_at))
        try:
            warned = self._budgets.admit(connection, payer, bound)
        except AttuneError as refusal:
            return None, refusal
        begun = Begun(call_id, payer, 1, reservation(bound), warned)
        recorded = _BEGIN.run(
            connection,
            {
                "call_id": call_id,
                "caller": caller,
                "owner": self._owner,
                "begun_at": begun_at,
                "ended_at": None,
                "day": payer.day,
                **intent_columns(self._server, request, keep=self._keep),
                **cost_columns(bound.lost),
                **counted_columns(begun.reserved),
            },
        )
        if not recorded:
            return None, None
        begin_try(connection, begun, bound)
        reserve(connection, payer, begun.reserved)
        return begun, None

    def _earlier(self, connection: Connection, caller: str, request_id: str) -> Any:
        if not request_id:
            return None
        named = {
            "who": caller,
            "id": request_id,
            "server": self._server.served_by.value,
            "where": self._server.endpoint,
        }
        rows = _EARLIER.rows(connection, named)
        return rows[0] if rows else None

    def _is_dead(self, connection: Connection, row: Any) -> bool:
        """Whether another process made a call and has no lease any more."""
        if row.owner == self._owner:
            return False
        alive = sa.select(owners.c.owner).where(
            owners.c.owner == row.owner, sa.not_(lease_is_over())
        )
        return connection.execute(alive).first() is None


def _replay(connection: Connection, row: Any, request: CallRequest) -> Settled:
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
    _AGAIN.run(connection, {"this": row.call_id})
    return settled_of(row)
