"""Nobody spends past a limit by a nano-dollar, whoever asks at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from gateway_house import ANSWER, ASKED, MOCK, REQUEST, House, crashed, open_house

from services.gateway.books.budgets import Budget, Budgets, DefaultBudget, Limits, Standing
from services.gateway.books.reservations import Counted, Period, Scope, add_up_calls, stored_sums
from services.gateway.books.rows import day_of, now_micros
from services.gateway.calls import ProviderFailure, Usage
from services.gateway.pricing.cost import Bound
from services.gateway.pricing.prompt_bounds import PromptBounds
from shared.rpc.errors import (
    BudgetExhausted,
    FailedPrecondition,
    InvalidArgument,
    Unavailable,
)


def bound_of(house: House) -> Bound:
    return house.means.pricing.bound(
        "gpt-6-luna", PromptBounds("openai").most_input_tokens(ASKED), 500
    )


async def put(house: House, limits: Limits, *, scope: Scope = Scope.PROJECT, name: str = "project",
              period: Period = Period.TOTAL) -> None:  # fmt: skip
    budget = Budget(scope, name, period, limits)
    await house.writer.run(lambda connection: Budgets().set(connection, budget))


def standing(
    house: House, period: Period = Period.TOTAL, scope: Scope = Scope.PROJECT, name: str = "project"
) -> Standing:
    day, server = day_of(now_micros()), house.means.journal._server.served_by
    with house.engine.connect() as connection:
        budget = Budgets().get(connection, scope, name, period)
        assert budget is not None
        found = Budgets().standing(connection, server, budget, day)
        where = (server, scope, name, found.span)
        # The sums that are kept are always those of the calls themselves.
        kept = stored_sums(connection, *where)
        assert kept is None or kept == add_up_calls(connection, *where)
    return found


def numbered(count: int) -> list[object]:
    return [replace(REQUEST, request_id=f"id-{number}") for number in range(count)]


async def test_a_budget_of_so_many_calls_lets_through_exactly_so_many(house: House) -> None:
    await put(house, Limits(nano_usd=7 * bound_of(house).nano_usd))
    house.provider.gate = asyncio.Event()
    callers = [asyncio.create_task(house.completion.complete("local", each)) for each in numbered(40)]  # fmt: skip
    async with asyncio.timeout(30):
        done, going = set(), set(callers)
        while len(done) < 33:
            more, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
            done |= more
    assert all(isinstance(task.exception(), BudgetExhausted) for task in done)
    assert (house.provider.calls, len(going)) == (7, 7)
    assert standing(house).sums.reserved.nano_usd == 7 * bound_of(house).nano_usd
    house.provider.gate.set()
    paid = await asyncio.gather(*going)
    sums = standing(house).sums
    assert sums.reserved == Counted()
    assert sums.spent.nano_usd == sum(item.cost.nano_usd for item in paid)
    assert len(house.rows()) == 7


async def test_replicas_share_a_budget(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(open_house(database_url)) for _ in range(3)]
        await put(houses[0], Limits(nano_usd=5 * bound_of(houses[0]).nano_usd))
        gate = asyncio.Event()
        for house in houses:
            house.provider.gate = gate
        callers = [
            asyncio.create_task(house.completion.complete(f"caller-{index}", each))
            for index, house in enumerate(houses)
            for each in numbered(10)
        ]
        going = set(callers)
        async with asyncio.timeout(30):
            while len(going) > 5:
                _, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
        assert sum(house.provider.calls for house in houses) == 5
        gate.set()
        told = await asyncio.gather(*callers, return_exceptions=True)
        assert sum(isinstance(item, BudgetExhausted) for item in told) == 25


async def test_what_is_given_back_can_be_spent_again(house: House) -> None:
    await put(house, Limits(nano_usd=bound_of(house).nano_usd))

    def fail() -> object:
        raise ProviderFailure(Unavailable("down"), charged=False)

    house.provider.behave = fail
    for _ in range(3):
        with pytest.raises(Unavailable):
            await house.completion.complete("local", REQUEST)
    assert standing(house).sums.spent == Counted()
    house.provider.behave = lambda: ANSWER
    assert (await house.completion.complete("local", REQUEST)).cost.nano_usd


async def test_an_exhausted_budget_says_which_and_by_how_much(house: House) -> None:
    await put(house, Limits(nano_usd=100, tokens=10))
    await put(house, Limits(nano_usd=1), scope=Scope.AGENT, name="analyst", period=Period.DAY)
    with pytest.raises(BudgetExhausted) as raised:
        await house.completion.complete("local", REQUEST)
    told = [(item.field, item.description) for item in raised.value.violations]
    assert sorted({name for name, _ in told}) == ["agent:analyst", "project:project"]
    assert len(told) == 3
    assert any("limit 100, spent 0, reserved 0" in text for _, text in told)
    assert raised.value.metadata["budget"] in ("project:project", "agent:analyst")
    assert (house.provider.calls, house.rows()) == (0, [])


async def test_what_was_spent_before_a_budget_was_set_counts(house: House) -> None:
    done = await house.completion.complete("local", REQUEST)
    await put(house, Limits(nano_usd=bound_of(house).nano_usd))
    assert standing(house).sums.spent.nano_usd == done.cost.nano_usd
    with pytest.raises(BudgetExhausted):
        await house.completion.complete("local", replace(REQUEST, request_id="id-2"))


async def test_calls_in_flight_when_a_budget_is_set_are_reserved_in_it(house: House) -> None:
    house.provider.gate = asyncio.Event()
    caller = asyncio.create_task(house.completion.complete("local", REQUEST))
    await house.provider.asked.wait()
    await put(house, Limits(nano_usd=bound_of(house).nano_usd))
    with pytest.raises(BudgetExhausted, match=f"reserved {bound_of(house).nano_usd:,}"):
        await house.completion.complete("local", replace(REQUEST, request_id="id-2"))
    house.provider.gate.set()
    done = await caller
    assert standing(house).sums.spent.nano_usd == done.cost.nano_usd


async def test_a_lost_call_takes_up_its_reservation(house: House) -> None:
    await put(house, Limits(nano_usd=10 * bound_of(house).nano_usd))
    house.provider.hang = True
    caller = asyncio.create_task(house.completion.complete("local", REQUEST))
    await house.provider.asked.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    sums = standing(house).sums
    assert sums.spent.nano_usd == bound_of(house).nano_usd
    assert (sums.spent.tokens, sums.reserved) == (bound_of(house).tokens, Counted())


async def test_what_a_dead_process_had_reserved_is_spent_when_its_lease_runs_out(
    house: House,
) -> None:
    await put(house, Limits(nano_usd=10 * bound_of(house).nano_usd))
    with crashed(house) as dead:
        await dead.begin("local", REQUEST, bound_of(house), "dead")
    assert standing(house).sums.reserved.nano_usd == bound_of(house).nano_usd
    await house.journal.renew(60)
    assert standing(house).sums.spent.nano_usd == bound_of(house).nano_usd
    assert standing(house).sums.reserved == Counted()


async def test_what_a_provider_takes_beyond_the_bound_is_booked_and_told(house: House) -> None:
    house.provider.behave = lambda: replace(ANSWER, usage=Usage(10_000, 9_000))
    done = await house.completion.complete("local", REQUEST)
    over = done.cost.nano_usd - bound_of(house).nano_usd
    assert over > 0
    assert house.events[0].over_bound == over
    assert house.rows()[0].cost_nano_usd == done.cost.nano_usd


async def test_a_model_without_a_price_is_refused_under_a_budget_of_money(house: House) -> None:
    await put(house, Limits(nano_usd=10**12))
    unknown = replace(REQUEST, provider=replace(ASKED, model="nobody-knows-me"))
    with pytest.raises(FailedPrecondition) as raised:
        await house.completion.complete("local", unknown)
    assert raised.value.reason == "UNPRICED_UNDER_BUDGET"
    assert "nobody-knows-me" in raised.value.message
    assert house.provider.calls == 0


async def test_a_model_without_a_price_may_be_used_under_a_budget_of_tokens(house: House) -> None:
    tokens = bound_of(house).tokens
    await put(house, Limits(tokens=tokens))
    house.provider.behave = lambda: replace(ANSWER, model="nobody-knows-me")
    unknown = replace(REQUEST, provider=replace(ASKED, model="nobody-knows-me"))
    await house.completion.complete("local", unknown)
    sums = standing(house).sums
    assert (sums.spent.tokens, sums.spent.unpriced, sums.spent.nano_usd) == (120, 1, 0)
    with pytest.raises(BudgetExhausted, match="tokens"):
        await house.completion.complete("local", replace(unknown, request_id="id-2"))


async def test_a_call_without_a_limit_is_refused_under_a_budget(house: House) -> None:
    await put(house, Limits(nano_usd=10**12))
    unbounded = replace(REQUEST, provider=replace(ASKED, max_output_tokens=None))
    with pytest.raises(InvalidArgument) as raised:
        await house.completion.complete("local", unbounded)
    assert raised.value.violations[0].field == "max_output_tokens"
    assert house.provider.calls == 0


async def test_a_soft_limit_only_warns(house: House) -> None:
    await put(house, Limits(soft_nano_usd=0))
    first = await house.completion.complete("local", REQUEST)
    assert first.warnings == ()
    second = await house.completion.complete("local", replace(REQUEST, request_id="id-2"))
    assert len(second.warnings) == 1
    assert "soft limit" in second.warnings[0]
    assert [bool(event.warned) for event in house.events] == [False, True]


async def test_every_project_has_the_default_unless_it_has_its_own(database_url: str) -> None:
    async with open_house(database_url, default=DefaultBudget(Period.DAY, 0)) as house:
        with pytest.raises(BudgetExhausted):
            await house.completion.complete("local", REQUEST)
        await put(house, Limits(), period=Period.DAY)
        await house.completion.complete("local", REQUEST)
        with pytest.raises(BudgetExhausted):
            await house.completion.complete(
                "local", replace(REQUEST, project_id="other", request_id="id-2")
            )


async def test_each_day_has_its_own_sums(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(house, Limits(nano_usd=bound_of(house).nano_usd), period=Period.DAY)
    await house.completion.complete("local", REQUEST)
    second = replace(REQUEST, request_id="id-2")
    with pytest.raises(BudgetExhausted):
        await house.completion.complete("local", second)
    tomorrow = now_micros() + 86_400_000_000
    monkeypatch.setattr("services.gateway.books.journal.now_micros", lambda: tomorrow)
    await house.completion.complete("local", second)


async def test_mocked_calls_are_counted_apart_at_what_they_would_have_cost(
    database_url: str,
) -> None:
    async with open_house(database_url, server=MOCK) as mocked:
        done = await mocked.completion.complete("local", REQUEST)
        assert (done.cost.nano_usd, done.cost.shadow_nano_usd > 0) == (0, True)
        await put(mocked, Limits(nano_usd=bound_of(mocked).nano_usd))
        assert standing(mocked).sums.spent.nano_usd == done.cost.shadow_nano_usd
        with pytest.raises(BudgetExhausted):
            await mocked.completion.complete("local", replace(REQUEST, request_id="id-2"))
    async with open_house(database_url) as house:
        assert (await house.completion.complete("local", REQUEST)).cost.nano_usd
        assert standing(house).sums.spent.nano_usd == house.rows()[1].cost_nano_usd
