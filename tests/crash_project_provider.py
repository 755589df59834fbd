"""The provider of the crash test of projects, as a process: no two of its answers are alike.

It answers as the mock does, with a fresh nonce in each deliverable, and writes down each answer
before it goes out: what it would send a bill for.

    python tests/crash_project_provider.py FOLDER    writes FOLDER/url, and FOLDER/given
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import secrets
import signal
import sys
from pathlib import Path
from typing import Any, TextIO

from crash_books import MODEL
from mock_over_http import provider_request
from stub_openai import Recorded, Reply, StubOpenAI, completion

from services.gateway.mock.provider import MockProvider

SLOWEST = 0.25
"""Seconds."""


class ProjectProvider(StubOpenAI):
    """Answers each question, and each time it is asked anew."""

    def __init__(self, given: TextIO) -> None:
        super().__init__()
        self._given = given
        self._mock = MockProvider()

    async def reply_to(self, asked: Recorded) -> Reply:
        self.requests.clear()
        body = asked.json
        await asyncio.sleep(random.uniform(0, SLOWEST))
        answer = await self._mock.complete(provider_request(body))
        assert answer.usage is not None
        nonce = secrets.token_hex(8)
        line = {"question": question_of(body["messages"]), "nonce": nonce}
        self._given.write(json.dumps(line) + "\n")
        self._given.flush()
        usage = {
            "prompt_tokens": answer.usage.input_tokens,
            "completion_tokens": answer.usage.output_tokens,
            "total_tokens": answer.usage.input_tokens + answer.usage.output_tokens,
        }
        return completion(_marked(answer.text, nonce), usage=usage, model=MODEL)


def question_of(messages: list[dict[str, Any]]) -> str:
    """The same for the same prompt."""
    return hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()


def _marked(text: str, nonce: str) -> str:
    """A document with the nonce in its first part; any other answer as it is."""
    answer = json.loads(text)
    if "parts" in answer:
        answer["parts"][0]["text"] += f" ({nonce})"
    return json.dumps(answer)


async def main(folder: Path) -> None:
    """Answers until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with (folder / "given").open("a") as given:
        async with ProjectProvider(given) as provider:
            (folder / "url.part").write_text(provider.base_url)
            (folder / "url.part").rename(folder / "url")
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
