"""Rare orders of events in which books went wrong once: each outcome is on them, as it was."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from gateway_house import ANSWER, REQUEST, FakeProvider, House, open_house
from stub_openai import StubOpenAI, chunk, streamed

from services.gateway.asking.completion import Completion
from services.gateway.asking.paid_call import CallEnded
from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.late_outcomes import AT_ONCE, LateOutcomes
from services.gateway.books.outcomes import CallCost, TryEnded
from services.gateway.books.reservations import Counted
from services.gateway.books.rows import Settled, State
from services.gateway.budget_servicer import _after
from services.gateway.calls import ProviderAnswer, ProviderFailure
from services.gateway.pricing.cost import NOTHING
from services.gateway.provider.openai_provider import OpenAIProvider
from shared.rpc.checks import RequestChecks
from shared.rpc.deadline import serving_within
from shared.rpc.errors import InvalidArgument, Unavailable


class Broken:
    """An observer that cannot observe."""

    def call_ended(self, event: CallEnded) -> None:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("fails", [True, False])
async def test_an_observer_that_fails_keeps_nothing_from_the_books(
    house: House, fails: bool
) -> None:
    def fail() -> ProviderAnswer:
        raise ProviderFailure(Unavailable("down"), charged=False, again=False)

    provider = FakeProvider(behave=fail) if fails else FakeProvider()
    completion = Completion(provider, replace(house.means, observers=[Broken()]))
    if fails:
        with pytest.raises(Unavailable, match="down"):
            await completion.complete("local", REQUEST)
    else:
        await completion.complete("local", REQUEST)
    assert [row.state for row in house.rows()] == ["failed" if fails else "settled"]


async def test_an_unforeseen_error_of_the_journal_keeps_the_outcome_for_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(house.journal, "settle", fail)
    with pytest.raises(MemoryError):
        await house.completion.complete("local", REQUEST)
    assert house.means.late.waiting == 1


async def test_a_late_outcome_that_never_can_be_written_holds_up_no_other() -> None:
    late, written = LateOutcomes(), []

    async def never() -> None:
        raise KeyError("a bug")

    async def write(name: str) -> None:
        written.append(name)

    late.add("first", never)
    late.add("second", lambda: write("second"))
    await late.write()
    assert (written, late.waiting) == (["second"], 1)


async def test_late_outcomes_leave_room_for_the_lease() -> None:
    late, written = LateOutcomes(), []

    async def write(number: int) -> None:
        written.append(number)

    for number in range(AT_ONCE + 5):
        late.add(str(number), lambda number=number: write(number))  # type: ignore[misc]
    await late.write()
    assert (len(written), late.waiting) == (AT_ONCE, 5)


async def test_a_call_that_cost_nothing_stays_failed_though_its_id_has_another_answer(
    house: House,
) -> None:
    bound = house.means.pricing.bound("gpt-6-luna", 100, 500)
    begun = await house.journal.begin("local", REQUEST, bound, "first")
    assert not isinstance(begun, Settled)
    ended, nothing = TryEnded(State.FAILED, NOTHING, "NOT_FOUND"), CallCost(NOTHING, Counted())
    await house.journal.fail(begun, ended, State.FAILED, nothing)
    assert not (await house.completion.complete("local", REQUEST)).replayed
    await house.journal.fail(begun, ended, State.FAILED, nothing)  # it had been in doubt
    states = {row.call_id == "first": row.state for row in house.rows()}
    assert states == {True: "failed", False: "settled"}


@pytest.fixture
async def with_retries(database_url: str) -> AsyncIterator[House]:
    policy = RetryPolicy(most_tries=2, first_pause=0.5)
    async with open_house(database_url, retries=policy) as built:
        yield built


async def test_who_joins_a_call_has_it_tried_again_within_their_own_deadline(
    with_retries: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, tries = with_retries, []
    house.provider.gate = asyncio.Event()

    def behave() -> ProviderAnswer:
        tries.append(time.monotonic())
        if len(tries) == 1:
            down = Unavailable("down")
            raise ProviderFailure(down, charged=False, again=True, retry_after=0.2)
        return ANSWER

    house.provider.behave = behave

    async def ask(seconds: float) -> Settled:
        async with serving_within(seconds):
            return await house.completion.complete("local", REQUEST)

    first = asyncio.create_task(ask(0.15))
    await house.provider.asked.wait()
    second = asyncio.create_task(ask(30))
    await asyncio.wait([first], timeout=10)
    house.provider.gate.set()
    assert (await second).replayed
    assert len(tries) == 2


async def test_a_stream_that_breaks_off_before_its_usage_is_counted_at_its_bound(
    house: House,
) -> None:
    words = [chunk("Squat."), chunk(finish_reason="stop")]
    async with StubOpenAI(streamed(*words, done=False)) as stub:
        body = stub._script[0]
        cut = replace(body, headers={**body.headers, "Content-Length": str(len(body.body) + 99)})
        stub.then(cut)
        provider = OpenAIProvider("sk-none", stub.base_url)
        completion = Completion(provider, house.means)
        asking = asyncio.create_task(collect(completion, stub))
        done = await asyncio.wait_for(asking, 30)
        await provider.close()
    (row,) = house.rows()
    bound = house.means.pricing.bound(REQUEST.provider.model, 10_000, 500)
    assert done.answer.text == "Squat."
    assert (row.state, row.cost_status) == ("settled", "at_most")
    assert 0 < row.cost_nano_usd <= (bound.nano_usd or 0)
    assert row.cost_nano_usd == row.counted_nano_usd


async def collect(completion: Completion, stub: StubOpenAI) -> Settled:
    """The whole answer; the stub's connection ends as soon as the text is there."""
    last: Settled | None = None
    async for part in completion.stream("local", REQUEST):
        if isinstance(part, Settled):
            last = part
        else:
            for talk in stub._talks:
                talk.cancel()
    assert last is not None
    return last


async def test_a_writer_that_is_closed_takes_nothing_more(house: House) -> None:
    house.writer.close()
    with pytest.raises(Unavailable, match="closed"):
        await house.writer.run(lambda connection: None)


async def test_a_replica_that_stands_still_loses_the_lock(on_postgres: str) -> None:
    async with open_house(on_postgres) as house:
        with house.engine.connect() as connection:
            shown = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")
            assert shown.scalar_one() == "10s"


def test_a_page_token_that_nests_is_a_fault() -> None:
    for text in (b"[" * 2_000, b'["project", "\\u0000", "total"]'):
        checks = RequestChecks()
        _after(base64.urlsafe_b64encode(text).decode(), checks)
        with pytest.raises(InvalidArgument):
            checks.done()
