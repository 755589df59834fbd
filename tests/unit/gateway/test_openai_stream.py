"""A streamed completion is read whole, however it is cut into pieces, and never more than it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stub_openai import USAGE, chunk, last_chunk, streamed

from services.gateway.calls import FinishReason, Received, Usage
from services.gateway.provider.openai_answers import BrokenAnswer
from services.gateway.provider.openai_stream import ProviderSaid, read_stream

COUNTED = Usage(21, 5, 8, 2)


def read(body: bytes, sizes: tuple[int, ...] = ()) -> tuple[list[str], Received]:
    """The pieces of a body that arrives in chunks of these sizes, then all the rest."""

    async def arriving() -> AsyncIterator[bytes]:
        start = 0
        for size in sizes:
            yield body[start : start + size]
            start += size
        yield body[start:]

    async def collect() -> list[str]:
        return [piece async for piece in read_stream(arriving(), received)]

    received = Received("asked")
    return asyncio.run(collect()), received


def test_text_usage_and_end_are_read() -> None:
    pieces, received = read(
        streamed(chunk("Squat, "), chunk("press."), chunk(finish_reason="stop"), last_chunk()).body
    )
    answer = received.answer()
    assert pieces == ["Squat, ", "press."]
    assert (answer.text, answer.usage) == ("Squat, press.", COUNTED)
    assert (answer.model, answer.finish_reason) == ("gpt-5-mini-2025-08-07", FinishReason.STOP)
    assert received.complete


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk("a"), chunk(finish_reason="stop"), last_chunk()],
        [chunk("a"), chunk(finish_reason="stop", usage=USAGE)],
        [chunk("a"), chunk(finish_reason="stop", x_groq={"usage": USAGE})],
        [chunk("a", usage={**USAGE, "completion_tokens": 2}), chunk(finish_reason="stop", usage=USAGE)],
        [chunk("a"), {**chunk(), "choices": [
            {"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE}]}],
        [chunk("a", usage=None), chunk(finish_reason="stop", usage=None), last_chunk()],
    ],
    ids=["last", "finish", "groq", "growing", "choice", "null before"],
)  # fmt: skip
def test_usage_is_found_wherever_the_provider_puts_it(chunks: list[dict[str, Any]]) -> None:
    _, received = read(streamed(*chunks).body)
    assert received.answer().usage == COUNTED


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": -1, "completion_tokens": 1}, "7"])
def test_usage_that_cannot_be_true_is_none(usage: Any) -> None:
    _, received = read(streamed(chunk("a"), chunk(finish_reason="stop"), last_chunk(usage)).body)
    assert received.answer().usage is None


@given(
    texts=st.lists(st.text(min_size=1), max_size=5),
    sizes=st.lists(st.integers(0, 40), max_size=30),
    escaped=st.booleans(),
    crlf=st.booleans(),
)
def test_it_does_not_matter_where_the_network_cuts(
    texts: list[str], sizes: list[int], escaped: bool, crlf: bool
) -> None:
    lines = [": a comment", "event: message", ""]
    for text in texts:
        lines += [f"data:{json.dumps(chunk(text), ensure_ascii=escaped)}", ""]
    lines += [f"data: {json.dumps(chunk(finish_reason='stop'))}", "", "data: [DONE]", ""]
    body = ("\r\n" if crlf else "\n").join(lines).encode("utf-8", "surrogatepass")
    pieces, received = read(body, tuple(sizes))
    whole = "".join(texts).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    assert "".join(pieces) == received.answer().text == whole


def test_a_character_whose_halves_come_apart_is_one_character() -> None:
    body = (
        b'data: {"choices": [{"delta": {"content": "a\\ud83d"}}]}\n\n'
        b'data: {"choices": [{"delta": {"content": "\\ude00b"}, "finish_reason": "stop"}]}\n\n'
    )
    pieces, _ = read(body)
    assert pieces == ["a", "\N{GRINNING FACE}b"]


def test_a_refusal_is_no_text() -> None:
    _, received = read(
        streamed(chunk(refusal="I "), chunk(refusal="won't."), chunk(finish_reason="stop")).body
    )
    answer = received.answer()
    assert (answer.text, answer.refusal) == ("", "I won't.")
    assert answer.finish_reason is FinishReason.REFUSAL


def test_other_choices_are_not_mixed_in() -> None:
    other = {**chunk(), "choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": None}]}
    pieces, _ = read(streamed(chunk("a"), other, chunk(finish_reason="stop")).body)
    assert pieces == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"data: {}\n\n",
        b"hello",
        b"data: not json\n\n",
        b"data: []\n\n",
        b'data: {"choices": [7]}\n\n',
        b'data: {"choices": [{"delta": "text"}]}\n\n',
        b"data: " + b"x" * 4_000_001,
        streamed(chunk("half of an ans"), done=False).body,
        b'data: {"choices": [{"delta": {"refusal": 7}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": ["a"]}, "finish_reason": "stop"}]}\n\n',
    ],
)
def test_what_is_no_whole_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(BrokenAnswer):
        read(body)


def test_an_error_in_the_middle_is_an_error() -> None:
    with pytest.raises(ProviderSaid) as raised:
        read(streamed(chunk("a"), {"error": {"message": "overloaded"}}).body)
    assert raised.value.body == {"message": "overloaded"}
