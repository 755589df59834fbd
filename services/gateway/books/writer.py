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
    pieces is run again in one of its own; after a server that went away, all of them on a
    new connection. Where no transaction can begin, none is; what a commit left in doubt is
    not run again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(writes=True)
        self._database_errors = (engine.dialect.loaded_dbapi.Error, sa.exc.DBAPIError)
        self._connection: Connection | None = None
        self._waiting: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._closing, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Gives what `work` gave, once it is durable. What `work` raises is raised here.

        Cancelling the caller does not undo the work. Raises Unavailable when the
        database cannot be written, InDoubt where it may have been.
        """
        piece = _Piece(work)
        with self._closing:
            if self._closed:
                raise Unavailable("the journal is closed", reason="JOURNAL_UNAVAILABLE")
            self._waiting.put(piece)
        done: T = await asyncio.shield(piece.future)
        return done

    def close(self) -> None:
        """Waits until everything that was asked for is written."""
        with self._closing:
            self._closed = True
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

    def _transact(self, batch: list[_Piece], *, again: bool = False) -> None:
        """again: all or one of a batch that was undone."""
        try:
            transaction = self._begin()
        except Exception as error:  # noqa: BLE001 the thread must outlive any of them
            self._fail(batch, error)  # no piece would fare better alone
            return
        try:
            outcomes = [_outcome(piece, transaction.connection) for piece in batch]
        except Exception as error:  # noqa: BLE001 as above
            gone = self._undo(transaction, error)
            self._run_again(batch, error, whole=gone and not again)
            return
        try:
            transaction.commit()
        except Exception as error:  # noqa: BLE001 as above
            if self._undo(transaction, error):
                self._fail(batch, error, InDoubt)
            else:
                self._run_again(batch, error, whole=False)
            return
        _deliver(outcomes)

    def _run_again(self, batch: list[_Piece], error: Exception, *, whole: bool) -> None:
        if whole:
            self._transact(batch, again=True)
        elif len(batch) > 1:
            for piece in batch:
                self._transact([piece], again=True)
        else:
            self._fail(batch, error)

    def _fail(
        self, batch: list[_Piece], error: Exception, kind: type[Unavailable] = Unavailable
    ) -> None:
        _deliver([(piece, None, self._told(error, kind)) for piece in batch])

    def _told(self, error: Exception, kind: type[Unavailable]) -> Exception:
        """What a caller hears; each its own, since callers add to it."""
        if isinstance(error, sa.exc.SQLAlchemyError) and not isinstance(error, sa.exc.DBAPIError):
            told = " ".join(str(error).split())[:200]
            return kind(f"the journal cannot be written: {told}", reason="JOURNAL_UNAVAILABLE")
        if not isinstance(error, self._database_errors):
            return error
        said = cause_of(error) if isinstance(error, sa.exc.DBAPIError) else of_driver(error)
        return kind(f"the journal cannot be written: {said}", reason="JOURNAL_UNAVAILABLE")

    def _begin(self) -> RootTransaction:
        """A transaction; on a new connection where the one there was has gone."""
        if self._connection is not None:
            try:
                return self._connection.begin()
            except sa.exc.DBAPIError as error:
                self._disconnect()
                if not error.connection_invalidated:
                    raise
        self._connection = self._engine.connect()
        try:
            return self._connection.begin()
        except Exception:
            self._disconnect()
            raise

    def _undo(self, transaction: RootTransaction, error: Exception) -> bool:
        """Rolls back; whether the database has gone away."""
        with suppress(*self._database_errors):
            transaction.rollback()
        if not isinstance(error, self._database_errors):
            return False
        gone = self._is_gone(error)
        self._disconnect()  # the next transaction begins on a connection that works
        return gone

    def _is_gone(self, error: Exception) -> bool:
        if isinstance(error, sa.exc.DBAPIError):
            return error.connection_invalidated
        if self._connection is None or self._connection.invalidated:
            return True
        driver = self._connection.connection.driver_connection
        return self._engine.dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _outcome(piece: _Piece, connection: Connection) -> _Outcome:
    try:
        return piece, piece.work(connection), None
    except AttuneError as error:
        return piece, None, error


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
