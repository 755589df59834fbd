"""A call is tried again where that can help, and every try is on the books."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from gateway_house import ANSWER, REQUEST, House, crashed, open_house

from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.budgets import Budget, Budgets, Limits
from services.gateway.books.reservations import Period, Scope
from services.gateway.books.rows import State
from services.gateway.books.tables import attempts
from services.gateway.calls import ProviderAnswer, ProviderFailure
from services.gateway.pricing.cost import CostStatus
from shared.rpc.deadline import serving_within
from shared.rpc.errors import ResourceExhausted, Unavailable

AT_ONCE = RetryPolicy(most_tries=4, first_pause=0)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, retries=AT_ONCE) as built:
        yield built


def down(charged: bool | None = None, again: bool = True) -> ProviderFailure:
    error = Unavailable("down", reason="PROVIDER_UNAVAILABLE")
    return ProviderFailure(error, charged=charged, again=again)


def limited() -> ProviderFailure:
    error = ResourceExhausted("slow down", reason="PROVIDER_RATE_LIMITED", retry_after=0.0)
    return ProviderFailure(error, charged=False, again=True, retry_after=0.0)


def script(*plays: ProviderFailure | ProviderAnswer) -> Callable[[], ProviderAnswer]:
    """Plays one after the other, the last one for ever."""
    waiting = list(plays)

    def behave() -> ProviderAnswer:
        play = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(play, ProviderFailure):
            raise play
        return play

    return behave


async def test_a_try_that_cost_nothing_is_made_again_and_adds_nothing(house: House) -> None:
    house.provider.behave = script(limited(), limited(), ANSWER)
    done = await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    assert (done.attempts, row.attempts, row.state) == (3, 3, "settled")
    assert done.cost.status is CostStatus.EXACT
    tries = house.rows(attempts)
    assert [item.state for item in tries] == ["failed", "failed", "settled"]
    assert [item.cost_nano_usd for item in tries] == [0, 0, done.cost.nano_usd]
    assert [item.error_reason for item in tries] == 2 * ["PROVIDER_RATE_LIMITED"] + [""]
    assert house.events[0].tries == 3


async def test_a_try_that_may_have_been_charged_is_counted_at_its_bound(house: House) -> None:
    house.provider.behave = script(down(), ANSWER)
    done = await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    first, second = house.rows(attempts)
    assert (first.state, first.cost_status) == ("lost", "at_most")
    assert (second.state, second.cost_status) == ("settled", "exact")
    assert row.cost_nano_usd == first.cost_nano_usd + second.cost_nano_usd == done.cost.nano_usd
    assert (row.cost_status, done.cost.status) == ("at_most", CostStatus.AT_MOST)
    assert "tries" in done.cost.note
    assert (row.input_tokens, row.output_tokens) == (100, 20)


async def test_after_the_last_try_the_caller_hears_why(house: House) -> None:
    house.provider.behave = script(down())
    with pytest.raises(Unavailable, match="down"):
        await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    tries = house.rows(attempts)
    assert (row.state, row.attempts, len(tries)) == ("lost", 4, 4)
    assert row.cost_nano_usd == sum(item.cost_nano_usd for item in tries)


async def test_a_call_whose_tries_all_cost_nothing_has_failed(house: House) -> None:
    house.provider.behave = script(limited())
    with pytest.raises(ResourceExhausted):
        await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    assert (row.state, row.cost_status, row.cost_nano_usd) == ("failed", "none", 0)


async def test_a_lost_try_before_one_at_no_charge_stays_on_the_books(house: House) -> None:
    house.provider.behave = script(down(), limited())
    with pytest.raises(ResourceExhausted):
        await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    tries = house.rows(attempts)
    assert [item.state for item in tries] == ["lost", "failed", "failed", "failed"]
    assert (row.state, row.cost_nano_usd) == ("lost", tries[0].cost_nano_usd)


async def test_what_no_wait_heals_is_not_tried_again(house: House) -> None:
    house.provider.behave = script(down(again=False))
    with pytest.raises(Unavailable):
        await house.completion.complete("local", REQUEST)
    assert house.provider.calls == 1


async def test_a_wait_beyond_the_deadline_is_not_begun(house: House) -> None:
    error = ResourceExhausted("later", reason="PROVIDER_RATE_LIMITED", retry_after=60.0)
    later = ProviderFailure(error, charged=False, again=True, retry_after=60.0)
    house.provider.behave = script(later)
    async with serving_within(20):
        with pytest.raises(ResourceExhausted) as raised:
            await house.completion.complete("local", REQUEST)
    assert raised.value.retry_after == 60.0
    assert house.provider.calls == 1


@pytest.mark.parametrize(("failure", "state"), [(limited(), "failed"), (down(), "lost")])
async def test_who_leaves_between_two_tries_pays_for_those_that_were_made(
    failure: ProviderFailure, state: str, database_url: str
) -> None:
    failure.retry_after = 30.0
    async with open_house(database_url, retries=AT_ONCE) as house:
        house.provider.behave = script(failure)
        caller = asyncio.create_task(house.completion.complete("local", REQUEST))
        await house.provider.closed.wait()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        (row,) = house.rows()
        assert (row.state, row.attempts, house.provider.calls) == (state, 1, 1)


async def test_a_budget_without_room_for_another_try_ends_the_call_as_it_failed(
    house: House,
) -> None:
    most = house.means.pricing.bound("gpt-6-luna", 1_000, 500).nano_usd
    budget = Budget(Scope.PROJECT, "project", Period.TOTAL, Limits(nano_usd=most))
    await house.writer.run(lambda connection: Budgets().set(connection, budget))
    house.provider.behave = script(down())
    with pytest.raises(Unavailable, match="down"):
        await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    assert (row.state, row.cost_nano_usd <= most) == ("lost", True)
    assert row.attempts == len(house.rows(attempts)) == house.provider.calls < 4


async def test_a_call_that_was_taken_for_dead_is_settled_when_it_ends(house: House) -> None:
    house.provider.gate = asyncio.Event()
    caller = asyncio.create_task(house.completion.complete("local", REQUEST))
    await house.provider.asked.wait()
    with crashed(house) as other:
        assert await other.renew(60) == 1
        assert house.rows()[0].state == "lost"
    house.provider.gate.set()
    done = await caller
    (row,) = house.rows()
    assert (row.state, row.cost_nano_usd) == ("settled", done.cost.nano_usd)


async def test_of_two_answers_for_one_id_only_one_is_given(house: House) -> None:
    house.provider.gate = asyncio.Event()
    caller = asyncio.create_task(house.completion.complete("local", REQUEST))
    await house.provider.asked.wait()
    async with open_house(house.url) as other:
        await other.journal.renew(60)
        given = await other.completion.complete("local", REQUEST)
    house.provider.gate.set()
    (told,) = await asyncio.gather(caller, return_exceptions=True)
    assert getattr(told, "reason", "") == "CALL_LOST"
    first, second = house.rows()
    assert (first.state, second.state) == ("lost", "settled")
    assert (first.cost_status, first.input_tokens) == ("exact", 100)
    again = await house.completion.complete("local", REQUEST)
    assert (again.call_id, again.replayed) == (given.call_id, True)


async def test_an_outcome_that_the_journal_could_not_take_is_written_later(house: House) -> None:
    def gone() -> ProviderAnswer:
        with house.engine.execution_options(writes=True).begin() as connection:
            connection.exec_driver_sql("ALTER TABLE attempts RENAME TO away")
        return ANSWER

    house.provider.behave = gone
    with pytest.raises(Unavailable) as raised:
        await house.completion.complete("local", REQUEST)
    assert raised.value.reason == "JOURNAL_UNAVAILABLE"
    assert house.rows()[0].state == "intent"
    with house.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO attempts")
    await house.means.late.write()
    assert house.rows()[0].state == "settled"
    again = await house.completion.complete("local", REQUEST)
    assert (again.replayed, again.answer.text, house.provider.calls) == (True, ANSWER.text, 1)
    assert house.events[0].state is State.SETTLED
