"""A scripted stand-in for OpenAI's chat completions, over a real socket on 127.0.0.1.

It remembers every request and answers with the next reply of its script, then with the last
one for ever. Replies can also be what no well-behaved server sends: nothing, half of a body,
a byte at a time. `closed` tells when a client left before it had its whole answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self


class Play(Enum):
    """How much of a reply is sent, and how."""

    WHOLE = auto()
    NOTHING = auto()
    """The socket stays open and silent until the client leaves."""
    CUT_BEFORE = auto()
    CUT_INSIDE = auto()
    DRIPPING = auto()
    """Byte by byte, for ever: the last byte never comes."""


@dataclass(frozen=True)
class Reply:
    """One answer of the stub."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    play: Play = Play.WHOLE
    drip_seconds: float = 0.01


@dataclass(frozen=True)
class Recorded:
    """One request that the stub got. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


USAGE = {
    "prompt_tokens": 21,
    "completion_tokens": 5,
    "total_tokens": 26,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 0},
}


def in_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """A reply with this body; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


def completion(
    content: Any = "Squat, press, pull.",
    *,
    finish_reason: Any = "stop",
    usage: Any = USAGE,
    refusal: Any = None,
    model: Any = "gpt-5-mini-2025-08-07",
) -> Reply:
    """A chat completion; usage None: the field is missing."""
    message = {"role": "assistant", "content": content, "refusal": refusal, "annotations": []}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": model,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
        ],
    }
    return in_json(body if usage is None else {**body, "usage": usage})


def error(
    status: int,
    message: Any = "Something is wrong.",
    *,
    code: Any = None,
    kind: Any = "invalid_request_error",
    param: Any = None,
    **headers: str,
) -> Reply:
    """An error in OpenAI's form."""
    told = {"message": message, "type": kind, "param": param, "code": code}
    return in_json({"error": told}, status, **headers)


def chunk(
    content: Any = None,
    *,
    finish_reason: Any = None,
    refusal: Any = None,
    model: Any = "gpt-5-mini-2025-08-07",
    **more: Any,
) -> dict[str, Any]:
    """A chunk of a streamed completion; `more` goes beside its choices."""
    delta = {name: text for name, text in (("content", content), ("refusal", refusal)) if text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_780_000_000,
            "model": model, "choices": [choice], **more}  # fmt: skip


def last_chunk(usage: Any = USAGE) -> dict[str, Any]:
    """OpenAI's last: usage and no choices."""
    return {**chunk(), "choices": [], "usage": usage}


def streamed(*chunks: dict[str, Any], done: bool = True, play: Play = Play.WHOLE) -> Reply:
    """Chunks as server-sent events; done: with the marker of the end."""
    lines = [f"data: {json.dumps(each)}\n\n" for each in chunks]
    lines += ["data: [DONE]\n\n"] if done else []
    return Reply(200, "".join(lines).encode(), {"Content-Type": "text/event-stream"}, play)


REFUSAL = completion(None, refusal="I can't help with that.")
CUT_AT_LIMIT = completion("Squat, pre", finish_reason="length")
FILTERED = completion("", finish_reason="content_filter")
TOO_LONG = error(
    400,
    "This model's maximum context length is 128000 tokens. However, your messages resulted in"
    " 130000 tokens. Please reduce the length of the messages.",
    code="context_length_exceeded",
    param="messages",
)
TOO_LONG_FOR_LLAMA_CPP = in_json(
    {
        "error": {
            "code": 400,
            "message": "request (9031 tokens) exceeds the available context size (4096 tokens)",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 9031,
            "n_ctx": 4096,
        }
    },
    400,
)
TEMPERATURE_REFUSED = error(
    400,
    "Unsupported value: 'temperature' does not support 0.3 with this model.",
    code="unsupported_value",
    param="temperature",
)
NO_SUCH_MODEL = error(
    404, "The model `gpt-0` does not exist or you do not have access to it.",
    code="model_not_found",
)  # fmt: skip
QUOTA = error(
    429, "You exceeded your current quota.", code="insufficient_quota", kind="insufficient_quota"
)
BROKEN_JSON = Reply(body=b'{"choices": [{"mess', headers={"Content-Type": "application/json"})
HTML = Reply(body=b"<html><body>Welcome</body></html>", headers={"Content-Type": "text/html"})
EMPTY_OBJECT = in_json({})
NO_CHOICES = in_json({"choices": [], "usage": USAGE})
SILENT = Reply(play=Play.NOTHING)
CUT_BEFORE_ANSWER = Reply(play=Play.CUT_BEFORE)
CUT_INSIDE_BODY = Reply(body=completion().body, play=Play.CUT_INSIDE)
DRIPPING = Reply(body=completion().body, play=Play.DRIPPING)


def gigantic(size: int, status: int = 200) -> Reply:
    """A completion of about so many bytes."""
    return Reply(status, b'{"choices": "' + b"x" * size + b'"}')


class StubOpenAI:
    """The stub; `async with StubOpenAI() as stub` starts and stops it."""

    def __init__(self, *script: Reply) -> None:
        self.requests: list[Recorded] = []
        self.closed = asyncio.Event()
        self.asked = asyncio.Event()
        self._script = deque(script or (completion(),))
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    def then(self, *replies: Reply) -> None:
        """Replaces the script from here on."""
        self._script = deque(replies)

    async def reply_to(self, asked: Recorded) -> Reply:
        """The next reply of the script, whatever is asked; others may override it."""
        return self._script[0] if len(self._script) == 1 else self._script.popleft()

    @property
    def base_url(self) -> str:
        """Where clients find it, version path included."""
        return f"http://{self.endpoint}/v1"

    @property
    def endpoint(self) -> str:
        """Host and port."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            while (recorded := await _read(reader)) is not None:
                self.requests.append(recorded)
                self.asked.set()
                reply = await self.reply_to(recorded)
                if not await self._play(reply, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Cancelled at its loop's end; asyncio 3.11 would print that it was.
            self.closed.set()
        finally:
            self._talks.discard(talk)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _play(
        self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Sends a reply; False: the connection is to be closed."""
        if reply.play is Play.CUT_BEFORE:
            return False
        if reply.play is Play.NOTHING:
            await reader.read(1)
            self.closed.set()
            return False
        writer.write(_head(reply))
        if reply.play is Play.CUT_INSIDE:
            writer.write(reply.body[: len(reply.body) // 2])
            await writer.drain()
            return False
        if reply.play is Play.DRIPPING:
            await self._drip(reply, reader, writer)
            return False
        writer.write(reply.body)
        await writer.drain()
        return True

    async def _drip(
        self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        left = asyncio.ensure_future(reader.read(1))
        for position in range(len(reply.body) - 1):
            writer.write(reply.body[position : position + 1])
            done, _ = await asyncio.wait([left], timeout=reply.drip_seconds)
            if done:
                break
        await left
        self.closed.set()


def _head(reply: Reply) -> bytes:
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "Odd"
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _read(reader: asyncio.StreamReader) -> Recorded | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None  # an idle connection was closed
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Recorded(method, path, headers, body)


@contextlib.contextmanager
def refusing_url() -> Iterator[str]:
    """A base URL at which connections are refused as long as this is open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
