"""Reads the journal beside its writer, in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from services.gateway.books.database import cause_of
from services.gateway.unbroken import to_the_end
from shared.rpc.errors import Unavailable

T = TypeVar("T")


async def read(engine: Engine, work: Callable[[Connection], T]) -> T:
    """What `work` finds on a connection; also where the caller leaves, it is given back.

    Raises Unavailable when the database cannot be read.
    """

    def run() -> T:
        with engine.connect() as connection:
            return work(connection)

    try:
        return await to_the_end(asyncio.to_thread(run))
    except sa.exc.SQLAlchemyError as error:
        raise Unavailable(
            f"the journal cannot be read: {cause_of(error)}", reason="JOURNAL_UNAVAILABLE"
        ) from error
