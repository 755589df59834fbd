"""The mock behind an OpenAI-compatible socket: what goes over the wire can be looked at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from services.gateway.calls import Message, ProviderRequest, Role
from services.gateway.mock.provider import MockProvider


class MockServer(ThreadingHTTPServer):
    """Answers chat completions as the mock does, and keeps their bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []

    @property
    def variables(self) -> dict[str, str]:
        """What makes a gateway use it."""
        return {
            "USE_MOCK_AI_PROVIDER": "false",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{self.server_port}/v1",
            "OPENAI_API_KEY": "none-needed",
        }


@contextmanager
def mock_over_http() -> Iterator[MockServer]:
    """Serves in a thread of its own until the block ends."""
    with MockServer() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: MockServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        answer = asyncio.run(MockProvider().complete(provider_request(body)))
        assert answer.usage is not None
        reply = {
            "id": "chatcmpl-mock", "object": "chat.completion", "created": 0,
            "model": body["model"],
            "choices": [
                {"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": answer.text}},
            ],
            "usage": {
                "prompt_tokens": answer.usage.input_tokens,
                "completion_tokens": answer.usage.output_tokens,
                "total_tokens": answer.usage.input_tokens + answer.usage.output_tokens,
            },
        }  # fmt: skip
        sent = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing: the figures are what is printed."""


def provider_request(body: dict[str, Any]) -> ProviderRequest:
    form = body.get("response_format", {})
    return ProviderRequest(
        messages=tuple(Message(Role(m["role"]), m["content"]) for m in body["messages"]),
        model=body["model"],
        response_schema=form.get("json_schema", {}).get("schema"),
    )
