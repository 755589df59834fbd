"""How soon the provider's connection is closed after the caller of a stream has gone."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

from gateway_house import REQUEST, open_house
from stub_openai import Play, Reply, StubOpenAI, chunk

from services.gateway.asking.completion import Completion
from services.gateway.provider.openai_provider import OpenAIProvider

_ENDLESS = Reply(
    200,
    f"data: {json.dumps(chunk('word '))}\n\n".encode() * 1_000,
    {"Content-Type": "text/event-stream"},
    Play.DRIPPING,
    0.0001,
)


async def upstream_closed(folder: Path, times: int) -> list[float]:
    """Milliseconds, once for each of so many streams that are cancelled after their first text."""
    taken = []
    async with StubOpenAI(_ENDLESS) as stub, open_house(f"sqlite:///{folder}/cut.db") as house:
        provider = OpenAIProvider("sk-none", stub.base_url)
        completion = Completion(provider, house.means)
        for _ in range(times):
            stub.closed.clear()
            begun = asyncio.Event()

            async def take(begun: asyncio.Event = begun) -> None:
                async for _ in completion.stream("local", replace(REQUEST, request_id="")):
                    begun.set()

            task = asyncio.create_task(take())
            await asyncio.wait_for(begun.wait(), 30)
            began = time.perf_counter()
            task.cancel()
            await asyncio.wait_for(stub.closed.wait(), 30)
            taken.append(1e3 * (time.perf_counter() - began))
            await asyncio.wait([task])
        await provider.close()
    return taken
