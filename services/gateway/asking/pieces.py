"""Text on its way from a model to one reader, who may be slow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

MOST_WAITING = 16_000
"""Characters that may wait; the model is not read any further until some are taken."""
GATHERED = 0.01
"""Seconds in which pieces are gathered after one was given: a message costs more than a word."""


class Pieces:
    """A buffer for one event loop: `put` waits while it is full."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._changed = asyncio.Condition()
        self._ended = self._left = False

    async def put(self, text: str) -> None:
        """Hands text on; returns at once when the reader has left."""
        async with self._changed:
            while sum(map(len, self._waiting)) >= MOST_WAITING and not self._left:
                await self._changed.wait()
            if not self._left:
                self._waiting.append(text)
                self._changed.notify_all()

    async def end(self) -> None:
        """Says that no more will come."""
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def leave(self) -> None:
        """The reader takes no more; whoever wants to put something need not wait."""
        async with self._changed:
            self._left = True
            self._waiting.clear()
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[str]:
        while True:
            async with self._changed:
                while not self._waiting and not self._ended:
                    await self._changed.wait()
                text = "".join(self._waiting)
                self._waiting.clear()
                self._changed.notify_all()
                ended = self._ended
            if text:
                yield text
            if ended and not self._waiting:
                return
            await asyncio.sleep(GATHERED)
