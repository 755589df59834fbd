"""The mock: a Provider that answers offline, out of nothing but the prompt it is given."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from services.gateway.calls import (
    FinishReason,
    ProviderAnswer,
    ProviderFailure,
    ProviderRequest,
    Received,
    ServedBy,
    Usage,
    in_pieces,
)
from services.gateway.mock.answers import json_answer, schema_of
from services.gateway.mock.phrases import Writer
from services.gateway.mock.reading import Reading, Schema, read
from services.gateway.mock.schemas import Unsatisfiable
from services.gateway.pricing import tokens
from shared.rpc.errors import InvalidArgument, Violation


class MockProvider:
    """Answers any prompt and any JSON Schema with valid content in the prompt's own words.

    seed: the same seed, request and schema give the same answer; request.seed is combined
    with it. latency_seconds: how long each answer takes.
    """

    served_by = ServedBy.MOCK
    name = "mock"
    endpoint = ""

    def __init__(self, seed: int = 0, latency_seconds: float = 0.0) -> None:
        self._seed = seed
        self._latency_seconds = latency_seconds

    async def complete(self, request: ProviderRequest) -> ProviderAnswer:
        """One answer, after the latency.

        Raises ProviderFailure with reason UNSATISFIABLE_SCHEMA when no value was found
        that the schema takes; nothing is charged.
        """
        await asyncio.sleep(self._latency_seconds)
        text = self._text(request)
        finish = FinishReason.STOP
        ends = [at for stop in request.stop if (at := text.find(stop)) >= 0]
        if ends:
            text = text[: min(ends)]
        limit = request.max_output_tokens
        output_tokens = tokens.count(text)
        if limit is not None and output_tokens > limit:
            text = tokens.cut(text, limit)
            output_tokens = limit
            finish = FinishReason.LENGTH
        input_tokens = tokens.count_prompt(request.messages, request.response_schema)
        return ProviderAnswer(text, request.model, finish, Usage(input_tokens, output_tokens))

    async def stream(
        self, request: ProviderRequest, received: Received
    ) -> AsyncGenerator[str, None]:
        """The same answer, a few words at a time. Raises what `complete` raises."""
        answer = await self.complete(request)
        async with aclosing(in_pieces(answer, received)) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Nothing is held."""

    def _text(self, request: ProviderRequest) -> str:
        schema = request.response_schema
        reading = read(request.messages, schema)
        seed = self._seed_of(request)
        if schema is None:
            if not reading.asks_json:
                return _writer(reading, seed, request.temperature).prose()
            schema = schema_of(reading.form)
        return _json_text(schema, reading, seed, request.temperature)

    def _seed_of(self, request: ProviderRequest) -> int:
        """One number of all that decides an answer."""
        deciding = [
            self._seed,
            request.seed,
            request.temperature,
            [[message.role, message.content] for message in request.messages],
            request.response_schema,
        ]
        digest = hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).digest()
        return int.from_bytes(digest[:8], "big")


def _writer(reading: Reading, seed: int, temperature: float | None) -> Writer:
    return Writer(reading, random.Random(seed), temperature or 0.0)  # noqa: S311


def _json_text(schema: Schema, reading: Reading, seed: int, temperature: float | None) -> str:
    try:
        value = json_answer(schema, partial(_writer, reading, seed, temperature), seed)
    except Unsatisfiable as error:
        violation = Violation("response_schema", "no value was found that satisfies the schema")
        refused = InvalidArgument([violation], reason="UNSATISFIABLE_SCHEMA")
        raise ProviderFailure(refused, charged=False) from error
    return json.dumps(value, ensure_ascii=False)
