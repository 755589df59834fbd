"""Reads a chat completion, field by field, since whoever answers is not trusted.

The form is https://developers.openai.com/api/docs/api-reference/chat/object, which compatible
servers follow more or less.
"""

from __future__ import annotations

import json
from typing import Any

from services.gateway.calls import FinishReason, ProviderAnswer, Usage, storable

_MOST_TOKENS = 100_000_000
"""No model has a window of a tenth of that; a larger count is a fault."""
_MOST_MODEL_CHARACTERS = 200
_FINISH_REASONS = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
}


class BrokenAnswer(Exception):
    """A body that is no chat completion; the message says what is wrong with it."""


def read_answer(body: bytes, asked_model: str) -> ProviderAnswer:
    """The answer in a body with status 200. Raises BrokenAnswer.

    asked_model stands in where the body does not name the model properly.
    """
    completion = decoded(body)
    choices = completion.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise BrokenAnswer("it has no choices")
    message, finish_reason = choices[0].get("message"), choices[0].get("finish_reason")
    # Filtered and tool answers may lack the content, but they say why they ended.
    if not isinstance(message, dict) or ("content" not in message and not finish_reason):
        raise BrokenAnswer("its first choice has no message content")
    text = text_of(message.get("content"), "content")
    refusal = text_of(message.get("refusal"), "refusal")
    usage = read_usage(completion.get("usage"))
    if usage is not None and text and not usage.output_tokens:
        usage = None  # a text of no tokens: the server does not count
    return ProviderAnswer(
        text="" if refusal else text,
        model=model_of(completion.get("model"), asked_model),
        finish_reason=finish_reason_of(finish_reason, refusal),
        usage=usage,
        refusal=refusal,
    )


def read_usage(reported: Any) -> Usage | None:
    """Token counts, or None where any of them is missing or cannot be true.

    Counts are whole numbers; a prompt has at least one token; cached, audio and reasoning
    tokens are parts of their wholes, 0 where not reported.
    """
    if not isinstance(reported, dict):
        return None
    input_tokens = _count(reported.get("prompt_tokens"), _MOST_TOKENS)
    output_tokens = _count(reported.get("completion_tokens"), _MOST_TOKENS)
    if not input_tokens or output_tokens is None:
        return None
    of_input = ("prompt_tokens_details", input_tokens)
    of_output = ("completion_tokens_details", output_tokens)
    parts = [
        _detail(reported, details, name, most)
        for (details, most), name in (
            (of_input, "cached_tokens"),
            (of_output, "reasoning_tokens"),
            (of_input, "audio_tokens"),
            (of_output, "audio_tokens"),
        )
    ]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    cached, reasoning, audio_in, audio_out = known
    return Usage(
        input_tokens, output_tokens, cached, reasoning,
        input_audio_tokens=audio_in, output_audio_tokens=audio_out,
    )  # fmt: skip


def decoded(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises BrokenAnswer."""
    try:
        completion = json.loads(body)
    except (ValueError, RecursionError):
        raise BrokenAnswer("it is not JSON") from None
    if not isinstance(completion, dict):
        raise BrokenAnswer("it is not a JSON object")
    return completion


def text_of(value: Any, name: str) -> str:
    """A text that databases and protobuf take. Raises BrokenAnswer where it is none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BrokenAnswer(f"its {name} is not a text")
    return storable(value)


def model_of(value: Any, asked: str) -> str:
    """The model's name as it was given, or as it was asked for."""
    if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _MOST_MODEL_CHARACTERS:
        return value
    return asked


def finish_reason_of(value: Any, refusal: str) -> FinishReason:
    """Why the model stopped, in our words."""
    if refusal:
        return FinishReason.REFUSAL
    if value is None:
        return FinishReason.UNKNOWN
    return _FINISH_REASONS.get(str(value), FinishReason.OTHER)


def _detail(reported: dict[str, Any], group: str, name: str, most: int) -> int | None:
    details = reported.get(group)
    if details is None:
        return 0
    if not isinstance(details, dict):
        return None
    return 0 if details.get(name) is None else _count(details[name], most)


def _count(value: Any, most: int) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= most else None
