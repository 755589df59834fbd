"""The one thread of this process that writes the journal.

Whatever waits while a transaction is written shares the next one, and so its fsync.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, RootTransaction

from services.gateway.books.database import cause_of, of_driver
from shared.rpc.errors import AttuneError, Unavailable

T = TypeVar("T")
BATCH = 256


class InDoubt(Unavailable):
    """The connection broke during a commit: whether it is written, nobody knows yet."""


_Outcome = tuple["_Piece", Any, Exception | None]


class _Piece:
    """Work, and who waits for it."""

    __slots__ = ("future", "loop", "work")

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()


class Writer:
    """Runs pieces of work on one connection in one thread, many to a transaction.

    A piece may raise AttuneError before it has written anything, or where what it wrote
    shall stay. After any other error all of the transaction is undone, and each of its
    pieces is run again in one of its own; so it is, on a new connection, after a server
    that went away. Only what a commit left in doubt is not run again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(writes=True)
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._connection: Connection | None = None
        self._waiting: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Gives what `work` gave, once it is durable. What `work` raises is raised here.

        Cancelling the caller does not undo the work. Raises Unavailable when the
        database cannot be written, InDoubt where it may have been.
        """
        if not self._thread.is_alive():
            raise Unavailable("the journal is closed", reason="JOURNAL_UNAVAILABLE")
        piece = _Piece(work)
        self._waiting.put(piece)
        done: T = await asyncio.shield(piece.future)
        return done

    def close(self) -> None:
        """Waits until everything that was asked for is written."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            while len(batch) < BATCH and not self._waiting.empty():
                piece = self._waiting.get()
                if piece is None:
                    last = True
                    break
                batch.append(piece)
            self._transact(batch)
            if last:
                break
        self._disconnect()

    def _transact(self, batch: list[_Piece]) -> None:
        used = self._connection is not None
        try:
            outcomes = self._in_one_transaction(batch)
        except InDoubt as error:
            outcomes = [(piece, None, error) for piece in batch]
        except Exception as error:  # noqa: BLE001 the thread must outlive any of them
            if len(batch) > 1 or (used and self._connection is None):
                for piece in batch:
                    self._transact([piece])
                return
            outcomes = [(batch[0], None, self._told(error))]
        _deliver(outcomes)

    def _in_one_transaction(self, batch: list[_Piece]) -> list[_Outcome]:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            transaction = self._connection.begin()
            try:
                outcomes = [_outcome(piece, self._connection) for piece in batch]
            except BaseException:
                transaction.rollback()
                raise
            _commit(transaction)
        except (InDoubt, self._driver_error, sa.exc.DBAPIError):
            self._disconnect()  # the next transaction begins on a connection that works
            raise
        return outcomes

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _told(self, error: Exception) -> Exception:
        if isinstance(error, sa.exc.DBAPIError):
            said = cause_of(error)
        elif isinstance(error, self._driver_error):
            said = of_driver(error)
        else:
            return error
        return Unavailable(f"the journal cannot be written: {said}", reason="JOURNAL_UNAVAILABLE")


def _outcome(piece: _Piece, connection: Connection) -> _Outcome:
    try:
        return piece, piece.work(connection), None
    except AttuneError as error:
        return piece, None, error


def _commit(transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except sa.exc.DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise InDoubt(
            f"the journal's server went away while it wrote: {cause_of(error)}",
            reason="JOURNAL_UNAVAILABLE",
        ) from error


def _deliver(outcomes: list[_Outcome]) -> None:
    """Wakes whoever waits: each event loop once, since waking it costs more than a row."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, of_loop in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, of_loop)


def _settle(outcomes: list[_Outcome]) -> None:
    for piece, value, error in outcomes:
        if piece.future.done():
            continue
        if error is not None:
            piece.future.set_exception(error)
        else:
            piece.future.set_result(value)
