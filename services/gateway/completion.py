"""How a call to a model travels: intent, provider, outcome, and who hears of it.

Whatever happens after the journal took the call, its outcome is in the journal before
the caller hears of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog

from services.gateway.calls import Provider, ProviderAnswer, ProviderFailure, Usage
from services.gateway.cost import NOTHING, Cost, Pricing
from services.gateway.flights import CANCELLED, Flight, Flights
from services.gateway.journal import Journal, Settled, State
from services.gateway.requests import CallRequest
from services.gateway.tokens import estimate_usage, most_input_tokens
from shared.rpc.errors import AttuneError, Unavailable

_log = structlog.get_logger()
T = TypeVar("T")
DRAIN_SECONDS = 10.0
"""For outcomes to be recorded at the end; a commit takes milliseconds."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """What observers of calls are told, once per call and once per replay.

    seconds: from its arrival on. answer and usage are None where there was none.
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
        """Called when a call has ended, just before the journal has it."""


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
        self._flights: Flights[Settled] = Flights()

    async def complete(self, caller: str, request: CallRequest) -> Settled:
        """One call, inside the deadline of the call being served.

        Whoever asks for the same while it is under way waits for the same answer, and gets
        it as a replay. Raises AttuneError as the proto says; lets CancelledError through.
        """
        named = (caller, request.request_id)
        flight = self._flights.under_way(named) if request.request_id else None
        if flight is not None and flight.body == request.body_hash:
            await self._flights.wait(named, flight)
        key: Hashable = named if request.request_id and flight is None else object()
        own = self._flights.start(
            key, request.body_hash, lambda flight: self._complete(caller, request, flight)
        )
        return await self._flights.wait(key, own)

    async def drain(self) -> None:
        """Waits until no call is running; outcomes are on the books then."""
        await self._flights.drain(DRAIN_SECONDS)

    async def _complete(
        self, caller: str, request: CallRequest, flight: Flight[Settled]
    ) -> Settled:
        asked = request.provider
        lost = self._pricing.of_lost(asked.model, most_input_tokens(asked), asked.max_output_tokens)
        attempt = _Attempt(caller, request, time.perf_counter(), lost)
        begun = await self._begin(attempt)
        if isinstance(begun, Settled):
            self._tell(
                attempt, begun.call_id, State.SETTLED, begun.cost, answer=begun.answer,
                usage=begun.usage, replayed=True,
            )  # fmt: skip
            return begun
        flight.call_id = begun
        try:
            answer = await self._provider.complete(request.provider)
        except (Exception, asyncio.CancelledError) as error:
            told = _Told.of(error, flight.ended_because)
            await _to_the_end(self._failed(attempt, begun, told))
            raise told.error from error
        return await _to_the_end(self._settled(attempt, begun, answer))

    async def _begin(self, attempt: _Attempt) -> str | Settled:
        beginning = asyncio.ensure_future(
            self._journal.begin(attempt.caller, attempt.request, attempt.lost)
        )
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            await _to_the_end(self._abandoned(attempt, beginning))
            raise

    async def _abandoned(self, attempt: _Attempt, beginning: asyncio.Future[str | Settled]) -> None:
        """The caller left while the intent was written: nothing went out for it."""
        begun = await beginning
        if isinstance(begun, str):
            told = _Told(asyncio.CancelledError(), CANCELLED, charged=False)
            await self._failed(attempt, begun, told)

    async def _settled(self, attempt: _Attempt, call_id: str, answer: ProviderAnswer) -> Settled:
        request = attempt.request.provider
        usage = answer.usage or estimate_usage(request, answer)
        cost = self._pricing.of_answer(asked=request.model, answered=answer.model, usage=usage)
        # Heard first: should the journal fail now, the log still has what the call cost.
        self._tell(attempt, call_id, State.SETTLED, cost, answer=answer, usage=usage)
        await self._journal.settle(call_id, answer, usage, cost)
        return Settled(call_id, answer, usage, cost, attempts=1)

    async def _failed(self, attempt: _Attempt, call_id: str, told: _Told) -> None:
        state = State.FAILED if told.charged is False else State.LOST
        cost = NOTHING if state is State.FAILED else attempt.lost
        self._tell(attempt, call_id, state, cost, error_reason=told.reason)
        if isinstance(told.error, AttuneError):
            told.error.metadata.setdefault("call_id", call_id)
        try:
            await self._journal.fail(
                call_id, state, cost, reason=told.reason, message=str(told.error)[:1000]
            )
        except Unavailable as error:  # the caller hears why the call failed, not this
            _log.error("outcome_not_recorded", call_id=call_id, state=state, fault=str(error))

    def _tell(self, attempt: _Attempt, call_id: str, state: State, cost: Cost, **more: Any) -> None:
        event = CallEnded(
            call_id=call_id, caller=attempt.caller, request=attempt.request, state=state,
            cost=cost, seconds=time.perf_counter() - attempt.began, **more,
        )  # fmt: skip
        for observer in self._observers:
            observer.call_ended(event)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """lost: what it costs if nobody ever knows how it ended."""

    caller: str
    request: CallRequest
    began: float
    lost: Cost


@dataclass(frozen=True, slots=True)
class _Told:
    """What the caller hears of a failure; charged False where surely nothing was."""

    error: BaseException
    reason: str
    charged: bool | None

    @classmethod
    def of(cls, error: BaseException, ended_because: str) -> _Told:
        if isinstance(error, ProviderFailure):
            return cls(error.error, error.error.reason, error.charged)
        reason = ended_because if isinstance(error, asyncio.CancelledError) else "UNFORESEEN"
        return cls(error, reason, None)


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Awaits `work` even when cancelled meanwhile; the cancellation follows after it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task])
        raise
