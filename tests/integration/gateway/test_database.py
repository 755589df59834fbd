"""The journal's database opens, migrates, and says in one line why it does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import PostgresServer

from services.gateway.books.database import HEAD, MIGRATIONS, open_database
from services.gateway.books.tables import calls, metadata
from services.gateway.books.writer import Writer
from shared.rpc.errors import Unavailable
from shared.rpc.process import StartError


def test_the_migrations_make_the_tables_that_the_code_knows(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = open_database(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_gateway_asks_for() -> None:
    newest = max(path.name for path in (MIGRATIONS / "versions").glob("0*.py"))
    assert newest.startswith(HEAD)


@pytest.mark.parametrize("place", ["/proc/nowhere/journal.db", "{tmp}/file/journal.db"])
def test_a_place_that_cannot_be_written_is_one_readable_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StartError) as raised:
        open_database(f"sqlite:///{place.format(tmp=tmp_path)}")
    assert "\n" not in str(raised.value)
    assert "cannot open the journal" in str(raised.value)


def test_a_file_that_is_no_database_is_one_readable_line(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("this is no database, it is a letter")
    with pytest.raises(StartError, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/journal.db")


def test_a_database_of_a_newer_version_stops_the_start(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(StartError, match="9999"):
        open_database(database_url)


def test_a_server_that_is_not_there_is_one_readable_line_without_the_password() -> None:
    with pytest.raises(StartError) as raised:
        open_database("postgresql://someone:secret@127.0.0.1:1/books")
    assert "cannot open the journal at 127.0.0.1:1/books" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_after_its_server_was_restarted_the_journal_goes_on(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.database("restarted")
    engine = open_database(url)
    writer = Writer(engine)
    await writer.run(lambda connection: connection.execute(sa.select(calls)).all())
    postgres.stop()
    with pytest.raises(Unavailable) as raised:
        await writer.run(lambda connection: connection.execute(sa.select(calls)).all())
    assert raised.value.reason == "JOURNAL_UNAVAILABLE"
    with ThreadPoolExecutor() as pool:
        opening = pool.submit(open_database, url, wait=60.0)
        postgres.start()
        opening.result().dispose()
    assert await writer.run(lambda connection: connection.execute(sa.select(calls)).all()) == []
    writer.close()
    engine.dispose()
