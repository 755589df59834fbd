"""The one thread of this process that writes the journal.

Whatever waits while a transaction is written shares the next one, and so its fsync.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from services.gateway.database import cause_of
from shared.rpc.errors import Unavailable

T = TypeVar("T")
BATCH = 256


class Writer:
    """Runs pieces of work on one connection in one thread, many to a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(writes=True)
        self._waiting: queue.SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None]
        self._waiting = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Gives what `work` gave, once it is durable. What `work` raises is raised here.

        Cancelling the caller does not undo the work. Raises Unavailable when the
        database cannot be written.
        """
        if not self._thread.is_alive():
            raise Unavailable("the journal is closed", reason="JOURNAL_UNAVAILABLE")
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """Waits until everything that was asked for is written."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            while len(batch) < BATCH and not self._waiting.empty():
                entry = self._waiting.get()
                if entry is None:
                    last = True
                    break
                batch.append(entry)
            self._transact(batch)
            if last:
                return

    def _transact(self, batch: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        outcomes: list[tuple[Future[Any], Any, Exception | None]] = []
        try:
            with self._engine.begin() as connection:
                for work, future in batch:
                    try:
                        with connection.begin_nested():
                            outcomes.append((future, work(connection), None))
                    except (sa.exc.IntegrityError, sa.exc.DataError) as error:
                        outcomes.append((future, None, error))
                    except sa.exc.DBAPIError:
                        raise  # the database itself is in trouble: nobody's work is durable
                    except Exception as error:  # noqa: BLE001 it goes to who asked for the work
                        outcomes.append((future, None, error))
        except Exception as error:  # noqa: BLE001 the thread must outlive any of them
            refusal = Unavailable(
                f"the journal cannot be written: {cause_of(error)}", reason="JOURNAL_UNAVAILABLE"
            )
            outcomes = [(future, None, refusal) for _, future in batch]
        for future, value, raised in outcomes:
            if not future.set_running_or_notify_cancel():
                continue
            if raised is not None:
                future.set_exception(raised)
            else:
                future.set_result(value)
