"""Storage that fails: a clear error, no call unrecorded, and what is recorded stays."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from gateway_house import ANSWER, REQUEST, House, crashed, open_house

from services.gateway.books.database import open_database
from services.gateway.books.reader import read
from services.gateway.books.tables import attempts
from services.gateway.calls import Message, ProviderAnswer, Role
from services.gateway.pricing.cost import NOTHING, Bound
from services.gateway.requests import CallRequest
from shared.rpc.errors import Unavailable
from shared.rpc.process import StartError

DAY = 86_400 * 10**9
"""In nanoseconds."""


@pytest.fixture
async def on_sqlite(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(f"sqlite:///{tmp_path}/journal.db") as built:
        yield built


def large(request_id: str) -> CallRequest:
    """A call whose row takes many pages."""
    asked = replace(REQUEST.provider, messages=(Message(Role.USER, "word " * 20_000),))
    return replace(REQUEST, request_id=request_id, provider=asked)


@contextmanager
def every_connection(house: House, pragma: str) -> Iterator[None]:
    """Connections made inside begin with a pragma."""

    def set_it(connection: Any, _record: object) -> None:
        connection.execute(pragma).close()

    sa.event.listen(house.engine, "connect", set_it)
    renew(house)
    try:
        yield
    finally:
        sa.event.remove(house.engine, "connect", set_it)
        renew(house)


def renew(house: House) -> None:
    house.writer._disconnect()
    house.engine.dispose()


def pages(house: House) -> int:
    with house.engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


async def test_on_a_full_disk_no_call_goes_out_and_nothing_is_lost(on_sqlite: House) -> None:
    house = on_sqlite
    await house.completion.complete("local", REQUEST)
    with (
        every_connection(house, f"PRAGMA max_page_count={pages(house)}"),
        pytest.raises(Unavailable, match="full") as raised,
    ):
        await house.completion.complete("local", large("too-much"))
    assert raised.value.reason == "JOURNAL_UNAVAILABLE"
    assert house.provider.calls == 1
    assert (await house.completion.complete("local", REQUEST)).replayed
    assert not (await house.completion.complete("local", large("too-much"))).replayed


async def test_an_answer_that_does_not_fit_waits_and_is_written_later(on_sqlite: House) -> None:
    house = on_sqlite
    await house.completion.complete("local", replace(REQUEST, request_id="before"))
    full = every_connection(house, f"PRAGMA max_page_count={pages(house) + 3}")

    def behave() -> ProviderAnswer:
        full.__enter__()
        return replace(ANSWER, text="word " * 20_000)

    house.provider.behave = behave
    with pytest.raises(Unavailable, match="full"):
        await house.completion.complete("local", REQUEST)
    assert house.rows()[1].state == "intent"
    full.__exit__(None, None, None)
    await house.means.late.write()
    assert house.rows()[1].state == "settled"
    assert (await house.completion.complete("local", REQUEST)).replayed
    assert house.provider.calls == 2


async def test_a_database_that_became_read_only_takes_no_call(on_sqlite: House) -> None:
    house = on_sqlite
    await house.completion.complete("local", REQUEST)
    with (
        every_connection(house, "PRAGMA query_only=ON"),
        pytest.raises(Unavailable, match="readonly") as raised,
    ):
        await house.completion.complete("local", replace(REQUEST, request_id="next"))
    assert raised.value.reason == "JOURNAL_UNAVAILABLE"
    assert house.provider.calls == 1
    assert [row.state for row in house.rows()] == ["settled"]


async def test_calls_at_a_locked_database_wait_together(on_sqlite: House, tmp_path: Path) -> None:
    house, begun = on_sqlite, []
    other = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sa.event.listen(house.engine, "begin", begun.append)
    with every_connection(house, "PRAGMA busy_timeout=50"):
        results = await asyncio.gather(
            *(
                house.completion.complete("local", replace(REQUEST, request_id=f"id-{number}"))
                for number in range(20)
            ),
            return_exceptions=True,
        )
    assert {type(result) for result in results} == {Unavailable}
    assert len(set(map(id, results))) == 20
    assert len(begun) < 5
    other.close()
    assert house.provider.calls == 0
    assert not (await house.completion.complete("local", REQUEST)).replayed


async def test_a_file_whose_pages_are_torn_takes_no_call(on_sqlite: House, tmp_path: Path) -> None:
    house = on_sqlite
    await house.completion.complete("local", REQUEST)
    with house.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    renew(house)
    with (tmp_path / "journal.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (pages(house) - 1) * 4096)
    with pytest.raises(Unavailable, match="malformed"):
        await house.completion.complete("local", replace(REQUEST, request_id="next"))
    assert house.provider.calls == 1


def test_a_file_that_is_no_database_stops_the_start_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "journal.db"
    file.write_bytes(b"These are not the books that you are looking for." * 100)
    before = file.read_bytes()
    with pytest.raises(StartError, match=r"journal\.db: file is not a database"):
        open_database(f"sqlite:///{file}")
    assert file.read_bytes() == before


async def test_books_that_cannot_be_read_say_so(house: House) -> None:
    with house.engine.execution_options(writes=True).begin() as connection:
        connection.execute(sa.text("DROP TABLE attempts"))
    with pytest.raises(Unavailable, match="the journal cannot be read") as raised:
        await read(house.engine, lambda connection: connection.execute(sa.select(attempts)).all())
    assert raised.value.reason == "JOURNAL_UNAVAILABLE"


async def test_a_clock_that_is_set_back_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns
    with crashed(house) as dead:
        await dead.renew(20)
        await dead.begin("local", replace(REQUEST, request_id="left"), Bound(NOTHING, 0, 0), "left")
    first = await house.completion.complete("local", REQUEST)
    monkeypatch.setattr(time, "time_ns", lambda: now() - 400 * DAY)
    assert (await house.completion.complete("local", REQUEST)).call_id == first.call_id
    later = await house.completion.complete("local", replace(REQUEST, request_id="later"))
    # The dead one's lease ends in a future that no lease reaches: its call is given up.
    left = await house.completion.complete("local", replace(REQUEST, request_id="left"))
    states = {row.call_id: row.state for row in house.rows()}
    assert states.pop(first.call_id) == states.pop(later.call_id) == "settled"
    assert states == {"left": "lost", left.call_id: "settled"}
