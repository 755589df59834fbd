"""A run stays inside its budget: what trials set aside and what they cost never come to more."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cli.preprod.purse import BudgetIsSpent, Purse


async def test_without_a_limit_nothing_is_set_aside() -> None:
    purse = Purse(None)
    assert await purse.take(5, 3) is None
    await purse.give_back(None, 4)
    assert purse.spent == 4


async def test_a_trial_gets_what_it_can_cost_at_most_or_what_is_left() -> None:
    purse = Purse(100)
    assert await purse.take(60, 10) == 60
    assert await purse.take(60, 10) == 40


async def test_who_needs_more_than_is_left_waits_for_what_others_give_back() -> None:
    purse = Purse(100)
    first = await purse.take(100, 10)
    waiting = asyncio.create_task(purse.take(100, 50))
    await asyncio.sleep(0)
    assert not waiting.done()
    await purse.give_back(first, 20)
    assert await waiting == 80


async def test_a_spent_budget_says_what_is_left() -> None:
    purse = Purse(100)
    await purse.give_back(await purse.take(100, 10), 95)
    with pytest.raises(BudgetIsSpent) as raised:
        await purse.take(50, 10)
    assert raised.value.left == 5


async def test_a_cost_that_nobody_knows_counts_as_all_that_was_set_aside() -> None:
    purse = Purse(100)
    await purse.give_back(await purse.take(70, 10), None)
    assert purse.spent == 70


trials = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30), st.floats(0, 1)), max_size=12)


@given(st.integers(1, 100), trials, st.integers(1, 4))
def test_no_order_of_trials_spends_more_than_the_budget(
    limit: int, wanted: list[tuple[int, int, float]], parallel: int
) -> None:
    async def run() -> None:
        purse, waiting = Purse(limit), iter(wanted)

        async def work() -> None:
            for at_most, probably, share in waiting:
                try:
                    taken = await purse.take(at_most, probably)
                except BudgetIsSpent:
                    return
                await asyncio.sleep(0)
                await purse.give_back(taken, round((taken or 0) * share))
                assert purse.spent <= limit

        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for _ in range(parallel):
                group.create_task(work())

    asyncio.run(run())
