"""The values that a call to a model is made of, free of protobuf, SQL and SDKs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from shared.rpc.errors import AttuneError

JsonSchema = Mapping[str, Any] | bool
"""A JSON Schema that was checked."""


class Role(StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class ServedBy(StrEnum):
    """Who produces answers."""

    MOCK = "mock"
    REAL = "real"
    CASSETTE = "cassette"

    @property
    def spends(self) -> bool:
        """Whether answers cost money; those that do not are counted as if they did."""
        return self is ServedBy.REAL


class FinishReason(StrEnum):
    """Why the model stopped; UNKNOWN when the provider did not say."""

    UNKNOWN = "unknown"
    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    OTHER = "other"


class UsageSource(StrEnum):
    """Who counted the tokens."""

    PROVIDER = "provider"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """What a provider is asked. None: not set, so the provider's own default holds.

    max_output_tokens: tokens. response_schema: a JSON Schema that was checked. key: the hash
    under which the journal and cassettes know all this, with the model as the caller named it.
    """

    messages: tuple[Message, ...]
    model: str
    temperature: float | None = None
    max_output_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    response_schema: JsonSchema | None = None
    key: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. Those that were cached, of audio or of reasoning are parts of the wholes."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    source: UsageSource = UsageSource.PROVIDER


@dataclass(frozen=True, slots=True)
class FormerCost:
    """What an answer that is replayed had cost; nano_usd None: that is not known."""

    nano_usd: int | None


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a provider answered. usage None: it did not count.

    former: of an answer that is not new, what it had cost. notes: what the caller should know
    of it, in words.
    """

    text: str
    model: str
    finish_reason: FinishReason
    usage: Usage | None
    refusal: str = ""
    former: FormerCost | None = None
    notes: tuple[str, ...] = ()


def storable(text: str) -> str:
    """A text that databases and protobuf take: no lone surrogates, no NUL."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


@dataclass(slots=True)
class Received:
    """What has come of a streamed answer so far.

    complete: the model has said that it ended; after that only usage may follow. cut: the
    stream broke off after that, and its usage with it. former, notes: as in ProviderAnswer.
    """

    model: str
    pieces: list[str] = field(default_factory=list)
    refusal: str = ""
    finish_reason: FinishReason = FinishReason.UNKNOWN
    usage: Usage | None = None
    former: FormerCost | None = None
    notes: tuple[str, ...] = ()
    complete: bool = False
    cut: bool = False
    half: str = ""
    """The first half of a surrogate pair, whose other half is in the next piece."""

    def take(self, piece: str) -> str:
        """Adds a piece of text, and gives it as it can go on."""
        text = self.half + piece
        if not text:
            return ""
        self.half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
        text = storable(text[: len(text) - len(self.half)])
        self.pieces.append(text)
        return text

    def answer(self) -> ProviderAnswer:
        """All of it, as if it had come at once."""
        text = "" if self.refusal else "".join(self.pieces)
        usage = self.usage
        if usage is not None and text and not usage.output_tokens:
            usage = None  # a text of no tokens: the server does not count
        return ProviderAnswer(
            text, self.model, self.finish_reason, usage, self.refusal, self.former, self.notes
        )


PIECE_CHARACTERS = 24
"""Of an answer that is there as a whole and given in pieces, about a line of speech."""


async def in_pieces(answer: ProviderAnswer, received: Received) -> AsyncGenerator[str, None]:
    """An answer that is there as a whole, a few words at a time."""
    received.model, received.finish_reason = answer.model, answer.finish_reason
    received.usage, received.refusal = answer.usage, answer.refusal
    received.former, received.notes = answer.former, answer.notes
    for start in range(0, len(answer.text), PIECE_CHARACTERS):
        yield received.take(answer.text[start : start + PIECE_CHARACTERS])
        await asyncio.sleep(0)
    received.complete = True


class ProviderFailure(Exception):
    """A try at the provider that gave no answer.

    error: what the caller gets. charged: False when it is certain that the provider
    charged nothing; None when bytes went out and the charge is unknown. again: whether
    another try may pass. retry_after: seconds that the provider asks to wait until then.
    """

    def __init__(
        self,
        error: AttuneError,
        *,
        charged: bool | None,
        again: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.charged = charged
        self.again = again
        self.retry_after = retry_after


class Provider(Protocol):
    """Whoever answers: the mock, a real model or a cassette."""

    served_by: ServedBy
    name: str
    """For metrics and journal, for example "openai" or "mock"."""
    endpoint: str
    """Host and port, a cassette's file name, empty for the mock; never a user, path or key."""

    async def complete(self, request: ProviderRequest) -> ProviderAnswer:
        """One try.

        Raises ProviderFailure; lets CancelledError through, upstream closed.
        """

    def stream(self, request: ProviderRequest, received: Received) -> AsyncGenerator[str, None]:
        """One try whose text is given as it comes; `received` has all that came.

        Raises ProviderFailure. Closing it closes upstream.
        """

    async def close(self) -> None:
        """Frees what it holds."""
