"""One call to a model from its intent to its outcome, with every try that it takes.

Whatever happens after the journal took the call, its outcome is in the journal before the
caller hears of it.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from services.gateway.asking.flights import CANCELLED
from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.budgets import Standing
from services.gateway.books.journal import Journal
from services.gateway.books.late_outcomes import LateOutcomes
from services.gateway.books.outcomes import Begun, CallCost, TryEnded
from services.gateway.books.reservations import Counted
from services.gateway.books.rows import Settled, State
from services.gateway.books.writer import InDoubt
from services.gateway.calls import ProviderAnswer, ProviderFailure, Received, Usage
from services.gateway.pricing.cost import NOTHING, Bound, Cost, CostStatus, Pricing, total
from services.gateway.pricing.prompt_bounds import PromptBounds
from services.gateway.pricing.tokens import estimate_usage
from services.gateway.requests import CallRequest
from services.gateway.unbroken import to_the_end
from shared.rpc.errors import AttuneError, Unavailable

_log = structlog.get_logger()
T = TypeVar("T")
MOST_MESSAGE = 1_000
"""Characters of a provider's error that are kept."""


@dataclass(frozen=True, slots=True)
class CallEnded:
    """What observers of calls are told, once per call and once per replay.

    seconds: from its arrival on. tries: at the provider. over_bound: nano-USD that the
    provider took beyond what was reserved. answer and usage are None where there was none.
    """

    call_id: str
    caller: str
    request: CallRequest
    state: State
    cost: Cost
    seconds: float
    tries: int = 1
    over_bound: int = 0
    answer: ProviderAnswer | None = None
    usage: Usage | None = None
    error_reason: str = ""
    replayed: bool = False
    warned: tuple[Standing, ...] = ()


class CallObserver(Protocol):
    """Hears of every call: metrics, logs."""

    def call_ended(self, event: CallEnded) -> None:
        """Called when a call has ended, just before the journal has it."""


@dataclass(frozen=True, slots=True)
class Means:
    """What every call of a process needs."""

    journal: Journal
    pricing: Pricing
    bounds: PromptBounds
    retries: RetryPolicy
    late: LateOutcomes
    observers: Sequence[CallObserver]

    def tell(self, event: CallEnded) -> None:
        """Tells every observer; what one cannot do keeps no call from the books."""
        for observer in self.observers:
            try:
                observer.call_ended(event)
            except Exception:  # noqa: BLE001 as said
                _log.exception("observer_failed", call_id=event.call_id)

    def tell_replay(
        self, caller: str, request: CallRequest, given: Settled, seconds: float
    ) -> None:
        """Tells every observer that an answer was given again."""
        self.tell(
            CallEnded(
                given.call_id, caller, request, State.SETTLED, given.cost, seconds, tries=0,
                answer=given.answer, usage=given.usage, replayed=True,
            )
        )  # fmt: skip


