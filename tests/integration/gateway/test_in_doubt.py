"""A server that goes away while it commits: whatever it kept, the books come out right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from gateway_house import ANSWER, REQUEST, House, open_house
from sqlalchemy.engine import Connection

from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.budgets import Budget, Budgets, Limits
from services.gateway.books.reservations import Counted, Period, Scope, Sums, stored_sums
from services.gateway.books.tables import attempts
from services.gateway.books.writer import InDoubt
from services.gateway.calls import ProviderAnswer, ProviderFailure
from shared.rpc.errors import Unavailable

both = pytest.mark.parametrize("kept", [True, False], ids=["kept", "undone"])


@pytest.fixture
async def house(on_postgres: str) -> AsyncIterator[House]:
    async with open_house(on_postgres, retries=RetryPolicy(most_tries=2, first_pause=0)) as built:
        await built.writer.run(lambda connection: Budgets().set(connection, BUDGET))
        yield built


BUDGET = Budget(Scope.PROJECT, REQUEST.project_id, Period.TOTAL, Limits(nano_usd=10**12))


@contextmanager
def the_next_commit_breaks(house: House, *, kept: bool) -> Iterator[None]:
    """Ends the writer's connection in its next commit: after the server wrote it, or before."""
    broken = False

    def end(connection: Connection) -> None:
        nonlocal broken
        if broken:
            return
        broken = True
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        if kept:
            driver.commit()
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    engine = house.engine
    sa.event.listen(engine, "commit", end)
    try:
        yield
    finally:
        sa.event.remove(engine, "commit", end)
    assert broken


def sums(house: House) -> Sums | None:
    with house.engine.connect() as connection:
        return stored_sums(connection, "real", Scope.PROJECT, REQUEST.project_id, "total")


@both
async def test_a_call_whose_intent_is_in_doubt_never_goes_out(house: House, kept: bool) -> None:
    with (
        the_next_commit_breaks(house, kept=kept),
        pytest.raises(InDoubt, match="cannot be written"),
    ):
        await house.completion.complete("local", REQUEST)
    assert house.provider.calls == 0
    await house.means.late.write()
    assert [row.state for row in house.rows()] == ["failed"] * kept
    assert [row.state for row in house.rows(attempts)] == ["failed"] * kept
    assert (found := sums(house)) is None or found == Sums(Counted(), Counted())
    done = await house.completion.complete("local", REQUEST)
    assert not done.replayed


@both
async def test_an_outcome_in_doubt_is_written_once(house: House, kept: bool) -> None:
    def behave() -> ProviderAnswer:
        stack.__enter__()
        return ANSWER

    await house.completion.complete("local", replace(REQUEST, request_id="before"))
    stack = the_next_commit_breaks(house, kept=kept)
    house.provider.behave = behave
    with pytest.raises(InDoubt):
        await house.completion.complete("local", REQUEST)
    stack.__exit__(None, None, None)
    await house.means.late.write()
    first, second = house.rows()
    assert (second.state, second.cost_nano_usd) == ("settled", first.cost_nano_usd)
    spent = Counted(2 * first.counted_nano_usd, 2 * first.counted_tokens)
    assert sums(house) == Sums(spent, Counted())
    assert (await house.completion.complete("local", REQUEST)).replayed
    assert house.provider.calls == 2


@both
async def test_a_further_try_in_doubt_is_not_made(house: House, kept: bool) -> None:
    def behave() -> ProviderAnswer:
        stack.__enter__()
        down = Unavailable("down", reason="PROVIDER_UNAVAILABLE")
        raise ProviderFailure(down, charged=None, again=True)

    stack = the_next_commit_breaks(house, kept=kept)
    house.provider.behave = behave
    with pytest.raises(Unavailable, match="down"):
        await house.completion.complete("local", REQUEST)
    stack.__exit__(None, None, None)
    (row,), tries = house.rows(), house.rows(attempts)
    assert house.provider.calls == 1
    assert (row.state, row.attempts, [item.state for item in tries]) == ("lost", 1, ["lost"])
    assert row.cost_nano_usd == tries[0].cost_nano_usd
    assert sums(house) == Sums(Counted(row.counted_nano_usd, row.counted_tokens), Counted())


async def test_a_server_that_was_gone_between_two_calls_costs_none(house: House) -> None:
    await house.completion.complete("local", REQUEST)
    with house.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    done = await house.completion.complete("local", replace(REQUEST, request_id="next"))
    assert not done.replayed
