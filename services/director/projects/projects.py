"""What callers may do with projects: start, watch, read, list and cancel them."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from attune.director.v1 import director_pb2 as pb

from services.director.planner import new_project_id
from services.director.projects.engine import Engine, Place, Record
from services.director.projects.given import Given, fingerprint
from services.director.projects.standing import brief, standing
from services.director.projects.stored import unpacked
from shared.rpc.errors import (
    AlreadyExists,
    Internal,
    InvalidArgument,
    NotFound,
    OutOfRange,
    Unavailable,
    Violation,
)

PROJECT_ID_REUSED, PROJECT_NOT_FOUND = "PROJECT_ID_REUSED", "PROJECT_NOT_FOUND"
FROM_THE_FUTURE = "SEQUENCE_FROM_THE_FUTURE"
ON_A_PAGE, MOST_ON_A_PAGE = 100, 1_000
MOST_TOKEN = 2_000
"""Characters of a page_token."""
LOOK_AGAIN_SECONDS = 0.1
_BROKEN = "the director ended it at an unforeseen error, and its log has that"


@dataclass(frozen=True, slots=True)
class Projects:
    """prompt_versions: what projects that start now begin with and keep."""

    engine: Engine
    prompt_versions: Mapping[str, str]

    async def start(self, request: pb.StartProjectRequest) -> pb.Project:
        """Starts it, or finds it started. Raises AlreadyExists for an id of another request."""
        wanted = request.plan if request.WhichOneof("start") == "plan" else request.goal
        project_id = wanted.project_id or new_project_id()
        mark = fingerprint(request)
        record = await self.engine.find(project_id)
        if record is None:
            start_ms = time.time_ns() // 1_000_000
            given = Given(project_id, request, start_ms, self.prompt_versions)
            await self.engine.start(given, mark)
            record = await self._found(project_id)
        if record.fingerprint != mark:
            raise AlreadyExists(
                f"project {project_id!r} was started with another goal, plan or limits",
                reason=PROJECT_ID_REUSED,
                metadata={"project_id": project_id},
            )
        if record.running:
            await self.engine.take_up_if_left(project_id, record.director)
        return await self._read(record)

    async def read(self, project_id: str) -> pb.Project:
        """How it stands. Raises NotFound."""
        return await self._read(await self._found(project_id))

    async def watch(self, project_id: str, after: int) -> AsyncIterator[pb.ProjectEvent]:
        """Its events with a higher number, until the last. Raises NotFound and OutOfRange."""
        record = await self._found(project_id)
        there = (await self._read(record)).last_sequence
        if after > there:
            raise OutOfRange(
                f"project {project_id!r} has {there} events; there is none to come after {after}",
                reason=FROM_THE_FUTURE,
                metadata={"project_id": project_id, "last_sequence": str(there)},
            )
        while True:
            async with self.engine.watched(project_id) as log:
                async for event in log.after(after):
                    after = event.sequence
                    yield event
                if log.ended:
                    return
            if self.engine.stopping:
                raise Unavailable(
                    "this director is stopping; the project goes on with the next one",
                    reason="DIRECTOR_STOPPING",
                    metadata={"project_id": project_id, "last_sequence": str(after)},
                )
            record = await self._found(project_id)
            seen = await self.engine.events(project_id)
            if not record.running and not seen.ended:
                if after <= len(seen.events):
                    yield _broken_event(len(seen.events) + 1)
                return
            await asyncio.sleep(LOOK_AGAIN_SECONDS)  # it changes hands

    async def cancel(self, project_id: str) -> pb.Project:
        """Stops it and waits until it has stopped. Raises NotFound."""
        record = await self._found(project_id)
        if not record.running:
            return await self._read(record)
        await self.engine.ask_to_stop(project_id)
        await self.engine.take_up_if_left(project_id, record.director)
        return _standing(record, [event async for event in self.watch(project_id, 0)])

    async def page(self, size: int, token: str) -> tuple[list[pb.Project], str]:
        """A page of projects, the youngest first, and the token of the next one."""
        size = size or ON_A_PAGE
        found = await self.engine.page(_read_token(token) if token else None, size + 1)
        projects = [await self._brief(record) for record in found[:size]]
        return projects, _token(found[size - 1]) if len(found) > size else ""

    async def _found(self, project_id: str) -> Record:
        record = await self.engine.find(project_id)
        if record is None:
            raise NotFound(
                f"there is no project {project_id!r}",
                reason=PROJECT_NOT_FOUND,
                metadata={"project_id": project_id},
            )
        return record

    async def _brief(self, record: Record) -> pb.Project:
        if not record.summary:
            return brief(await self._read(record))
        project = unpacked(pb.Project, record.summary)
        project.start_time.FromMilliseconds(record.given.start_ms)
        return project

    async def _read(self, record: Record) -> pb.Project:
        given = record.given
        log = await self.engine.events(given.project_id)
        events = list(log.events)
        if not record.running and not log.ended:
            events.append(_broken_event(len(events) + 1))
        return _standing(record, events)


def _standing(record: Record, events: Iterable[pb.ProjectEvent]) -> pb.Project:
    given = record.given
    project = standing(given.project_id, given.goal, events)
    project.start_time.FromMilliseconds(given.start_ms)
    return project


def _broken_event(sequence: int) -> pb.ProjectEvent:
    """For a project whose run ended without telling how."""
    failed = pb.ProjectFailed(reason=Internal.default_reason, message=_BROKEN)
    return pb.ProjectEvent(sequence=sequence, project_failed=failed)


def _token(last: Record) -> str:
    place = [last.given.start_ms, last.given.project_id]
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode()


def _read_token(token: str) -> Place:
    """Raises InvalidArgument for what is no token of a page before."""
    try:
        start_ms, project_id = json.loads(base64.urlsafe_b64decode(token.encode()))
        if type(start_ms) is int and type(project_id) is str:
            return start_ms, project_id
    except (ValueError, TypeError, RecursionError):
        pass
    raise InvalidArgument([Violation("page_token", "is none of a response before")])
