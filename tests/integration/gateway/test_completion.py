"""The way of a call: what is on the books whatever happens to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from gateway_house import ANSWER, ASKED, MOCK, REQUEST, House, crashed, open_house

from services.gateway.books.rows import State
from services.gateway.books.spend import SpendFilter, add_up
from services.gateway.books.tables import attempts
from services.gateway.calls import ProviderAnswer, ProviderFailure, ServedBy
from services.gateway.pricing.cost import NOTHING, Bound, Cost, CostStatus, Pricing
from services.gateway.pricing.prices import PriceBook
from services.gateway.pricing.prompt_bounds import PromptBounds
from shared.rpc.deadline import serving_within
from shared.rpc.errors import Aborted, AlreadyExists, DeadlineExceeded, Unavailable


async def test_an_answer_is_on_the_books_before_it_is_given(house: House) -> None:
    done = await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    assert (row.state, row.caller, row.request_id) == ("settled", "local", "id-1")
    assert (row.project_id, row.agent, row.purpose) == ("project", "analyst", "analyze_goal")
    assert (row.input_tokens, row.output_tokens, row.usage_source) == (100, 20, "provider")
    assert row.cost_nano_usd == done.cost.nano_usd > 0
    assert done.cost.status is CostStatus.EXACT
    assert row.begun_at <= row.ended_at
    (attempt,) = house.rows(attempts)
    assert (attempt.number, attempt.state) == (1, "settled")
    assert house.events[0].cost == done.cost


async def test_the_same_id_and_body_is_answered_again_at_no_cost(house: House) -> None:
    first = await house.completion.complete("local", REQUEST)
    again = await house.completion.complete("local", REQUEST)
    assert again == replace(first, replayed=True, answer=again.answer)
    assert again.answer.text == first.answer.text
    assert house.provider.calls == 1
    assert house.rows()[0].replays == 1
    assert [event.replayed for event in house.events] == [False, True]


async def test_the_same_id_is_answered_again_after_a_restart(house: House) -> None:
    first = await house.completion.complete("local", REQUEST)
    async with open_house(house.url) as restarted:
        again = await restarted.completion.complete("local", REQUEST)
        assert restarted.provider.calls == 0
    assert (again.replayed, again.answer.text) == (True, first.answer.text)


async def test_an_answer_of_the_mock_is_never_given_for_a_real_one(house: House) -> None:
    async with open_house(house.url, server=MOCK) as mocked:
        await mocked.completion.complete("local", REQUEST)
    assert not (await house.completion.complete("local", REQUEST)).replayed


async def test_the_same_id_with_another_body_is_an_error(house: House) -> None:
    await house.completion.complete("local", REQUEST)
    other = replace(REQUEST, body_hash="another")
    with pytest.raises(AlreadyExists) as raised:
        await house.completion.complete("local", other)
    assert raised.value.metadata["body_sha256"] != raised.value.metadata["earlier_body_sha256"]
    assert house.provider.calls == 1


async def test_an_id_is_its_callers_own(house: House) -> None:
    await house.completion.complete("one", REQUEST)
    await house.completion.complete("two", replace(REQUEST, provider=replace(ASKED, seed=1)))
    assert house.provider.calls == 2


async def test_what_a_dead_process_left_behind_is_lost_and_counted_at_its_bound(
    house: House,
) -> None:
    bound = Bound(Cost(700, CostStatus.AT_MOST), 700, 70)
    with crashed(house) as dead:
        await dead.begin("local", REQUEST, bound, "dead")
    journal = house.journal
    (row,) = house.rows()
    assert (row.state, row.cost_nano_usd) == ("intent", 700)
    assert await journal.renew(60) == 1
    (row,) = house.rows()
    assert (row.state, row.error_reason, row.cost_nano_usd) == ("lost", "LEASE_EXPIRED", 700)
    assert await journal.renew(60) == 0


async def test_nobody_ends_a_call_whose_process_lives(house: House) -> None:
    with crashed(house) as other:
        await other.renew(60)
        await other.begin("local", REQUEST, Bound(NOTHING, 0, 0), "other")
        assert await house.journal.renew(60) == 0
        with pytest.raises(Aborted):
            await house.completion.complete("local", REQUEST)
        assert house.rows()[0].state == "intent"
        await other.release()
    assert await house.journal.renew(60) == 1
    await house.completion.complete("local", REQUEST)
    assert [row.state for row in house.rows()] == ["lost", "settled"]


async def test_an_id_that_a_dead_process_left_in_flight_is_free_at_once(house: House) -> None:
    with crashed(house) as dead:
        await dead.renew(-1)
        await dead.begin("local", REQUEST, Bound(NOTHING, 0, 0), "dead")
    await house.completion.complete("local", REQUEST)
    assert [row.state for row in house.rows()] == ["lost", "settled"]


async def test_the_end_waits_for_outcomes_of_calls_that_were_cut_off(house: House) -> None:
    house.provider.hang = True
    callers = [
        asyncio.create_task(house.completion.complete("local", replace(REQUEST, request_id=f"{n}")))
        for n in range(5)
    ]
    await house.provider.asked.wait()
    for caller in callers:
        caller.cancel()
    await house.completion.drain()
    assert {row.state for row in house.rows()} <= {"lost", "failed"}
    await asyncio.gather(*callers, return_exceptions=True)


async def test_calls_without_an_id_are_never_replayed(house: House) -> None:
    for _ in range(2):
        await house.completion.complete("local", replace(REQUEST, request_id=""))
    assert house.provider.calls == 2


async def test_who_asks_for_what_is_in_flight_gets_the_same_answer_at_no_cost(
    house: House,
) -> None:
    house.provider.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        callers = [group.create_task(house.completion.complete("local", REQUEST)) for _ in range(5)]
        await house.provider.asked.wait()
        house.provider.gate.set()
    assert house.provider.calls == 1
    assert sorted(caller.result().replayed for caller in callers) == [False] + 4 * [True]
    assert len({caller.result().call_id for caller in callers}) == 1
    (row,) = house.rows()
    assert (row.state, row.replays) == ("settled", 4)


async def test_the_last_who_leaves_closes_upstream(house: House) -> None:
    house.provider.hang = True
    first, second = (
        asyncio.create_task(house.completion.complete("local", REQUEST)) for _ in range(2)
    )
    await house.provider.asked.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert not house.provider.closed.is_set()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    assert house.provider.closed.is_set()
    assert [row.state for row in house.rows()] == ["lost"]
    house.provider.hang = False
    await house.completion.complete("local", REQUEST)
    assert [row.state for row in house.rows()] == ["lost", "settled"]


async def test_who_joins_hears_why_the_call_failed(house: House) -> None:
    def fail() -> ProviderAnswer:
        raise ProviderFailure(Unavailable("down", reason="PROVIDER_UNAVAILABLE"), charged=None)

    house.provider.behave, house.provider.gate = fail, asyncio.Event()
    callers = [asyncio.create_task(house.completion.complete("local", REQUEST)) for _ in range(3)]
    await house.provider.asked.wait()
    house.provider.gate.set()
    told = await asyncio.gather(*callers, return_exceptions=True)
    assert [str(error) for error in told] == 3 * ["down"]
    assert house.provider.calls == 1


async def test_another_body_does_not_join_what_is_in_flight(house: House) -> None:
    house.provider.gate = asyncio.Event()
    first = asyncio.create_task(house.completion.complete("local", REQUEST))
    await house.provider.asked.wait()
    with pytest.raises(AlreadyExists):
        await house.completion.complete("local", replace(REQUEST, body_hash="another"))
    house.provider.gate.set()
    assert (await first).answer == ANSWER


@pytest.mark.parametrize(("charged", "state"), [(False, "failed"), (None, "lost")])
async def test_a_failed_try_is_on_the_books(house: House, charged: bool | None, state: str) -> None:
    def fail() -> ProviderAnswer:
        raise ProviderFailure(Unavailable("down", reason="PROVIDER_UNAVAILABLE"), charged=charged)

    house.provider.behave = fail
    with pytest.raises(Unavailable) as raised:
        await house.completion.complete("local", REQUEST)
    (row,) = house.rows()
    assert (row.state, row.error_reason) == (state, "PROVIDER_UNAVAILABLE")
    bound = Pricing(PriceBook(None), ServedBy.REAL).at_most(
        "gpt-6-luna", PromptBounds("openai").most_input_tokens(ASKED), 500
    )
    if state == "failed":
        assert (row.cost_status, row.cost_nano_usd) == ("none", 0)
    else:
        assert (row.cost_status, row.cost_nano_usd) == ("at_most", bound.nano_usd)
    assert house.events[0].cost.nano_usd == row.cost_nano_usd
    assert raised.value.metadata["call_id"] == row.call_id
    assert house.rows(attempts)[0].error_message == "down"
    assert house.events[0].state is State(state)


async def test_an_unforeseen_error_is_on_the_books(house: House) -> None:
    def fail() -> ProviderAnswer:
        raise RuntimeError("nobody thought of this")

    house.provider.behave = fail
    with pytest.raises(RuntimeError):
        await house.completion.complete("local", REQUEST)
    assert (house.rows()[0].state, house.rows()[0].error_reason) == ("lost", "UNFORESEEN")


async def test_a_caller_who_leaves_closes_upstream_and_is_on_the_books(house: House) -> None:
    house.provider.hang = True
    caller = asyncio.create_task(house.completion.complete("local", REQUEST))
    await house.provider.asked.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert house.provider.closed.is_set()
    assert (house.rows()[0].state, house.rows()[0].error_reason) == ("lost", "CANCELLED")


async def test_a_passed_deadline_closes_upstream_and_is_on_the_books(house: House) -> None:
    house.provider.hang = True
    # Which of the two comes first depends on the disk; callers hear DEADLINE_EXCEEDED of both.
    with pytest.raises((DeadlineExceeded, TimeoutError)):
        async with serving_within(0.3):
            await house.completion.complete("local", REQUEST)
    assert house.provider.closed.is_set()
    assert (house.rows()[0].state, house.rows()[0].error_reason) == ("lost", "DEADLINE_EXCEEDED")


async def test_usage_that_nobody_reported_is_estimated_and_says_so(house: House) -> None:
    house.provider.behave = lambda: replace(ANSWER, usage=None)
    done = await house.completion.complete("local", REQUEST)
    assert done.usage.source == "estimated"
    assert house.rows()[0].usage_source == "estimated"
    assert done.usage.output_tokens > 0


async def test_a_model_without_a_price_has_an_unknown_cost_and_not_none(house: House) -> None:
    house.provider.behave = lambda: replace(ANSWER, model="nobody-knows-me")
    unknown = replace(REQUEST, provider=replace(ASKED, model="nobody-knows-me"))
    done = await house.completion.complete("local", unknown)
    assert (done.cost.status, done.cost.nano_usd) == (CostStatus.UNPRICED, None)
    with house.engine.connect() as connection:
        _, total = add_up(connection, SpendFilter({}), [])
    assert total.by_status[CostStatus.UNPRICED].calls == 1
    assert total.by_status[CostStatus.UNPRICED].nano_usd is None


async def test_many_calls_at_once_are_all_on_the_books(house: House) -> None:
    wanted = [replace(REQUEST, request_id=f"id-{n}", project_id=f"p{n % 3}") for n in range(200)]
    async with asyncio.TaskGroup() as group:
        done = [group.create_task(house.completion.complete("local", each)) for each in wanted]
    with house.engine.connect() as connection:
        rows, total = add_up(connection, SpendFilter({}), ["project_id"])
        _, one = add_up(connection, SpendFilter({"project_id": "p1"}), [])
    assert total.calls == 200
    assert total.nano_usd == sum(task.result().cost.nano_usd for task in done)
    assert sum(row.nano_usd for row in rows) == total.nano_usd
    assert one.calls == 67


async def test_a_database_that_cannot_be_written_lets_no_call_out(house: House) -> None:
    with house.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO gone")
    with pytest.raises(Unavailable) as raised:
        await house.completion.complete("local", REQUEST)
    assert raised.value.reason == "JOURNAL_UNAVAILABLE"
    assert house.provider.calls == 0
