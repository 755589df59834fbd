"""Writes a project's events, and keeps them for who watches.

What happens follows from steps whose outcomes are written down, so whatever a crash kept from
being told is told again by the run that goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from attune.director.v1 import director_pb2 as pb
from dbos import DBOS

from services.director.projects.events import EventLog, Keyed, entry_of

STREAM = "events"


class Teller:
    """The one writer of a project's events. Its log has what was written before."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._waiting: list[Keyed] = []
        self._some = asyncio.Event()
        self._turn = asyncio.Lock()

    def say(self, key: str, event: pb.ProjectEvent) -> None:
        """Has an event written soon, unless one of this key was."""
        if self._log.knows(key) or any(key == known for known, _ in self._waiting):
            return
        event.time.GetCurrentTime()
        self._waiting.append((key, event))
        self._some.set()

    def degraded(self, task_id: str, step: str, told: Iterable[str]) -> None:
        """What was repaired, retried or fell back in a step of a task; of the planning: ''."""
        for number, text in enumerate(told):
            event = pb.ProjectEvent(degraded=pb.Degraded(task_id=task_id, text=text))
            self.say(f"degraded/{task_id}/{step}/{number}", event)

    async def write_for_ever(self) -> None:
        """Writes what is said, as it comes. Runs inside a step of DBOS, like `write`."""
        while True:
            await self._some.wait()
            await self.write()

    async def write(self) -> None:
        """Writes all that was said so far, in one entry, and shows it to who watches."""
        async with self._turn:
            self._some.clear()
            batch = list(self._waiting)
            if not batch:
                return
            await DBOS.write_stream_async(STREAM, entry_of(batch))
            self._waiting = self._waiting[len(batch) :]
            self._log.add(batch)
