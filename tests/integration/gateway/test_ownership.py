"""A gateway shows that it lives for as long as it does, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from services.gateway.books import ownership
from services.gateway.books.budgets import Budgets
from services.gateway.books.database import open_database
from services.gateway.books.journal import Journal
from services.gateway.books.late_outcomes import LateOutcomes
from services.gateway.books.rows import Server
from services.gateway.books.tables import owners
from services.gateway.books.writer import Writer
from services.gateway.calls import ServedBy
from shared.rpc.errors import Unavailable
from shared.rpc.process import StartError


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[tuple[Journal, Engine]]:
    engine = open_database(database_url)
    writer = Writer(engine)
    yield Journal(writer, Server(ServedBy.MOCK, "mock", ""), Budgets()), engine
    writer.close()
    engine.dispose()


def leases(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(owners.c.lease_until)).scalars())


async def test_a_lease_is_renewed_until_the_end_and_then_given_up(
    books: tuple[Journal, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, engine = books
    async with ownership.owning(journal, LateOutcomes(), 0.004):
        (first,) = leases(engine)
        async with asyncio.timeout(10):
            while leases(engine) == [first]:
                await asyncio.to_thread(leases, engine)
        (later,) = leases(engine)
        assert later > first
    assert leases(engine) == []


async def test_a_failure_to_renew_ends_nothing_and_is_tried_again(
    books: tuple[Journal, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, _ = books
    tries = asyncio.Semaphore(0)
    async with asyncio.timeout(10), ownership.owning(journal, LateOutcomes(), 0.004):

        async def fail(seconds: float) -> int:
            tries.release()
            raise Unavailable("the disk is full", reason="JOURNAL_UNAVAILABLE")

        monkeypatch.setattr(journal, "renew", fail)
        for _ in range(3):
            await tries.acquire()


async def test_a_gateway_that_gets_no_lease_does_not_start(
    books: tuple[Journal, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, engine = books
    monkeypatch.setattr(ownership, "START_SECONDS", 0.01)
    monkeypatch.setattr(ownership, "AGAIN_SECONDS", 0.001)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text("DROP TABLE owners"))
    with pytest.raises(StartError, match="the journal cannot be written"):
        async with ownership.owning(journal, LateOutcomes(), 20):
            pass
