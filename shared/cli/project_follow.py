"""Follows a project's events, across streams that break off, and knows how it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2

from shared.rpc.errors import AttuneError, status_code

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.director.v1.director_pb2_grpc import DirectorServiceAsyncStub

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0
"""Seconds between tries at a stream that was lost, doubled from one to the other."""
STREAM_SECONDS = 24 * 3600.0
"""After which a stream is asked for anew."""
LOST = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)
"""Statuses of a call that got no answer, and may be made again."""


@dataclass(slots=True)
class TaskNow:
    """A task as its events tell it. rounds: reviews so far."""

    task: analyst_pb2.Task
    state: pb.TaskState.ValueType = pb.TASK_STATE_WAITING
    rounds: int = 0
    fault: str = ""


@dataclass(slots=True)
class ProjectNow:
    """A project as its events tell it so far."""

    project_id: str
    label: str = ""
    roles: int = 0
    tasks: dict[str, TaskNow] = field(default_factory=dict)
    spent: gateway_pb2.Accounting | None = None
    repairs: list[str] = field(default_factory=list)
    last_sequence: int = 0
    ended: bool = False

    def add(self, event: pb.ProjectEvent) -> None:
        """Takes the next event."""
        self.last_sequence = event.sequence
        kind = event.WhichOneof("event")
        if kind == "domain_found":
            self.label = event.domain_found.local_label or event.domain_found.label
        elif kind == "team_proposed":
            self.roles = len(event.team_proposed.team)
        elif kind == "task_planned":
            self.tasks[event.task_planned.id] = TaskNow(event.task_planned)
        elif kind == "spend":
            self.spent = event.spend
        elif kind == "degraded":
            told = event.degraded
            self.repairs.append(f"{told.task_id}: {told.text}" if told.task_id else told.text)
        elif kind in ("project_finished", "project_failed"):
            self.ended = True
        else:
            self._add_of_task(event)

    def _add_of_task(self, event: pb.ProjectEvent) -> None:
        kind = event.WhichOneof("event")
        if kind == "task_started":
            self._task(event.task_started).state = pb.TASK_STATE_RUNNING
        elif kind == "deliverable_reviewed":
            self._task(event.deliverable_reviewed.task_id).rounds = event.deliverable_reviewed.round
        elif kind == "task_finished":
            self._task(event.task_finished.task_id).state = pb.TASK_STATE_DONE
        elif kind == "task_failed":
            failed = self._task(event.task_failed.task_id)
            failed.state, failed.fault = pb.TASK_STATE_FAILED, event.task_failed.message

    def count(self, state: pb.TaskState.ValueType) -> int:
        """How many tasks stand so."""
        return sum(each.state == state for each in self.tasks.values())

    def _task(self, task_id: str) -> TaskNow:
        if task_id not in self.tasks:  # whoever watches from a later event has not heard of it
            self.tasks[task_id] = TaskNow(analyst_pb2.Task(id=task_id))
        return self.tasks[task_id]


async def follow(
    stub: DirectorServiceAsyncStub,
    project_id: str,
    after: int,
    seen: Callable[[pb.ProjectEvent], None],
    lost: Callable[[AttuneError], None],
) -> None:
    """Gives each event with a higher number than `after` to `seen`, until the last.

    A stream that breaks off is taken up again where it was, after telling `lost`. Raises
    AttuneError for what asking again does not heal.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            wanted = pb.WatchProjectRequest(project_id=project_id, after_sequence=after)
            async for reply in stub.WatchProject(wanted, timeout=STREAM_SECONDS):
                pause = FIRST_PAUSE
                if reply.event.sequence <= after:
                    continue  # a director that repeats itself is not shown twice
                after = reply.event.sequence
                seen(reply.event)
                if reply.event.WhichOneof("event") in ("project_finished", "project_failed"):
                    return
        except AttuneError as error:
            if status_code(error) not in LOST:
                raise
            if status_code(error) is not grpc.StatusCode.DEADLINE_EXCEEDED:
                lost(error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