@dataclass(slots=True)
class PaidCall:
    """One call. ask: makes one try at the provider. on_begun: hears the call's id. left: seconds.

    lost: what earlier tries cost of which nobody knows how they ended. charged: of the newest
    try, False as long as surely nothing was, None once bytes may have gone out.
    """

    means: Means
    caller: str
    request: CallRequest
    ask: Callable[[], Awaitable[ProviderAnswer]]
    on_begun: Callable[[str], None]
    left: Callable[[], float]
    began: float = field(default_factory=time.perf_counter)
    most_input: int = field(init=False)
    bound: Bound = field(init=False)
    begun: Begun | None = None
    lost: tuple[Cost, ...] = ()
    charged: bool | None = False
    received: Received | None = None
    """Of a streamed answer, what has come."""

    def __post_init__(self) -> None:
        asked = self.request.provider
        self.most_input = self.means.bounds.most_input_tokens(asked)
        self.bound = self.means.pricing.bound(asked.model, self.most_input, asked.max_output_tokens)

    async def run(self, ended_because: Callable[[], str]) -> Settled:
        """The answer, from the journal where it has it. Raises what the contract names.

        ended_because: why it was cancelled, where it was.
        """
        try:
            begun = await self._recorded(self._begin(), ())
            if isinstance(begun, Settled):
                seconds = time.perf_counter() - self.began
                self.means.tell_replay(self.caller, self.request, begun, seconds)
                return begun
            answer = await self._answer(begun)
        except (Exception, asyncio.CancelledError) as error:
            if self.begun is None:
                raise
            if self.received is not None and self.received.complete:  # who wanted it has gone
                self.received.cut = True
                await to_the_end(self._settled(self.received.answer()))
                raise
            told = _Told.of(error, ended_because(), charged=self.charged)
            await to_the_end(self._failed(self.begun, told))
            raise told.error from error
        return await to_the_end(self._settled(answer))

    async def _begin(self) -> Begun | Settled:
        call_id, journal = uuid.uuid4().hex, self.means.journal
        try:
            return await journal.begin(self.caller, self.request, self.bound, call_id)
        except InDoubt:
            self.means.late.add(call_id, lambda: journal.forget(call_id))
            raise

    async def _recorded(self, writing: Coroutine[Any, Any, T], lost: tuple[Cost, ...]) -> T:
        """What the journal gives, heard of here even if the caller leaves meanwhile."""
        task = asyncio.ensure_future(writing)
        try:
            return await to_the_end(task)
        finally:
            if not task.cancelled() and task.exception() is None:
                made = task.result()
                if isinstance(made, Begun):
                    self.begun, self.lost, self.charged = made, lost, False
                    self.on_begun(made.call_id)

    async def _answer(self, begun: Begun) -> ProviderAnswer:
        """The provider's answer, after as many tries as it takes and the deadline allows."""
        while True:
            self.charged = None
            try:
                return await self.ask()
            except ProviderFailure as failure:
                self.charged = failure.charged
                pause = self.means.retries.pause(failure, begun.tries, self.left())
                if pause is None or (self.received is not None and self.received.pieces):
                    raise
                begun = await self._again(begun, failure, pause)

    async def _again(self, begun: Begun, failure: ProviderFailure, pause: float) -> Begun:
        """Waits and records the next try. Raises the failure where a budget has no room."""
        ended = self._ended(_Told.of(failure, CANCELLED, charged=failure.charged))
        _log.info(
            "model_call_waits", call_id=begun.call_id, tries=begun.tries, state=ended.state,
            reason=ended.reason, pause_seconds=round(pause, 2),
        )  # fmt: skip
        await asyncio.sleep(pause)
        lost = (*self.lost, self.bound.lost) if ended.state is State.LOST else self.lost
        so_far = CallCost(total([*lost, self.bound.lost]), self._counted(len(lost)))
        try:
            return await self._recorded(
                self.means.journal.retry(begun, ended, self.bound, so_far), lost
            )
        except AttuneError as refusal:
            _log.warning("model_call_not_tried_again", call_id=begun.call_id, why=refusal.reason)
            raise failure from refusal

    async def _settled(self, answer: ProviderAnswer) -> Settled:
        begun, pricing, request = self._of_begun(), self.means.pricing, self.request.provider
        usage = answer.usage or estimate_usage(request, answer, self.most_input)
        own = pricing.of_answer(
            asked=request.model, answered=answer.model, usage=usage, former=answer.former
        )
        spent, tokens = pricing.counted(own), usage.input_tokens + usage.output_tokens
        if self.received is not None and self.received.cut and answer.usage is None:
            # Reasoning may have cost more than the text shows: it is counted at its bound.
            own = self.bound.lost
            spent, tokens = self.bound.nano_usd or 0, self.bound.tokens or tokens
        cost = total([*self.lost, own])
        counted = self._counted(len(self.lost), spent, tokens, cost)
        over = max(0, spent - self.bound.nano_usd) if self.bound.nano_usd is not None else 0
        # Heard first: should the journal fail now, the log still has what the call cost.
        self._tell(
            begun.call_id, State.SETTLED, cost, answer=answer, usage=usage, over_bound=over
        )  # fmt: skip
        whole = CallCost(cost, counted)
        await self._recorded_in_the_end(
            begun, lambda: self.means.journal.settle(begun, answer, usage, own, whole)
        )
        warnings = (*answer.notes, *(standing.warning for standing in begun.warned))
        return Settled(begun.call_id, answer, usage, cost, begun.tries, warnings=warnings)

    async def _failed(self, begun: Begun, told: _Told) -> None:
        ended = self._ended(told)
        parts = (*self.lost, ended.cost) if ended.state is State.LOST else self.lost
        state, cost = State.LOST if parts else State.FAILED, total(parts)
        partly = self._received_in_part() if state is State.LOST else None
        usage = partly[1] if partly else None
        self._tell(begun.call_id, state, cost, error_reason=told.reason, usage=usage)
        if isinstance(told.error, AttuneError):
            told.error.metadata.setdefault("call_id", begun.call_id)
        whole = CallCost(cost, self._counted(len(parts), cost=cost))
        with suppress(Unavailable):  # the caller hears why the call failed, not this
            await self._recorded_in_the_end(
                begun, lambda: self.means.journal.fail(begun, ended, state, whole, partly)
            )

    async def _recorded_in_the_end(
        self, begun: Begun, write: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Writes an outcome, now or later. Raises Unavailable where it is later."""
        try:
            await write()
        except AttuneError as error:
            if isinstance(error, Unavailable):
                self.means.late.add(begun.call_id, write)
            raise
        except Exception:
            self.means.late.add(begun.call_id, write)
            raise

    def _received_in_part(self) -> tuple[ProviderAnswer, Usage] | None:
        """What came of a stream before it broke off, and about what it used."""
        if self.received is None or not self.received.pieces:
            return None
        answer = self.received.answer()
        request = self.request.provider
        return answer, answer.usage or estimate_usage(request, answer, self.most_input)

    def _ended(self, told: _Told) -> TryEnded:
        """How the newest try ended, on the books."""
        message = str(told.error)[:MOST_MESSAGE]
        if told.charged is False:
            return TryEnded(State.FAILED, NOTHING, told.reason, message)
        return TryEnded(State.LOST, self.bound.lost, told.reason, message)

    def _counted(
        self, lost: int, nano_usd: int = 0, tokens: int = 0, cost: Cost = NOTHING
    ) -> Counted:
        """What budgets count of so many lost tries and an answer."""
        return Counted(
            lost * (self.bound.nano_usd or 0) + nano_usd,
            lost * (self.bound.tokens or 0) + tokens,
            int(cost.status is CostStatus.UNPRICED),
        )

    def _of_begun(self) -> Begun:
        if self.begun is None:
            raise AssertionError("an answer came for a call that the journal does not have")
        return self.begun

    def _tell(self, call_id: str, state: State, cost: Cost, **more: Any) -> None:
        event = CallEnded(
            call_id=call_id, caller=self.caller, request=self.request, state=state, cost=cost,
            seconds=time.perf_counter() - self.began, tries=self.begun.tries if self.begun else 0,
            warned=self.begun.warned if self.begun else (), **more,
        )  # fmt: skip
        self.means.tell(event)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the caller hears of a failure; charged False where surely nothing was."""

    error: BaseException
    reason: str
    charged: bool | None

    @classmethod
    def of(cls, error: BaseException, ended_because: str, *, charged: bool | None) -> _Told:
        if isinstance(error, ProviderFailure):
            return cls(error.error, error.error.reason, charged)
        reason = ended_because if isinstance(error, asyncio.CancelledError) else "UNFORESEEN"
        return cls(error, reason, charged)
