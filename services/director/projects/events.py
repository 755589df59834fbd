"""A project's events in their order, each once, and whoever waits for more of them.

They are kept in a stream of DBOS, in entries of several events. What a run tells follows from
its steps, so one that goes on after a crash may tell the same again: each event has a key, and
of equal keys the first counts. Sequence numbers count what is left, so they never change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from attune.director.v1 import director_pb2 as pb

from services.director.projects.stored import packed, unpacked

Keyed = tuple[str, pb.ProjectEvent]
"""What tells an event from the same one written again, and the event."""
_LAST = ("project_finished", "project_failed")


def entry_of(events: Sequence[Keyed]) -> str:
    """Events as one entry of the stream."""
    return json.dumps([[key, packed(event)] for key, event in events])


class EventLog:
    """The events of one project so far."""

    def __init__(self) -> None:
        self._events: list[pb.ProjectEvent] = []
        self._keys: set[str] = set()
        self._more = asyncio.Event()
        self._closed = False

    @property
    def events(self) -> Sequence[pb.ProjectEvent]:
        """All of them, numbered from 1."""
        return self._events

    @property
    def ended(self) -> bool:
        """Whether the last one is there."""
        return bool(self._events) and self._events[-1].WhichOneof("event") in _LAST

    def knows(self, key: str) -> bool:
        """Whether an event of this key is there."""
        return key in self._keys

    def add(self, events: Sequence[Keyed]) -> None:
        """Takes what is new of these, and tells who waits."""
        for key, event in events:
            if key in self._keys or self.ended:
                continue
            self._keys.add(key)
            numbered = pb.ProjectEvent()
            numbered.CopyFrom(event)
            numbered.sequence = len(self._events) + 1
            self._events.append(numbered)
        self._wake()

    def close(self) -> None:
        """No more come into this log, whether or not the project has ended."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        told, self._more = self._more, asyncio.Event()
        told.set()

    def add_entry(self, entry: str) -> None:
        """Takes an entry of the stream."""
        self.add([(key, unpacked(pb.ProjectEvent, text)) for key, text in json.loads(entry)])

    async def after(self, sequence: int) -> AsyncIterator[pb.ProjectEvent]:
        """Events with a higher number, as they come, until the last one or the log is closed."""
        while True:
            more = self._more
            while sequence < len(self._events):
                yield self._events[sequence]
                sequence += 1
            if self.ended or self._closed:
                return
            if more is self._more:
                await more.wait()
