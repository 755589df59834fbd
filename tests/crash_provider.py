"""The provider of `make test-crash`, as a process: no two of its answers are alike.

Before an answer goes out, it is a line of a file: what a provider would send a bill for. A
fault of every kind that gateways know comes in now and then. A message that begins with HOLD
is answered only when the file RELEASE is there.

    python tests/crash_provider.py FOLDER    writes FOLDER/url when it listens, and FOLDER/given
"""

from __future__ import annotations

import asyncio
import random
import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from crash_books import MODEL, MOST_OUTPUT, Given, asked_id
from stub_openai import Play, Recorded, Reply, StubOpenAI, chunk, completion, error, last_chunk
from stub_openai import streamed as events

HOLD = "HOLD"
SLOWEST = 0.06
"""Seconds."""


class CrashProvider(StubOpenAI):
    """Answers with a new nonce each time, and writes it down first."""

    def __init__(self, given: TextIO, release: Path) -> None:
        super().__init__()
        self._given = given
        self._release = release

    async def reply_to(self, asked: Recorded) -> Reply:
        self.requests.clear()
        body = asked.json
        text = body["messages"][-1]["content"]
        if text.startswith(HOLD):
            while not self._release.exists():  # noqa: ASYNC110 -- another process makes it
                await asyncio.sleep(0.01)
            return self._answer(asked_id(text), streamed=False)
        await asyncio.sleep(random.uniform(0, SLOWEST))
        fault = random.random()
        if fault < 0.03:
            return error(429, "Slow down.", code="rate_limit_exceeded", Retry_After="0")
        if fault < 0.05:
            return error(500, "Nobody knows what went wrong.")
        answer = self._answer(asked_id(text), streamed=bool(body.get("stream")))
        if fault < 0.07:  # charged, and gone before anybody could hear it
            return replace(answer, play=Play.CUT_BEFORE)
        return replace(answer, play=Play.CUT_INSIDE) if fault < 0.09 else answer

    def _answer(self, request_id: str, *, streamed: bool) -> Reply:
        given = Given(
            nonce=secrets.token_hex(8), request_id=request_id,
            input_tokens=random.randint(1, 20), output_tokens=random.randint(1, MOST_OUTPUT),
        )  # fmt: skip
        self._given.write(given.line())
        self._given.flush()
        usage = {"prompt_tokens": given.input_tokens, "completion_tokens": given.output_tokens,
                 "total_tokens": given.input_tokens + given.output_tokens}  # fmt: skip
        if not streamed:
            return completion(given.text, usage=usage, model=MODEL)
        pieces = [chunk(f"{word} ", model=MODEL) for word in given.text.split()]
        end = chunk(finish_reason="stop", model=MODEL)
        return events(*pieces, end, last_chunk(usage) | {"model": MODEL})


async def main(folder: Path) -> None:
    """Answers until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with (folder / "given").open("a") as given:
        async with CrashProvider(given, folder / "release") as provider:
            (folder / "url.part").write_text(provider.base_url)
            (folder / "url.part").rename(folder / "url")
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
