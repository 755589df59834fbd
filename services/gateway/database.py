"""The journal's database: opened, migrated, written by one thread.

Whatever waits while a transaction is written shares the next one, and so its fsync.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url

from shared.rpc.errors import Unavailable
from shared.rpc.process import StartError

T = TypeVar("T")
BATCH = 256
BUSY_SECONDS = 10.0
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0001"
"""The newest migration; a test holds it against the files."""


def open_database(url: str) -> Engine:
    """Opens and migrates the database. Raises StartError in one readable line."""
    path = make_url(url).database
    try:
        if path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        sa.event.listen(engine, "connect", _configure)
        sa.event.listen(engine, "begin", _begin)
        with engine.execution_options(writes=True).begin() as connection:
            _migrate(connection)
    except (OSError, sa.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error.strerror
        raise StartError(f"cannot open the journal at {path}: {cause}") from error
    return engine


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy says when transactions begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: taking it later can fail where waiting cannot help.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: Connection) -> None:
    known = sa.inspect(connection).has_table("alembic_version")
    now = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none() if known else None  # fmt: skip
    if now == HEAD:
        return
    # Imported here: it takes 0.2 s, and most starts have nothing to migrate.
    from alembic import command, util  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except util.CommandError as error:
        raise StartError(
            f"the journal is at version {now}, which this gateway does not know"
            f" (its newest is {HEAD}): run the version that wrote it"
        ) from error


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
                    except sa.exc.OperationalError:
                        raise  # the database itself is in trouble: nobody's work is durable
                    except Exception as error:  # noqa: BLE001 it goes to who asked for the work
                        outcomes.append((future, None, error))
        except Exception as error:  # noqa: BLE001 the thread must outlive any of them
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else type(error).__name__
            refusal = Unavailable(
                f"the journal cannot be written: {cause}", reason="JOURNAL_UNAVAILABLE"
            )
            outcomes = [(future, None, refusal) for _, future in batch]
        for future, value, raised in outcomes:
            if not future.set_running_or_notify_cancel():
                continue
            if raised is not None:
                future.set_exception(raised)
            else:
                future.set_result(value)
