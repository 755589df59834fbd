"""The calls of a cassette as what a provider did: its answers and its failures, by their keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from attune.gateway.v1 import gateway_pb2 as pb

from services.gateway.calls import (
    FinishReason,
    FormerCost,
    ProviderAnswer,
    ProviderFailure,
    Usage,
    UsageSource,
    storable,
)
from shared.cassette import Cassette, CassetteError
from shared.rpc.errors import (
    AttuneError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    Violation,
)

_FIRST_LINE = 2
"""Of a call; the first of the file says what it is."""
_FINISH = {
    pb.FINISH_REASON_STOP: FinishReason.STOP,
    pb.FINISH_REASON_LENGTH: FinishReason.LENGTH,
    pb.FINISH_REASON_CONTENT_FILTER: FinishReason.CONTENT_FILTER,
    pb.FINISH_REASON_REFUSAL: FinishReason.REFUSAL,
    pb.FINISH_REASON_OTHER: FinishReason.OTHER,
}
_NOT_THE_PROVIDERS = frozenset(
    {"", "CANCELLED", "DEADLINE_EXCEEDED", "NOT_SENT", "UNFORESEEN", "NOT_IN_CASSETTE"}
)
"""Reasons of calls that failed on our side of the provider; another time they need not."""
_FIELDS = {
    "CONTEXT_LENGTH_EXCEEDED": "messages",
    "PROVIDER_REJECTED_REQUEST": "request",
    "UNSATISFIABLE_SCHEMA": "response_schema",
}
_KINDS: dict[str, type[NotFound | ResourceExhausted | Unavailable]] = {
    "MODEL_NOT_FOUND": NotFound,
    "PROVIDER_QUOTA": ResourceExhausted,
    "PROVIDER_RATE_LIMITED": ResourceExhausted,
    "PROVIDER_UNAVAILABLE": Unavailable,
    "PROVIDER_BROKEN_ANSWER": Unavailable,
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One call. line: in the file. seconds: how long it took, all its tries together.

    answer None: it failed, for `reason`.
    """

    key: str
    line: int
    request: pb.CompleteRequest
    seconds: float
    answer: ProviderAnswer | None
    reason: str = ""

    def given(self) -> ProviderAnswer:
        """The answer. Raises ProviderFailure where it failed: for good, and not charged."""
        if self.answer is None:
            raise ProviderFailure(_error(self.reason), charged=False)
        return self.answer


@dataclass(slots=True)
class Recordings:
    """What a cassette can replay. left_out: by key, its calls that ended without an answer."""

    name: str
    by_key: dict[str, list[Recording]]
    left_out: Counter[str]
    _given: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, cassette: Cassette) -> Recordings:
        """Those of a file. Raises CassetteError, which names the line."""
        by_key: dict[str, list[Recording]] = {}
        left_out: Counter[str] = Counter()
        for line, call in enumerate(cassette.calls, _FIRST_LINE):
            try:
                recording = _recording(call, line)
            except ValueError as error:
                raise CassetteError(f"{cassette.path}, line {line}: {error}") from error
            if recording is None:
                left_out[call.key] += 1
            else:
                by_key.setdefault(call.key, []).append(recording)
        return cls(cassette.path.name, by_key, left_out)

    def __len__(self) -> int:
        return sum(map(len, self.by_key.values()))

    def next(self, key: str) -> Recording | None:
        """What is given for a key now: its recordings in their order, round and round."""
        some = self.by_key.get(key)
        if some is None:
            return None
        number = self._given[key]
        self._given[key] += 1
        return some[number % len(some)]


def _recording(call: pb.RecordedCall, line: int) -> Recording | None:
    """None where the call ended without the provider's word, or that was not kept."""
    seconds = call.duration.ToNanoseconds() / 1e9
    if seconds < 0:
        raise ValueError("its duration is negative")
    if call.state == pb.CALL_STATE_FAILED and call.error_reason not in _NOT_THE_PROVIDERS:
        return Recording(call.key, line, call.request, seconds, None, call.error_reason)
    if call.state != pb.CALL_STATE_SETTLED or not call.content_kept:
        return None
    if not call.HasField("response"):
        raise ValueError("it is settled, and has no response")
    return Recording(call.key, line, call.request, seconds, _answer(call.response))


def _answer(response: pb.CompleteResponse) -> ProviderAnswer:
    usage, cost = response.usage, response.cost
    counts = {
        name: getattr(usage, name)
        for name in (
            "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_output_tokens",
            "input_audio_tokens", "output_audio_tokens",
        )
    }  # fmt: skip
    if min(*counts.values(), cost.nano_usd, cost.shadow_nano_usd) < 0:
        raise ValueError("its usage or its cost is negative")
    estimated = usage.source == pb.USAGE_SOURCE_ESTIMATED
    source = UsageSource.ESTIMATED if estimated else UsageSource.PROVIDER
    return ProviderAnswer(
        text=storable(response.text),
        model=response.model,
        finish_reason=_FINISH.get(response.finish_reason, FinishReason.UNKNOWN),
        usage=Usage(**counts, source=source),
        refusal=storable(response.refusal),
        former=_former(response),
    )


def _former(response: pb.CompleteResponse) -> FormerCost:
    """Its own cost where it was real; else the shadow, which a replay of a replay has, too."""
    cost = response.cost
    if response.served_by == pb.SERVED_BY_REAL:
        return FormerCost(cost.nano_usd if cost.HasField("nano_usd") else None)
    return FormerCost(cost.shadow_nano_usd if cost.HasField("shadow_nano_usd") else None)


def _error(reason: str) -> AttuneError:
    told = f"replayed from a cassette: the recorded call failed with {reason}"
    if reason in _FIELDS:
        return InvalidArgument([Violation(_FIELDS[reason], told)], reason=reason)
    return _KINDS.get(reason, FailedPrecondition)(told, reason=reason)
