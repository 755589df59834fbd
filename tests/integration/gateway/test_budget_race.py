"""Whatever order calls of two replicas begin and end in, sums are exact and limits hold."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
from gateway_house import ANSWER, REQUEST, House, crashed, open_house
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.gateway.books.budgets import Budget, Budgets, Limits
from services.gateway.books.outcomes import Begun, CallCost, TryEnded
from services.gateway.books.reservations import (
    Counted,
    Period,
    Scope,
    Sums,
    add_up_calls,
    stored_sums,
)
from services.gateway.books.rows import State, day_of, now_micros
from services.gateway.pricing.cost import NOTHING, Bound, Cost, CostStatus
from shared.rpc.errors import BudgetExhausted

_names = itertools.count(1)
Replicas = tuple[asyncio.Runner, House, House]


@pytest.fixture
def replicas(database_url: str) -> Iterator[Replicas]:
    """Two gateways on one database, for all examples of a test."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        one, two = (
            runner.run(stack.enter_async_context(open_house(database_url))) for _ in range(2)
        )
        yield runner, one, two
        runner.run(stack.aclose())


@dataclass(frozen=True)
class Play:
    """A call: which replica makes it, its bound, and how it ends for how much."""

    replica: int
    bound: int
    end: str
    cost: int


plays = st.builds(
    Play, st.integers(0, 1), st.integers(1, 40),
    st.sampled_from(["settle", "fail", "lose", "lost try, settle", "free try, settle", "die"]),
    st.integers(0, 40),
)  # fmt: skip


def spent(amount: int) -> CallCost:
    return CallCost(Cost(amount, CostStatus.EXACT), Counted(amount, amount))


async def play_one(house: House, play: Play, name: str) -> int:
    """Plays a call; gives what was admitted beyond what a bound says, which is nothing."""
    cost = min(play.cost, play.bound)
    bound = Bound(Cost(play.bound, CostStatus.AT_MOST), play.bound, play.bound)
    request = replace(REQUEST, request_id="", project_id=name)
    journal = house.journal
    try:
        begun = await journal.begin("local", request, bound, uuid.uuid4().hex)
    except BudgetExhausted:
        return 0
    assert isinstance(begun, Begun)
    await asyncio.sleep(0)
    lost = TryEnded(State.LOST, bound.lost, "DOWN")
    free = TryEnded(State.FAILED, NOTHING, "LIMITED")
    before = 0
    try:
        if play.end == "lost try, settle":
            begun = await journal.retry(begun, lost, bound, spent(play.bound))
            before = play.bound
        elif play.end == "free try, settle":
            begun = await journal.retry(begun, free, bound, spent(0))
    except BudgetExhausted:
        await journal.fail(begun, lost, State.LOST, spent(play.bound))
        return 1
    if play.end == "fail":
        await journal.fail(begun, free, State.FAILED, spent(0))
    elif play.end == "lose":
        await journal.fail(begun, lost, State.LOST, spent(play.bound))
    elif play.end != "die":
        own = Cost(cost, CostStatus.EXACT)
        await journal.settle(begun, ANSWER, ANSWER.usage, own, spent(before + cost))
    return 1


def sums(house: House, name: str, period: Period) -> Sums:
    day = day_of(now_micros())
    span = {Period.DAY: day, Period.MONTH: day[:7], Period.TOTAL: "total"}[period]
    with house.engine.connect() as connection:
        where = ("real", Scope.PROJECT, name, span)
        kept, counted = stored_sums(connection, *where), add_up_calls(connection, *where)
    assert kept is None or kept == counted
    return counted


@given(
    limit=st.integers(0, 200),
    batches=st.lists(st.lists(plays, min_size=1, max_size=8), max_size=4),
    late=st.booleans(),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sums_are_exact_and_no_limit_is_passed(
    replicas: Replicas, limit: int, batches: list[list[Play]], late: bool
) -> None:
    name = f"project-{next(_names)}"
    runner, one, two = replicas
    periods = list(Period)

    async def race() -> None:
        houses = (one, two)

        async def limits() -> None:
            for period in periods:
                budget = Budget(Scope.PROJECT, name, period, Limits(nano_usd=limit))
                await one.writer.run(lambda connection, it=budget: Budgets().set(connection, it))  # fmt: skip

        if not late:
            await limits()
        for number, batch in enumerate(batches):
            await asyncio.gather(*(play_one(houses[p.replica], p, name) for p in batch))
            for period in periods:
                now = sums(one, name, period)
                if not late:
                    assert now.spent.nano_usd + now.reserved.nano_usd <= limit
            if late and number == 0:
                await limits()
        with crashed(one) as third:  # nobody renewed a lease: who died is swept up
            await third.renew(60)
        assert sums(one, name, Period.TOTAL).reserved == Counted()

    runner.run(race())


@given(count=st.integers(0, 6), callers=st.integers(1, 20), bound=st.integers(1, 10**12))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_budget_of_so_many_calls_lets_through_exactly_so_many(
    replicas: Replicas, count: int, callers: int, bound: int
) -> None:
    name = f"project-{next(_names)}"
    runner, one, two = replicas

    async def race() -> int:
        limits = Limits(nano_usd=count * bound)
        budget = Budget(Scope.PROJECT, name, Period.TOTAL, limits)
        await one.writer.run(lambda connection: Budgets().set(connection, budget))
        begun = await asyncio.gather(
            *(
                house.journal.begin(
                    "local",
                    replace(REQUEST, request_id="", project_id=name),
                    Bound(Cost(bound, CostStatus.AT_MOST), bound, 1),
                    uuid.uuid4().hex,
                )
                for _, house in zip(range(callers), itertools.cycle((one, two)))
            ),
            return_exceptions=True,
        )
        return sum(isinstance(item, Begun) for item in begun)

    assert runner.run(race()) == min(count, callers)
