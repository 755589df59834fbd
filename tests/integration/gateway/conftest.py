"""The journal's databases: a new one for each test, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from gateway_house import House, open_house
from postgres import PostgresServer, postgres_server

from services.gateway.database import open_database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def new_journal(postgres: PostgresServer) -> Callable[[], str]:
    """Gives the URL of a new PostgreSQL journal; they are all copies of one that is migrated."""
    open_database(postgres.database("migrated")).dispose()
    return lambda: postgres.database(f"journal{next(_numbers)}", like="migrated")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.db"
    made: str = request.getfixturevalue("new_journal")()
    return made


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as built:
        yield built
