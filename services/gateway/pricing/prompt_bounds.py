"""The most input tokens that a provider can count for a prompt.

Exact tokenizers, without a network, where the model's own is known; one token for each byte
otherwise, which no byte-level tokenizer exceeds.
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from services.gateway.calls import ProviderRequest

MOST_PER_MESSAGE = 32
"""For the form of the chat around a message: the longest of the chat templates that are
published stays below it, and OpenAI's takes 3 or 4."""
MOST_TOKENIZED = 200_000
"""Characters; longer prompts would hold up other calls, and are counted by their bytes."""

_OWN_MAKERS = ("openai", "azure.ai.openai")
_ENCODINGS = (
    (re.compile(r"(chatgpt-4o|gpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|o[134])\b"), "o200k_base"),
    (re.compile(r"(gpt-4|gpt-3\.5)\b"), "cl100k_base"),
)
"""By the beginning of a model's name, as tiktoken's table has it:
https://github.com/openai/tiktoken/blob/main/tiktoken/model.py"""


class PromptBounds:
    """Bounds for one provider. A tokenizer is loaded, in a thread, when it is first of use.

    provider: its name; only of models at their own makers is the tokenizer known. The mock
    and cassettes stand for these.
    """

    def __init__(self, provider: str) -> None:
        self._known = provider in (*_OWN_MAKERS, "mock", "cassette")
        self._tokenizers: dict[str, Any] = {}
        self._loading: set[str] = set()

    def most_input_tokens(self, request: ProviderRequest) -> int:
        """A bound of what the provider will count for all messages and the schema."""
        tokenizer = self._tokenizer(request.model)
        if sum(len(message.content) for message in request.messages) > MOST_TOKENIZED:
            tokenizer = None
        given = sum(_most(m.content, tokenizer) + MOST_PER_MESSAGE for m in request.messages)
        schema = request.response_schema
        form = "" if schema is None else json.dumps(schema, ensure_ascii=False)
        return given + len(form.encode()) + MOST_PER_MESSAGE

    def load(self, model: str) -> None:
        """Loads the tokenizer of a model, where it is known; takes half a second."""
        name = self._encoding(model)
        if name is not None and name not in self._tokenizers:
            import quicktok  # noqa: PLC0415 -- 80 MB that most models have no use for

            self._tokenizers[name] = quicktok.get_encoding(name)

    def _tokenizer(self, model: str) -> Any:
        name = self._encoding(model)
        if name is None or name in self._tokenizers:
            return self._tokenizers.get(name or "")
        if name not in self._loading:
            self._loading.add(name)
            threading.Thread(target=self.load, args=[model], daemon=True).start()
        return None

    def _encoding(self, model: str) -> str | None:
        if not self._known:
            return None
        return next((name for form, name in _ENCODINGS if form.match(model.lower())), None)


def _most(text: str, tokenizer: Any) -> int:
    if tokenizer is None:
        return len(text.encode())
    # Special tokens in a text are text to the provider too, and count as several.
    return len(tokenizer.encode_ordinary(text))
