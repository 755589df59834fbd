"""Reads a streamed chat completion: server-sent events whose data are JSON chunks.

Chunks: https://developers.openai.com/api/docs/api-reference/chat-streaming; events:
https://html.spec.whatwg.org/multipage/server-sent-events.html. Usage comes in a last chunk
without choices (OpenAI), with the finish reason (llama.cpp), in the choice itself (Moonshot),
under a name of its own (Groq) or growing in every chunk (vLLM): the newest is kept.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from services.gateway.calls import FinishReason, Received
from services.gateway.provider.openai_answers import (
    BrokenAnswer,
    decoded,
    finish_reason_of,
    model_of,
    read_usage,
    text_of,
)

_MOST_EVENT_BYTES = 4_000_000
_DONE = b"[DONE]"


class ProviderSaid(Exception):
    """An error in the middle of a stream. body: the decoded `error` object."""

    def __init__(self, body: Any) -> None:
        super().__init__("the stream holds an error")
        self.body = body


async def read_stream(
    chunks: AsyncIterator[bytes], received: Received
) -> AsyncGenerator[str, None]:
    """The pieces of text as they come; all else that is said goes into `received`.

    Ends when the provider says that it is done. Raises BrokenAnswer for what is no such
    stream, or one that ends before its answer does; ProviderSaid.
    """
    async with aclosing(_events(chunks)) as events:
        async for data in events:
            if data == _DONE:
                received.complete = True
                return
            piece = _read_chunk(decoded(data), received)
            if piece:
                yield piece
    if not received.complete:
        raise BrokenAnswer("it ended before its answer did")


async def _events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The data of each event. Chunks of completions are one line each."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _MOST_EVENT_BYTES:
            raise BrokenAnswer(f"an event of it is larger than {_MOST_EVENT_BYTES:,} bytes")
        for line in lines:
            if data := _data(line):
                yield data
    if data := _data(rest):
        yield data


def _data(line: bytes) -> bytes:
    """What a line says; comments, names and blank lines say nothing."""
    field, _, value = line.strip(b"\r").partition(b":")
    return value.strip() if field == b"data" else b""


def _read_chunk(chunk: dict[str, Any], received: Received) -> str:
    if chunk.get("error"):
        raise ProviderSaid(chunk["error"])
    received.model = model_of(chunk.get("model"), received.model)
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict):
        raise BrokenAnswer("a choice of it is not an object")
    groq = chunk.get("x_groq")
    for place in (chunk, groq if isinstance(groq, dict) else {}, choice):
        if (usage := read_usage(place.get("usage"))) is not None:
            received.usage = usage
    if choice.get("index", 0) != 0:
        return ""
    delta = choice.get("delta")
    if delta is not None and not isinstance(delta, dict):
        raise BrokenAnswer("a delta of it is not an object")
    said = delta or {}
    received.refusal += text_of(said.get("refusal"), "refusal")
    content = said.get("content")
    if content is not None and not isinstance(content, str):
        raise BrokenAnswer("its content is not a text")
    piece = received.take(content or "")
    if choice.get("finish_reason") is not None:
        received.finish_reason = finish_reason_of(choice["finish_reason"], received.refusal)
        received.complete = True
    elif received.refusal:
        received.finish_reason = FinishReason.REFUSAL
    return piece
