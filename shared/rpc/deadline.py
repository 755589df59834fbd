"""The deadline of the call being served, and what is left of it for calls onward.

A service answers a little before its caller gives up, so that the caller hears why,
and hands the same moment on to every service that it asks in turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

DEFAULT_SECONDS = 300.0
"""For calls that come without a deadline: no await is without one."""

_deadline: ContextVar[float | None] = ContextVar("attune_deadline", default=None)


def margin(seconds: float) -> float:
    """What a service keeps back of `seconds` for its own answer: 5 %, at most 0.1 s."""
    return min(0.1, 0.05 * max(seconds, 0.0))


@asynccontextmanager
async def serving_within(seconds: float) -> AsyncIterator[None]:
    """Runs the code inside until the deadline, which calls onward inherit.

    seconds: what the caller still waits. Raises TimeoutError when the deadline passes.
    """
    at = asyncio.get_running_loop().time() + seconds - margin(seconds)
    token = _deadline.set(at)
    try:
        async with asyncio.timeout_at(at):
            yield
    finally:
        _deadline.reset(token)


def remaining() -> float:
    """Seconds left of the call being served; DEFAULT_SECONDS outside of one."""
    at = _deadline.get()
    if at is None:
        return DEFAULT_SECONDS
    return at - asyncio.get_running_loop().time()
