"""Stands before a model server and adds up what that says it counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Counted:
    """One call as the server counted it. told: its messages, joined."""

    input_tokens: int
    output_tokens: int
    told: str


@dataclass
class Counts:
    """All calls so far."""

    calls: list[Counted] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def taken(self) -> list[Counted]:
        """Those since the last time."""
        with self.lock:
            calls, self.calls = self.calls, []
        return calls


@contextmanager
def counting(base_url: str) -> Iterator[tuple[str, Counts]]:
    """The URL to ask instead of `base_url`, and the counts."""
    counts, to = Counts(), urlsplit(base_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked = json.loads(body)
            onward = HTTPConnection(to.hostname or "", to.port, timeout=600)
            onward.request("POST", self.path, body, {"content-type": "application/json",
                                                     "authorization": "Bearer none-needed"})  # fmt: skip
            answer = onward.getresponse()
            sent = answer.read()
            onward.close()
            if answer.status == 200:
                usage = json.loads(sent)["usage"]
                told = "\n".join(str(message["content"]) for message in asked["messages"])
                with counts.lock:
                    counts.calls.append(
                        Counted(usage["prompt_tokens"], usage["completion_tokens"], told)
                    )
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Nothing: the figures are what is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", counts
        finally:
            server.shutdown()
            thread.join()
