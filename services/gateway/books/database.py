"""The journal's database, SQLite or PostgreSQL: opened and migrated.

Only one transaction writes at a time, whoever begins it: SQLite has one writer, and on
PostgreSQL each takes the same advisory lock. So a budget is read and reserved as if nobody
else were there, on several replicas too.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import URL, Connection, Engine, make_url

from shared.rpc.process import StartError

BUSY_SECONDS = 10
"""How long a connection waits for a lock, or for a server to answer."""
WRITERS_LOCK = 0x617474756E65
"""The advisory lock of whoever writes: "attune" in ASCII."""
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0006"
"""The newest migration; a test holds it against the files."""
SQLITE = "sqlite"
START_SECONDS = 10.0
"""For which a gateway that starts waits for its database's server to be there, too."""
AGAIN_SECONDS = 0.5

_log = structlog.get_logger()


def open_database(url: str, *, wait: float = 0.0) -> Engine:
    """Opens and migrates the database. Raises StartError in one readable line.

    wait: seconds for which a server may be starting yet, or again.
    """
    parsed = make_url(url)
    in_file = parsed.get_backend_name() == SQLITE
    until = time.monotonic() + (0.0 if in_file else wait)
    while True:
        try:
            engine = _sqlite(parsed) if in_file else _postgresql(parsed)
            sa.event.listen(engine, "begin", _begin)
            with ExitStack() as unless_opened:
                unless_opened.callback(engine.dispose)
                with engine.execution_options(writes=True).begin() as connection:
                    _migrate(connection)
                unless_opened.pop_all()
        except (OSError, sa.exc.DBAPIError) as error:
            if time.monotonic() > until or not isinstance(error, sa.exc.OperationalError):
                where = parsed.database if in_file else _named(parsed)
                raise StartError(
                    f"cannot open the journal at {where}: {cause_of(error)}"
                ) from error
            _log.warning("database_not_there_yet", fault=cause_of(error))
            time.sleep(AGAIN_SECONDS)
        else:
            return engine


def cause_of(error: Exception) -> str:
    """What a database said, in one line; of another error its kind only."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, sa.exc.DBAPIError):
        return of_driver(error.orig or error)
    return type(error).__name__


def of_driver(error: BaseException) -> str:
    """What a driver said, in one line."""
    return " ".join(str(error).split())


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _configure)
    return engine


def _postgresql(url: URL) -> Engine:
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": BUSY_SECONDS,
            "application_name": "attune-gateway",
            # The second: a replica that stands still in a transaction must not keep the lock.
            "options": f"-c lock_timeout={BUSY_SECONDS}s"
            f" -c idle_in_transaction_session_timeout={BUSY_SECONDS}s"
            f" -c tcp_keepalives_idle={BUSY_SECONDS} -c tcp_keepalives_interval=2"
            " -c tcp_keepalives_count=3",
            "keepalives_idle": BUSY_SECONDS,  # a server that is gone is found out
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": BUSY_SECONDS * 1_000,
        },
        pool_pre_ping=True,  # a server that was restarted costs no call
    )


def _named(url: URL) -> str:
    """A server without its user and password."""
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy says when transactions begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once: taking it later can fail where waiting cannot help."""
    writes = connection.get_execution_options().get("writes")
    if connection.dialect.name == SQLITE:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif writes:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


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
