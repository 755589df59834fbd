"""The journal's databases: a new one for each test, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from gateway_house import House, open_house
from postgres import PostgresServer, postgres_server

from services.gateway.books.database import HEAD, open_database
from services.gateway.books.tables import metadata

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def journals() -> list[str]:
    """URLs of migrated PostgreSQL journals without a row; who takes one gives it back."""
    return []


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty journal on SQLite, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "journal.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture
def on_postgres(postgres: PostgresServer, journals: list[str]) -> Iterator[str]:
    """An empty journal on PostgreSQL."""
    if not journals:
        url = postgres.database(f"journal{next(_numbers)}")
        open_database(url).dispose()
        journals.append(url)
    url = journals.pop()
    yield url
    if _emptied(url):
        journals.append(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), tmp_path / "journal.db")
        return f"sqlite:///{tmp_path}/journal.db"
    url: str = request.getfixturevalue("on_postgres")
    return url


def _emptied(url: str) -> bool:
    """Whether a journal is as a new one again; making one takes ten times as long."""
    engine = sa.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            known = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            return bool(known.scalar_one() == HEAD)
    except sa.exc.SQLAlchemyError:
        return False
    finally:
        engine.dispose()


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as built:
        yield built
