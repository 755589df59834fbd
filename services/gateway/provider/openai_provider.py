"""The real model, behind OpenAI's chat completions or a server that speaks the same.

The one file that imports the openai SDK. The SDK brings connections, headers and errors; the
body is written and read here, since its typed methods cost twice the time and believe what a
server sends. One try per call: who retries is decided above.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx2
import openai

from services.gateway.calls import (
    ProviderAnswer,
    ProviderFailure,
    ProviderRequest,
    Received,
    ServedBy,
)
from services.gateway.provider.openai_answers import BrokenAnswer, read_answer
from services.gateway.provider.openai_errors import ErrorReader
from services.gateway.provider.openai_schemas import fits_strict_mode
from services.gateway.provider.openai_stream import ProviderSaid, read_stream
from shared.rpc.errors import InvalidArgument, Unavailable, Violation

OPENAI_URL = "https://api.openai.com/v1"

_BACKSTOP_SECONDS = 3600.0
"""Against a leak only: the deadline is the caller's, and shorter."""
_MOST_BODY_BYTES = 32_000_000
_LIMITS = httpx2.Limits(max_connections=1_000, max_keepalive_connections=100)

_OPENAI, _AZURE = "openai", "azure.ai.openai"
_NAMES = {
    "api.openai.com": _OPENAI,
    "openai.azure.com": _AZURE,
    "cognitiveservices.azure.com": _AZURE,
    "services.ai.azure.com": _AZURE,
    "api.anthropic.com": "anthropic",
    "api.cohere.ai": "cohere",
    "api.deepseek.com": "deepseek",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
}
"""Hosts by gen_ai.provider.name; where one of these names applies, it must be used:
https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/"""
_ANY_OTHER = "openai_compatible"
"""The conventions allow a name of one's own for any other provider."""

_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
)
"""Raised before a byte of the request is out."""
_PATH = "/chat/completions"
_FAILURES = (
    openai.APIStatusError,
    openai.APIConnectionError,
    httpx2.TransportError,
    BrokenAnswer,
    ProviderSaid,
)


