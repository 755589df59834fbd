"""Launches DBOS for this process, looks after interrupted projects, and stands them still."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import structlog
from dbos import DBOS, DBOSConfig

from services.director.projects.alive import Roll, listed
from services.director.projects.engine import VERSION, Engine, MakeRun
from services.director.projects.stored import JsonSerializer
from services.director.settings import RESUME_ALL, RESUME_NONE
from shared.rpc.process import StartError

NAME = "attune-director"
LOOK_SECONDS = 0.4
"""Between looks for projects to stop, and for directors that died."""
_log = structlog.get_logger()
_going: list[threading.Thread] = []


@asynccontextmanager
async def launched(url: str, make_run: MakeRun, resume: str) -> AsyncIterator[Engine]:
    """The engine, while the code inside runs; then its projects stand still.

    url: of the database. resume: which interrupted projects go on here: all, none or an id.
    Raises StartError.
    """
    director = f"director-{uuid.uuid4().hex[:12]}"
    async with listed(director, url) as roll:
        engine = await _launch(director, roll, url, make_run)
        looking = asyncio.create_task(_look_for_ever(engine, resume))
        try:
            yield engine
        finally:
            looking.cancel()
            await asyncio.wait([looking])
            await engine.leave()
            # DBOS made its own pool this loop's, and closes that; what still runs here needs one.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
            # It takes two seconds to join its threads: nobody who stops a process waits for that.
            end = partial(DBOS.destroy, destroy_registry=True)
            _going.append(threading.Thread(target=end, daemon=True))
            _going[-1].start()


async def _launch(director: str, roll: Roll, url: str, make_run: MakeRun) -> Engine:
    while _going:  # only where one process launches it twice
        await asyncio.to_thread(_going.pop().join)
    logger = logging.getLogger("dbos")
    if not logger.handlers:  # with one it adds none of its own, and its lines go where all go
        logger.addHandler(logging.NullHandler())
    logger.addFilter(_is_no_cancel)
    config = DBOSConfig(
        name=NAME,
        system_database_url=url,
        application_version=VERSION,
        executor_id=director,
        serializer=JsonSerializer(),
        log_level="WARNING",
    )
    try:
        if url.startswith("sqlite"):
            await asyncio.to_thread(_one_write_for_each_commit, url)
        DBOS(config=config)
        engine = Engine(director, roll, make_run)
        DBOS.launch()
    except Exception as error:
        raise StartError(f"cannot open the projects' database: {_line(error)}") from error
    return engine


def _is_no_cancel(record: logging.LogRecord) -> bool:
    """Steps are cancelled at the end of each run; that is no warning."""
    return not record.getMessage().startswith("Asyncio task cancelled")


def _one_write_for_each_commit(url: str) -> None:
    """A write-ahead log: readers do not wait, and a commit waits for the disk once."""
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


async def _look_for_ever(engine: Engine, resume: str) -> None:
    while True:
        try:
            await engine.stop_those_told()
            if resume != RESUME_NONE:
                for project_id, director in await engine.running_elsewhere():
                    if resume in (RESUME_ALL, project_id):
                        await engine.take_up_if_left(project_id, director)
        except Exception:  # noqa: BLE001 whatever it is, the next look may go better
            _log.exception("projects_not_looked_after")
        await asyncio.sleep(LOOK_SECONDS)
