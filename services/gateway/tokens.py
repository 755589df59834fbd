"""Token counts where nobody counted: an estimate for the books, a bound for prices."""

from __future__ import annotations

import json

from services.gateway.calls import ProviderAnswer, ProviderRequest, Usage, UsageSource

BYTES_PER_TOKEN = 4
"""Of UTF-8, on average, with the tokenizers of current models and European text."""
MESSAGE_TOKENS = 4
"""What the chat form adds to a message (role and delimiters), on average."""
MOST_MESSAGE_TOKENS = 32
"""A bound for the same; the longest chat templates that are published stay below it."""


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has; 0 only for an empty one."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def estimate_usage(request: ProviderRequest, answer: ProviderAnswer) -> Usage:
    """About what a call used, where the provider did not say; marked as ESTIMATED."""
    given = sum(estimate_tokens(m.content) + MESSAGE_TOKENS for m in request.messages)
    return Usage(
        input_tokens=given + estimate_tokens(_schema_text(request)),
        output_tokens=estimate_tokens(answer.text + answer.refusal),
        source=UsageSource.ESTIMATED,
    )


def most_input_tokens(request: ProviderRequest) -> int:
    """A bound of what the provider will count.

    No byte-level tokenizer makes two tokens of a byte; that the form of the chat adds at
    most MOST_MESSAGE_TOKENS to a message is taken from published templates.
    """
    given = sum(len(m.content.encode()) + MOST_MESSAGE_TOKENS for m in request.messages)
    return given + len(_schema_text(request).encode()) + MOST_MESSAGE_TOKENS


def _schema_text(request: ProviderRequest) -> str:
    return "" if request.response_schema is None else json.dumps(request.response_schema)
