"""Calls to other services that a project makes: asked until they answer or it must end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
import structlog

from services.director.projects.caps import CALLS_EXHAUSTED
from shared.rpc.deadline import serving_within
from shared.rpc.errors import (
    AttuneError,
    BudgetExhausted,
    DeadlineExceeded,
    retry_after,
    status_code,
)
from shared.structured.ask import MODEL_REFUSED, UnusableAnswer

CALL_SECONDS = 600.0
"""For one call of the analyst, which may ask a slow model four times."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds between tries at a service that is down, doubled from one to the other."""

_TRANSIENT = frozenset({
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
})  # fmt: skip
"""What may pass when asked again; what was paid before then comes from the journal."""
_FOR_GOOD = frozenset({BudgetExhausted.default_reason, CALLS_EXHAUSTED, "PROVIDER_QUOTA"})
"""Of RESOURCE_EXHAUSTED: waiting does not help."""
_OF_THE_ANSWER = frozenset({
    UnusableAnswer.default_reason,
    MODEL_REFUSED,
    "UNFINISHED_DELIVERABLE",
    "CONTEXT_LENGTH_EXCEEDED",
})  # fmt: skip

T = TypeVar("T")
_log = structlog.get_logger()


def is_of_the_answer(error: AttuneError) -> bool:
    """Whether one answer of the model is at fault, so that other tasks may go well."""
    return error.reason in _OF_THE_ANSWER


async def until_answered(
    call: Callable[[], Awaitable[T]], told: Callable[[AttuneError], None]
) -> T:
    """The call's answer, asked again for as long as what is in the way may pass.

    told: hears of the first error. Raises what does not pass. Whoever calls this ends it by
    cancelling it.
    """
    pause, first = FIRST_PAUSE, True
    while True:
        try:
            async with serving_within(CALL_SECONDS):
                return await call()
        except TimeoutError:
            error: AttuneError = DeadlineExceeded("there was no answer in time")
        except AttuneError as raised:
            if status_code(raised) not in _TRANSIENT or raised.reason in _FOR_GOOD:
                raise
            error = raised
        _log.warning("asked_again", reason=error.reason, fault=error.message)
        if first:
            told(error)
        first = False
        wait = max(retry_after(error) or 0.0, random.uniform(pause / 2, pause))  # noqa: S311
        await asyncio.sleep(wait)
        pause = min(2 * pause, LONGEST_PAUSE)
