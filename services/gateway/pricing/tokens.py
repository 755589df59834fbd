"""Token counts without a tokenizer: the mock's own, and an estimate for the books.

A piece is a space and up to six letters, three digits, a mark or two, or one character of
a script that has no spaces: about four characters of English, one of Chinese, as the
tokenizers of models come out on average.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice

from services.gateway.calls import (
    JsonSchema,
    Message,
    ProviderAnswer,
    ProviderRequest,
    Usage,
    UsageSource,
)

PER_MESSAGE = 4
"""Tokens that a chat format spends around each message, on average."""
SAMPLED_CHARACTERS = 200_000
"""A longer text is counted by this much of it, scaled up."""

_PIECE = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]| ?[A-Za-z]{1,6}| ?[0-9]{1,3}"
    r"| ?[\u0370-\u1fff]{1,3}| ?[^\W\d_]{1,4}|\s+(?= \S)|\s+| ?[^\w\s]{1,2}|."
)


def count(text: str) -> int:
    """About how many tokens a text has; the same each time, 0 only for an empty one."""
    if len(text) > SAMPLED_CHARACTERS:
        return count(text[:SAMPLED_CHARACTERS]) * len(text) // SAMPLED_CHARACTERS
    return len(_PIECE.findall(text))


def cut(text: str, most: int) -> str:
    """The first `most` tokens of a text."""
    end = 0
    for piece in islice(_PIECE.finditer(text), most):
        end = piece.end()
    return text[:end]


def count_prompt(messages: Sequence[Message], schema: JsonSchema | None) -> int:
    """About how many tokens a prompt has with the schema that its answer must have."""
    return sum(PER_MESSAGE + count(message.content) for message in messages) + count(_text(schema))


def estimate_usage(
    request: ProviderRequest, answer: ProviderAnswer, most_input_tokens: int
) -> Usage:
    """About what a call used, where the provider did not say; marked as ESTIMATED.

    Never more than the call was bound to.
    """
    output_tokens = count(answer.text + answer.refusal)
    return Usage(
        input_tokens=min(
            count_prompt(request.messages, request.response_schema), most_input_tokens
        ),
        output_tokens=min(output_tokens, request.max_output_tokens or output_tokens),
        source=UsageSource.ESTIMATED,
    )


def _text(schema: JsonSchema | None) -> str:
    return "" if schema is None else json.dumps(schema, ensure_ascii=False)
