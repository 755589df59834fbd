"""Calls to the model side by side: who asks for the same waits for the same answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator
from contextlib import aclosing
from dataclasses import replace

from services.gateway.asking.flights import Flight, Flights
from services.gateway.asking.paid_call import Means, PaidCall
from services.gateway.asking.pieces import Pieces
from services.gateway.books.rows import Settled
from services.gateway.calls import Provider, ProviderAnswer, Received
from services.gateway.requests import CallRequest

DRAIN_SECONDS = 10.0
"""For outcomes to be recorded at the end; a commit takes milliseconds."""
MOST_PIECE = 100_000
"""Characters of an answer given again in one message."""


class Completion:
    """Makes calls. One object per process; calls run side by side."""

    def __init__(self, provider: Provider, means: Means) -> None:
        self._provider = provider
        self._means = means
        self._flights: Flights[Settled] = Flights()

    async def complete(self, caller: str, request: CallRequest) -> Settled:
        """One call, inside the deadline of the call being served.

        Whoever asks for the same while it is under way waits for the same answer, and gets
        it as a replay. Raises AttuneError as the proto says; lets CancelledError through.
        """
        joined = await self._joined(caller, request)
        if joined is not None:
            return joined
        key = self._key(caller, request)
        own = self._flights.start(
            key, request.body_hash, lambda flight: self._complete(caller, request, flight)
        )
        return await self._flights.wait(key, own)

    async def stream(
        self, caller: str, request: CallRequest
    ) -> AsyncGenerator[str | Settled, None]:
        """The same, with the text as it comes and the whole last.

        An answer that is there already, or that another call brings, comes at once. Whoever
        takes it slowly slows the model down.
        """
        joined = await self._joined(caller, request)
        if joined is not None:
            for part in _at_once(joined):
                yield part
            return
        key, pieces = self._key(caller, request), Pieces()
        own = self._flights.start(
            key, request.body_hash, lambda flight: self._stream(caller, request, flight, pieces)
        )
        async with self._flights.aboard(key, own):
            try:
                async for text in pieces:
                    yield text
                settled = await asyncio.shield(own.task)
            finally:
                await pieces.leave()
        for part in _at_once(settled) if settled.replayed else [settled]:
            yield part

    async def drain(self) -> None:
        """Waits until no call is running; outcomes are on the books then."""
        await self._flights.drain(DRAIN_SECONDS)

    def _key(self, caller: str, request: CallRequest) -> Hashable:
        """Under what others find a call; one of its own where it has no id, or another's."""
        named = (caller, request.request_id)
        taken = not request.request_id or self._flights.under_way(named) is not None
        return object() if taken else named

    async def _joined(self, caller: str, request: CallRequest) -> Settled | None:
        """The answer of the same call under way, given again; None where there is none."""
        began, named = time.perf_counter(), (caller, request.request_id)
        flight = self._flights.under_way(named) if request.request_id else None
        if flight is None or flight.body != request.body_hash:
            return None
        known = await self._flights.wait(named, flight)
        await self._means.journal.replayed(known.call_id)
        again = replace(known, replayed=True, warnings=())
        self._means.tell_replay(caller, request, again, time.perf_counter() - began)
        return again

    async def _complete(
        self, caller: str, request: CallRequest, flight: Flight[Settled]
    ) -> Settled:
        call = self._call(
            caller, request, flight, lambda: self._provider.complete(request.provider)
        )
        return await call.run(lambda: flight.ended_because)

    async def _stream(
        self, caller: str, request: CallRequest, flight: Flight[Settled], pieces: Pieces
    ) -> Settled:
        async def ask() -> ProviderAnswer:
            received = call.received = Received(request.provider.model)
            async with aclosing(self._provider.stream(request.provider, received)) as texts:
                async for text in texts:
                    await pieces.put(text)
            return received.answer()

        call = self._call(caller, request, flight, ask)
        try:
            return await call.run(lambda: flight.ended_because)
        finally:
            await pieces.end()

    def _call(
        self,
        caller: str,
        request: CallRequest,
        flight: Flight[Settled],
        ask: Callable[[], Awaitable[ProviderAnswer]],
    ) -> PaidCall:
        def hear(call_id: str) -> None:
            flight.call_id = call_id

        return PaidCall(self._means, caller, request, ask, hear, flight.left)


def _at_once(settled: Settled) -> Iterator[str | Settled]:
    """An answer that is there, as a stream."""
    for start in range(0, len(settled.answer.text), MOST_PIECE):
        yield settled.answer.text[start : start + MOST_PIECE]
    yield settled
