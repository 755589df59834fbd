"""Whose projects these are: preprod and production never share theirs with another environment.

One row of a table of our own, beside DBOS's, in the same database.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from shared.rpc.process import StartError
from shared.rpc.settings import Environment, of_another

CONNECT_SECONDS = 5
_MAKE = (
    "CREATE TABLE IF NOT EXISTS attune_belongs_to"
    " (one INTEGER PRIMARY KEY, environment TEXT NOT NULL)"
)
_MARK = "INSERT INTO attune_belongs_to VALUES (1, {}) ON CONFLICT (one) DO NOTHING"
_READ = "SELECT environment FROM attune_belongs_to"


async def claim(url: str, environment: Environment) -> None:
    """Marks projects that nobody has yet, if the environment is a strict one.

    url: of the database. Raises StartError where they are another's, or cannot be read.
    """
    try:
        if url.startswith("postgresql:"):
            owner = await _in_server(url, environment)
        else:
            owner = await asyncio.to_thread(_in_file, url, environment)
    except (psycopg.Error, sqlite3.Error, OSError) as error:
        fault = " ".join(str(error).split())
        raise StartError(f"cannot tell whose the projects' database is: {fault}") from error
    if owner is not None and owner != environment:
        raise StartError(of_another("ATTUNE_PROJECTS_DATABASE_URL", owner, environment))


async def _in_server(url: str, environment: Environment) -> str | None:
    async with await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=CONNECT_SECONDS
    ) as connection:
        if environment.is_strict:
            # Two that make the same table at once fail in one of them: they take turns.
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(hashtext('attune'))")
                await connection.execute(_MAKE)
                await connection.execute(_MARK.format("%s"), (environment.value,))
        elif not await _first(connection, "SELECT to_regclass('attune_belongs_to')"):
            return None
        return await _first(connection, _READ)


async def _first(connection: psycopg.AsyncConnection[tuple[str]], question: str) -> str | None:
    row = await (await connection.execute(question)).fetchone()
    return row[0] if row else None


def _in_file(url: str, environment: Environment) -> str | None:
    path = Path(url.removeprefix("sqlite:///"))
    if not environment.is_strict and not path.exists():
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=CONNECT_SECONDS)) as connection, connection:
        if environment.is_strict:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_MAKE)
            connection.execute(_MARK.format("?"), (environment.value,))
        else:
            tables = "SELECT 1 FROM sqlite_master WHERE name = 'attune_belongs_to'"
            if connection.execute(tables).fetchone() is None:
                return None
        row = connection.execute(_READ).fetchone()
    return str(row[0]) if row else None
