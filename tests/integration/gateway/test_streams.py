"""Streamed calls: what came is on the books, whoever breaks them off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from gateway_house import ANSWER, REQUEST, House, open_house

from services.gateway.asking.pieces import MOST_WAITING
from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.rows import Settled
from services.gateway.calls import ProviderAnswer, ProviderFailure, Usage
from shared.rpc.deadline import serving_within
from shared.rpc.errors import Unavailable


async def collect(parts: AsyncIterator[str | Settled]) -> tuple[str, Settled]:
    """All the text, and the whole answer at the end."""
    *texts, last = [part async for part in parts]
    assert isinstance(last, Settled)
    assert all(isinstance(text, str) for text in texts)
    return "".join(map(str, texts)), last


def broken(charged: bool | None = None) -> ProviderFailure:
    error = Unavailable("broken off", reason="PROVIDER_UNAVAILABLE")
    return ProviderFailure(error, charged=charged, again=True)


async def test_text_comes_first_and_the_books_last(house: House) -> None:
    text, done = await collect(house.completion.stream("local", REQUEST))
    assert text == done.answer.text == "hello"
    (row,) = house.rows()
    assert (row.state, row.answer_text, row.cost_nano_usd) == (
        "settled",
        "hello",
        done.cost.nano_usd,
    )
    assert (row.input_tokens, row.output_tokens, row.usage_source) == (100, 20, "provider")


async def test_a_stream_without_usage_is_estimated(house: House) -> None:
    house.provider.behave = lambda: replace(ANSWER, usage=None)
    _, done = await collect(house.completion.stream("local", REQUEST))
    assert (done.usage.source, house.rows()[0].usage_source) == ("estimated", "estimated")
    assert done.usage.output_tokens > 0


async def test_a_paid_answer_is_streamed_again_at_no_cost(house: House) -> None:
    first = await house.completion.complete("local", REQUEST)
    text, again = await collect(house.completion.stream("local", REQUEST))
    assert (text, again.replayed, again.call_id) == (first.answer.text, True, first.call_id)
    assert house.provider.calls == 1


async def test_who_asks_for_what_is_being_streamed_gets_the_same_answer(house: House) -> None:
    house.provider.gate = asyncio.Event()
    streaming = asyncio.create_task(collect(house.completion.stream("local", REQUEST)))
    await house.provider.asked.wait()
    joining = asyncio.create_task(house.completion.complete("local", REQUEST))
    second = asyncio.create_task(collect(house.completion.stream("local", REQUEST)))
    await asyncio.sleep(0)
    house.provider.gate.set()
    (text, done), joined, (again, last) = await asyncio.gather(streaming, joining, second)
    assert text == again == joined.answer.text == "hello"
    assert (done.replayed, joined.replayed, last.replayed) == (False, True, True)
    assert house.provider.calls == 1


async def test_a_reader_who_leaves_takes_nothing_from_others(house: House) -> None:
    house.provider.gate = asyncio.Event()
    house.provider.pieces = ["x" * MOST_WAITING] * 3
    parts = house.completion.stream("local", REQUEST)
    await anext(parts)
    joining = asyncio.create_task(house.completion.complete("local", REQUEST))
    await asyncio.sleep(0)
    await parts.aclose()
    assert not house.provider.closed.is_set()
    house.provider.gate.set()
    joined = await joining
    assert len(joined.answer.text) == 3 * MOST_WAITING
    assert house.provider.calls == 1


async def test_a_slow_reader_slows_the_model(house: House) -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "word " * 100

    house.provider.pieces = endless()
    parts = house.completion.stream("local", REQUEST)
    await anext(parts)
    for _ in range(1_000):  # the model could have said a thousand times more by now
        await asyncio.sleep(0)
    assert house.provider.given * 500 <= 2 * MOST_WAITING + 1_000
    await parts.aclose()
    assert house.provider.closed.is_set()


async def test_a_stream_that_its_reader_cuts_is_counted_at_its_bound(house: House) -> None:
    house.provider.hang = True
    parts = house.completion.stream("local", REQUEST)
    assert await anext(parts)
    await parts.aclose()
    assert house.provider.closed.is_set()
    (row,) = house.rows()
    assert (row.state, row.error_reason, row.cost_status) == ("lost", "CANCELLED", "at_most")
    assert (row.usage_source, row.answer_text) == ("estimated", "hello")
    assert row.output_tokens > 0
    assert house.events[0].usage.output_tokens == row.output_tokens


async def test_a_stream_that_the_deadline_cuts_is_counted_at_its_bound(house: House) -> None:
    house.provider.hang = True
    with pytest.raises(TimeoutError):
        async with serving_within(1.0):
            await collect(house.completion.stream("local", REQUEST))
    assert house.provider.closed.is_set()
    assert (house.rows()[0].state, house.rows()[0].cost_status) == ("lost", "at_most")
    assert house.rows()[0].error_reason == "DEADLINE_EXCEEDED"


async def test_a_stream_that_the_provider_cuts_keeps_what_came(house: House) -> None:
    def fail() -> ProviderAnswer:
        raise broken()

    house.provider.behave = fail
    parts = house.completion.stream("local", REQUEST)
    assert await anext(parts)
    with pytest.raises(Unavailable, match="broken off"):
        await collect(parts)
    (row,) = house.rows()
    assert (row.state, row.answer_text, row.usage_source) == ("lost", "hello", "estimated")
    assert (row.cost_status, row.attempts) == ("at_most", 1)


async def test_usage_that_came_before_the_cut_is_the_providers(house: House) -> None:
    house.provider.hang = True
    house.provider.usage = Usage(90, 3)
    parts = house.completion.stream("local", REQUEST)
    assert await anext(parts)
    await parts.aclose()
    (row,) = house.rows()
    assert (row.usage_source, row.input_tokens, row.output_tokens) == ("provider", 90, 3)
    assert row.state == "lost"


async def test_before_the_first_word_a_stream_is_tried_again(database_url: str) -> None:
    async with open_house(database_url, retries=RetryPolicy(4, 0)) as house:
        house.provider.pieces = []
        failures = [broken(charged=False), broken()]

        def behave() -> ProviderAnswer:
            if failures:
                raise failures.pop()
            return ANSWER

        house.provider.behave = behave
        _, done = await collect(house.completion.stream("local", REQUEST))
        assert (done.attempts, house.provider.calls) == (3, 3)


async def test_after_the_first_word_a_stream_is_not_tried_again(database_url: str) -> None:
    async with open_house(database_url, retries=RetryPolicy(4, 0)) as house:

        def fail() -> ProviderAnswer:
            raise broken(charged=False)

        house.provider.behave = fail
        with pytest.raises(Unavailable):
            await collect(house.completion.stream("local", REQUEST))
        assert house.provider.calls == 1
