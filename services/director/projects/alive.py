"""Which directors live: each holds a lock for as long as its process is there.

The lock goes with the process, however it ends, so nobody has to guess by a clock: an advisory
lock of PostgreSQL's where directors share a server, a lock on a file where they share a file.
A director that stands still keeps its lock, and its projects wait for it.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import LiteralString, Protocol

import psycopg
import structlog

from shared.rpc.process import StartError

CONNECT_SECONDS = 5
AGAIN_SECONDS = 1.0
ANSWER_SECONDS = 5.0
Connection = psycopg.AsyncConnection[tuple[bool]]
_log = structlog.get_logger()


class Roll(Protocol):
    """Knows whether a director lives."""

    async def is_gone(self, director: str) -> bool:
        """Whether the process of this name has ended; False where that cannot be told."""


@asynccontextmanager
async def listed(director: str, url: str) -> AsyncIterator[Roll]:
    """Shows that this director lives while the code inside runs. url: of the projects."""
    if url.startswith("postgresql:"):
        async with _in_server(director, url) as in_server:
            yield in_server
        return
    folder = Path(url.removeprefix("sqlite:///")).with_suffix(".directors")
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / director, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield FilesRoll(folder)
    finally:
        with suppress(OSError):
            (folder / director).unlink()
        os.close(file)


class FilesRoll:
    """A file for each director, locked while it lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def is_gone(self, director: str) -> bool:
        """Whether its file is not there or not locked."""
        try:
            file = os.open(self._folder / Path(director).name, os.O_RDWR)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            with suppress(OSError):
                (self._folder / director).unlink()
            return True
        finally:
            os.close(file)


class ServerRoll:
    """An advisory lock for each director, held by a connection of its own."""

    def __init__(self, director: str, url: str) -> None:
        self._director = director
        self._url = url
        self._holding: Connection | None = None
        self._asking: Connection | None = None

    async def enter(self) -> None:
        """Takes this director's lock. Raises psycopg.Error where that cannot be done."""
        await self.leave()
        self._holding = await _connected(self._url)
        if not await _ask(self._holding, "SELECT pg_try_advisory_lock(%s)", self._director):
            # Of its own connection that broke: the server has not noticed yet.
            await self.leave()
            raise psycopg.OperationalError("an earlier connection still holds the lock")

    async def leave(self) -> None:
        """Gives the lock back."""
        for connection in (self._holding, self._asking):
            if connection is not None:
                await connection.close()
        self._holding = self._asking = None

    async def stay(self) -> None:
        """Looks after the lock, and takes it again when the server was away."""
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if self._holding is None or self._holding.closed:
                        await self.enter()
                    elif not await _ask(self._holding, "SELECT %s IS NOT NULL", self._director):
                        raise psycopg.OperationalError("the server gave no answer")
            except (psycopg.Error, OSError, TimeoutError) as error:
                _log.warning("not_on_the_roll", fault=" ".join(str(error).split()))
                await self._drop()

    async def is_gone(self, director: str) -> bool:
        """Whether its lock can be had; the try gives it back at once."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if self._asking is None or self._asking.closed:
                    self._asking = await _connected(self._url)
                if not await _ask(self._asking, "SELECT pg_try_advisory_lock(%s)", director):
                    return False
                await _ask(self._asking, "SELECT pg_advisory_unlock(%s)", director)
        except (psycopg.Error, OSError, TimeoutError):
            if self._asking is not None:
                await self._asking.close()
            return False
        return True

    async def _drop(self) -> None:
        if self._holding is not None:
            await self._holding.close()
        self._holding = None


async def _connected(url: str) -> Connection:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=CONNECT_SECONDS, keepalives_idle=CONNECT_SECONDS,
        keepalives_interval=2, keepalives_count=3,
    )  # fmt: skip


async def _ask(connection: Connection, question: LiteralString, director: str) -> bool:
    cursor = await connection.execute(question, (_number(director),))
    row = await cursor.fetchone()
    return row is not None and row[0]


def _number(director: str) -> int:
    """The lock of a director: 63 bits of its name's hash."""
    return int.from_bytes(hashlib.blake2b(director.encode(), digest_size=8).digest()) >> 1


@asynccontextmanager
async def _in_server(director: str, url: str) -> AsyncIterator[Roll]:
    roll = ServerRoll(director, url)
    try:
        await roll.enter()
    except (psycopg.Error, OSError) as error:
        fault = " ".join(str(error).split())
        raise StartError(f"cannot reach the projects' database: {fault}") from error
    staying = asyncio.create_task(roll.stay())
    try:
        yield roll
    finally:
        staying.cancel()
        await asyncio.wait([staying])
        await roll.leave()
