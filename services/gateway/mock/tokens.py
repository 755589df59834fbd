"""Counts tokens the way tokenizers of models come out on average, without one.

A piece is a space and up to six letters, three digits, a mark or two, or one character of
a script that has no spaces: about four characters of English, one of Chinese. The count
is an estimate by design; it is the mock's own and always the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice

from services.gateway.calls import Message
from services.gateway.mock.reading import Schema

PER_MESSAGE = 4
"""Tokens that a chat format spends around each message."""
SAMPLED_CHARACTERS = 200_000
"""A longer text is counted by this much of it, scaled up."""

_PIECE = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]| ?[A-Za-z]{1,6}| ?[0-9]{1,3}"
    r"| ?[\u0370-\u1fff]{1,3}| ?[^\W\d_]{1,4}|\s+(?= \S)|\s+| ?[^\w\s]{1,2}|."
)


def count(text: str) -> int:
    """Tokens of a text."""
    if len(text) > SAMPLED_CHARACTERS:
        return count(text[:SAMPLED_CHARACTERS]) * len(text) // SAMPLED_CHARACTERS
    return len(_PIECE.findall(text))


def cut(text: str, most: int) -> str:
    """The first `most` tokens of a text."""
    end = 0
    for piece in islice(_PIECE.finditer(text), most):
        end = piece.end()
    return text[:end]


def count_prompt(messages: Sequence[Message], schema: Schema | None) -> int:
    """Tokens of a prompt with the schema that its answer must have."""
    said = sum(PER_MESSAGE + count(message.content) for message in messages)
    return said + (0 if schema is None else count(json.dumps(schema, ensure_ascii=False)))
