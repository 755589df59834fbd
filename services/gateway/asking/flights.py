"""Lets several callers wait for one piece of work, which lives until the last has gone.

The work runs in a task of its own. Whoever waits has a deadline of their own; who leaves
takes nothing away from the others, and the last who leaves ends the work and waits until it
has cleaned up behind it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.rpc.deadline import margin, remaining
from shared.rpc.errors import DeadlineExceeded

T = TypeVar("T")
CANCELLED = "CANCELLED"


@dataclass(slots=True)
class Flight(Generic[T]):
    """Work under way, for whoever waits for it.

    body: what was asked for. ended_because: why it was ended before its time, as a reason of
    an error. call_id: of the journal, as soon as it has one. until: the latest deadline of
    those who wait, by the monotonic clock.
    """

    body: str
    waiting: int = 0
    ended_because: str = CANCELLED
    call_id: str = ""
    until: float = 0.0
    task: asyncio.Task[T] = field(init=False)

    def board(self, left: float) -> None:
        """Counts somebody in who waits for so many seconds at most."""
        self.waiting += 1
        self.until = max(self.until, time.monotonic() + left)

    def left(self) -> float:
        """Seconds until the last of those who came to wait has no time any more."""
        return self.until - time.monotonic()


class Flights(Generic[T]):
    """The work under way of one process, by a key. For one event loop."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight[T]] = {}
        self._tasks: set[asyncio.Task[T]] = set()

    def under_way(self, key: Hashable) -> Flight[T] | None:
        """The flight of a key; None where there is none."""
        return self._flights.get(key)

    def start(
        self, key: Hashable, body: str, work: Callable[[Flight[T]], Coroutine[Any, Any, T]]
    ) -> Flight[T]:
        """Begins work; call `wait` with what it gives before anything else is awaited."""
        flight: Flight[T] = Flight(body)
        flight.task = asyncio.create_task(work(flight))
        self._flights[key] = flight
        self._tasks.add(flight.task)
        flight.task.add_done_callback(lambda _: self._ended(key, flight))
        return flight

    async def wait(self, key: Hashable, flight: Flight[T]) -> T:
        """What the work gives, within the deadline of the call being served.

        Raises what the work raises, DeadlineExceeded, and lets CancelledError through.
        """
        left = remaining()
        flight.board(left)
        try:
            async with asyncio.timeout(left - margin(left)):
                return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            await self._leave(key, flight, _why())
            raise
        except TimeoutError:
            if flight.task.done() and not flight.task.cancelled():
                return flight.task.result()
            await self._leave(key, flight, DeadlineExceeded.default_reason)
            raise DeadlineExceeded(
                "the deadline passed before the provider answered",
                metadata={"call_id": flight.call_id} if flight.call_id else {},
            ) from None
        finally:
            flight.waiting -= 1

    @asynccontextmanager
    async def aboard(self, key: Hashable, flight: Flight[T]) -> AsyncIterator[None]:
        """Counts the code inside as waiting; should it end early, it leaves as in `wait`.

        The deadline is that of the call being served.
        """
        flight.board(remaining())
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            await self._leave(key, flight, _why())
            raise
        finally:
            flight.waiting -= 1

    async def drain(self, seconds: float) -> None:
        """Waits until nothing is under way, for so long at most."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _leave(self, key: Hashable, flight: Flight[T], because: str) -> None:
        if flight.waiting == 1:
            self._forget(key, flight)  # nobody joins what is about to end
            await _end(flight, because)

    def _forget(self, key: Hashable, flight: Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _ended(self, key: Hashable, flight: Flight[T]) -> None:
        self._tasks.discard(flight.task)
        self._forget(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # asked for here, so that nobody misses it where all left


def _why() -> str:
    """Why whoever waited was cancelled: the deadline of the call being served, or not."""
    return DeadlineExceeded.default_reason if remaining() <= 0 else CANCELLED


async def _end(flight: Flight[Any], because: str) -> None:
    """Ends the work and waits for it, even when cancelled meanwhile."""
    flight.ended_because = because
    flight.task.cancel()
    while not flight.task.done():
        try:
            await asyncio.wait([flight.task])
        except asyncio.CancelledError:
            continue
