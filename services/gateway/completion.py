"""How a call to a model travels: intent, provider, outcome, and who hears of it.

Whatever happens after the journal took the call, its outcome is in the journal before
the caller hears of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, TypeVar

from services.gateway.calls import Provider, ProviderAnswer, ProviderFailure, Usage
from services.gateway.cost import NOTHING, Cost, Pricing
from services.gateway.journal import Journal, Settled, State
from services.gateway.requests import CallRequest
from services.gateway.tokens import estimate_usage
from shared.rpc.deadline import margin, remaining
from shared.rpc.errors import AttuneError, DeadlineExceeded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallEnded:
    """What observers of calls are told, once per call and once per replay.

    seconds: at the provider. answer and usage are None where there was none.
    """

    call_id: str
    caller: str
    request: CallRequest
    state: State
    cost: Cost
    seconds: float
    answer: ProviderAnswer | None = None
    usage: Usage | None = None
    error_reason: str = ""
    replayed: bool = False


class CallObserver(Protocol):
    """Hears of every call: metrics, logs."""

    def call_ended(self, event: CallEnded) -> None:
        """Called after the journal has it."""


class Completion:
    """Makes calls. One object per process; calls run side by side."""

    def __init__(
        self,
        provider: Provider,
        journal: Journal,
        pricing: Pricing,
        observers: Sequence[CallObserver],
    ) -> None:
        self._provider = provider
        self._journal = journal
        self._pricing = pricing
        self._observers = observers

    async def complete(self, caller: str, request: CallRequest) -> Settled:
        """One call, inside the deadline of the call being served.

        Raises AttuneError as the proto says; lets CancelledError through.
        """
        begun = await self._begin(caller, request)
        if isinstance(begun, Settled):
            self._tell(
                CallEnded(
                    call_id=begun.call_id, caller=caller, request=request, state=State.SETTLED,
                    cost=begun.cost, seconds=0.0, answer=begun.answer, usage=begun.usage,
                    replayed=True,
                )
            )  # fmt: skip
            return begun
        attempt = _Attempt(begun, caller, request, time.perf_counter())
        left = remaining()
        try:
            async with asyncio.timeout(left - margin(left)):
                answer = await self._provider.complete(request.provider)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 all end in the journal
            await _to_the_end(self._failed(attempt, error))
        return await _to_the_end(self._settled(attempt, answer))

    async def _begin(self, caller: str, request: CallRequest) -> str | Settled:
        beginning = asyncio.ensure_future(self._journal.begin(caller, request, seconds=remaining()))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            begun = await beginning
            if isinstance(begun, str):  # nothing went out for it
                await self._journal.fail(
                    begun, State.FAILED, NOTHING, reason="CANCELLED",
                    message="the caller left before the provider was asked",
                )  # fmt: skip
            raise

    async def _settled(self, attempt: _Attempt, answer: ProviderAnswer) -> Settled:
        request, seconds = attempt.request.provider, attempt.seconds()
        usage = answer.usage or estimate_usage(request, answer)
        cost = self._pricing.of_answer(asked=request.model, answered=answer.model, usage=usage)
        await self._journal.settle(attempt.call_id, answer, usage, cost)
        self._tell(
            CallEnded(
                call_id=attempt.call_id, caller=attempt.caller, request=attempt.request,
                state=State.SETTLED, cost=cost, seconds=seconds, answer=answer, usage=usage,
            )
        )  # fmt: skip
        return Settled(attempt.call_id, answer, usage, cost, attempts=1)

    async def _failed(self, attempt: _Attempt, error: BaseException) -> NoReturn:
        seconds = attempt.seconds()
        told, reason, charged = _told(error)
        state = State.FAILED if charged is False else State.LOST
        cost = NOTHING if state is State.FAILED else self._pricing.of_lost()
        message = str(told)[:1000]
        await self._journal.fail(attempt.call_id, state, cost, reason=reason, message=message)
        self._tell(
            CallEnded(
                call_id=attempt.call_id, caller=attempt.caller, request=attempt.request,
                state=state, cost=cost, seconds=seconds, error_reason=reason,
            )
        )  # fmt: skip
        if isinstance(told, AttuneError):
            told.metadata.setdefault("call_id", attempt.call_id)
        raise told from error

    def _tell(self, event: CallEnded) -> None:
        for observer in self._observers:
            observer.call_ended(event)


@dataclass(frozen=True, slots=True)
class _Attempt:
    call_id: str
    caller: str
    request: CallRequest
    began: float

    def seconds(self) -> float:
        return time.perf_counter() - self.began


def _told(error: BaseException) -> tuple[BaseException, str, bool | None]:
    """What the caller hears, the reason, and False where surely nothing was charged."""
    if isinstance(error, ProviderFailure):
        return error.error, error.error.reason, error.charged
    if isinstance(error, TimeoutError):
        late = DeadlineExceeded("the deadline passed before the provider answered")
        return late, late.reason, None
    if isinstance(error, asyncio.CancelledError):
        return error, "CANCELLED", None
    return error, "UNFORESEEN", None


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Awaits `work` even when cancelled meanwhile; the cancellation follows after it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task])
        raise