class OpenAIProvider:
    """Calls a real model.

    api_key: sent as a bearer token. base_url: of a compatible server, with its version
    path; None: OpenAI's own. reasoning_effort: sent with every call as it is; None: not
    sent, so the model's default holds. Raises ValueError for a key or URL that cannot work.
    """

    served_by = ServedBy.REAL

    def __init__(
        self, api_key: str, base_url: str | None = None, *, reasoning_effort: str | None = None
    ) -> None:
        _check_key(api_key)
        url = _read_url(base_url or OPENAI_URL)
        self.name = _name_of(url.host)
        self.endpoint = url.netloc.decode("ascii")
        self._reasoning_effort = reasoning_effort
        self._errors = ErrorReader(self.endpoint, api_key)
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=url,
            max_retries=0,
            timeout=_BACKSTOP_SECONDS,
            # What was not asked for needs no unpacking: a small body cannot become a large one.
            default_headers={"Accept-Encoding": "identity"},
            http_client=httpx2.AsyncClient(
                timeout=_BACKSTOP_SECONDS,
                limits=_LIMITS,
                follow_redirects=False,  # prompts go to the configured host and no other
                event_hooks={"response": [_bound_body]},
            ),
        )

    def __repr__(self) -> str:
        return f"OpenAIProvider(name={self.name!r}, endpoint={self.endpoint!r})"

    async def complete(self, request: ProviderRequest) -> ProviderAnswer:
        """One try.

        Raises ProviderFailure; lets CancelledError through, the connection closed.
        """
        body = self._body(request)
        try:
            response = await self._client.post(_PATH, body=body, cast_to=httpx2.Response)
            return read_answer(response.content, request.model)
        except _FAILURES as error:
            failure = self._failure(error)
        # Outside of the handlers: the SDK's errors hold the key, and must not be its context.
        raise failure

    async def stream(
        self, request: ProviderRequest, received: Received
    ) -> AsyncGenerator[str, None]:
        """One try whose text is given as it comes.

        Upstream sends no faster than the text is taken. Raises ProviderFailure; closing it
        closes the connection.
        """
        body = self._body(request) | {"stream": True, "stream_options": {"include_usage": True}}
        failure = None
        try:
            response = await self._client.post(
                _PATH, body=body, cast_to=httpx2.Response, stream=True
            )
            try:
                if _is_events(response):
                    pieces = read_stream(response.aiter_bytes(), received)
                else:
                    pieces = _at_once(await response.aread(), received)
                async with aclosing(pieces):
                    async for piece in pieces:
                        yield piece
            finally:
                await response.aclose()
        except _FAILURES as error:
            received.cut = received.complete  # then only the usage is missing
            if not received.complete:
                failure = self._failure(error)
        if failure is not None:
            raise failure

    def _failure(self, error: Exception) -> ProviderFailure:
        if isinstance(error, openai.APIStatusError):
            return self._errors.of_status(error.status_code, error.response.headers, error.body)
        if isinstance(error, openai.APIConnectionError):
            return self._broken_connection(error.__cause__)
        if isinstance(error, httpx2.TransportError):
            return self._broken_connection(error)
        if isinstance(error, ProviderSaid):
            return self._errors.of_stream(error.body)
        return ProviderFailure(
            Unavailable(
                f"the answer of the provider at {self.endpoint} cannot be read: {error}",
                reason="PROVIDER_BROKEN_ANSWER",
            ),
            charged=None,
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.close()

    def _body(self, request: ProviderRequest) -> dict[str, Any]:
        """The request on the wire: all that is set, or ProviderFailure for what cannot be sent."""
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [
                {"role": message.role.value, "content": message.content}
                for message in request.messages
            ],
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_output_tokens is not None:
            body[self._limit_name] = request.max_output_tokens
        if request.seed is not None:
            body["seed"] = request.seed
        if request.stop:
            body["stop"] = list(request.stop)
        if request.response_schema is not None:
            body["response_format"] = _response_format(request.response_schema)
        if self._reasoning_effort is not None:
            body["reasoning_effort"] = self._reasoning_effort
        return body

    @property
    def _limit_name(self) -> str:
        # OpenAI's reasoning models refuse the old name. Of other servers, some know only the
        # old one and ignore the new, which would leave the output without a limit.
        return "max_completion_tokens" if self.name in (_OPENAI, _AZURE) else "max_tokens"

    def _broken_connection(self, cause: BaseException | None) -> ProviderFailure:
        not_sent = isinstance(cause, _NOT_SENT)
        told = self._errors.quote(str(cause)) or type(cause).__name__
        what = "cannot be reached" if not_sent else "left before its answer was complete"
        return ProviderFailure(
            Unavailable(
                f"the provider at {self.endpoint} {what}: {told}", reason="PROVIDER_UNAVAILABLE"
            ),
            charged=False if not_sent else None,
            again=True,
        )


def _check_key(api_key: str) -> None:
    if not api_key:
        raise ValueError("the API key is empty")
    for position, character in enumerate(api_key, start=1):
        if not "!" <= character <= "~":
            raise ValueError(
                f"the API key has a character at position {position} that no HTTP header takes"
            )


def _read_url(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL as error:
        raise ValueError(f"the provider's base URL is not a URL: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the provider's base URL must begin with http:// or https:// and a host")
    if url.userinfo:
        raise ValueError("the provider's base URL must not hold a user or a password")
    return url


def _name_of(host: str) -> str:
    for known, name in _NAMES.items():
        if host == known or host.endswith(f".{known}"):
            return name
    return _ANY_OTHER


def _response_format(schema: Any) -> dict[str, Any]:
    if isinstance(schema, bool):
        violation = Violation(
            "response_schema", "is a boolean, which gives an answer no form; send an object"
        )
        raise ProviderFailure(InvalidArgument([violation]), charged=False)
    strict = fits_strict_mode(schema)
    named = {"name": "answer", "schema": schema, "strict": strict}
    return {"type": "json_schema", "json_schema": named}


def _is_events(response: httpx2.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/event-stream")


async def _at_once(body: bytes, received: Received) -> AsyncGenerator[str, None]:
    """The whole answer of a server that does not stream."""
    answer = read_answer(body, received.model)
    received.model, received.usage = answer.model, answer.usage
    received.finish_reason, received.refusal = answer.finish_reason, answer.refusal
    received.complete = True
    if answer.text:
        yield received.take(answer.text)


async def _bound_body(response: httpx2.Response) -> None:
    """Ends the reading of a body that is larger than any answer, or packed."""
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise BrokenAnswer("it is compressed, which was not asked for")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _BoundedStream(response.stream)


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received, chunks = 0, aiter(self._stream)
        try:
            async for chunk in chunks:
                received += len(chunk)
                if received > _MOST_BODY_BYTES:
                    raise BrokenAnswer(f"it is larger than {_MOST_BODY_BYTES:,} bytes")
                yield chunk
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def aclose(self) -> None:
        await self._stream.aclose()
