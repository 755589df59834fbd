"""Projects as workflows of DBOS: started once, found again, read by whoever watches.

DBOS (https://docs.dbos.dev) is one engine per process. It keeps each project's request, the
outcomes of its steps and its events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from dbos import DBOS, SetWorkflowAttributes, SetWorkflowID, WorkflowStatus
from dbos import error as dbos_errors

from services.director.projects.alive import Roll
from services.director.projects.ending import CANCELLED
from services.director.projects.events import EventLog
from services.director.projects.given import Given
from services.director.projects.run import SUMMARY, ProjectRun
from services.director.projects.steps import beside
from services.director.projects.telling import STREAM

WORKFLOW = "project"
VERSION = "1"
"""Raised when the steps of a run change: directors go on with projects of their own version."""
READ_SECONDS = 0.2
"""Between looks for new events of a project that another director runs."""
RUNNING = ["PENDING", "ENQUEUED", "DELAYED"]
"""States of a workflow that has not ended."""
_FINGERPRINT, _START_MS, _STOP = "fingerprint", "start_ms", "stop"
_STOPPED = "it was cancelled"
_log = structlog.get_logger()
Place = tuple[int, str]
"""Of a project in the order of starts: Unix milliseconds, id."""
MakeRun = Callable[[Given, EventLog], ProjectRun]


@dataclass(frozen=True, slots=True)
class Record:
    """A project as it is kept.

    director: who runs it, or ran it last. summary: how it stands, without what is bulky, once
    it has ended; empty before.
    """

    given: Given
    running: bool
    director: str
    fingerprint: str
    summary: str


class Engine:
    """Starts, finds and stops projects, and reads their events."""

    def __init__(self, director: str, roll: Roll, make_run: MakeRun) -> None:
        self._director = director
        self._roll = roll
        self._make_run = make_run
        self._runs: dict[str, ProjectRun] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._task_of: dict[str, asyncio.Task[Any]] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._reading: dict[str, _Reading] = {}
        self.stopping = False
        """Whether this director is about to leave its projects to others."""
        self._start = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(self._workflow())

    async def start(self, given: Given, fingerprint: str) -> None:
        """Starts the project, unless one of its id was started before."""
        facts = {_FINGERPRINT: fingerprint, _START_MS: given.start_ms}

        async def start() -> None:
            with SetWorkflowID(given.project_id), SetWorkflowAttributes(facts):
                await DBOS.start_workflow_async(self._start, given.stored())

        # Of its own: a caller who leaves in the middle must not leave a project that never runs.
        starting = asyncio.create_task(start())
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        await asyncio.shield(starting)

    async def find(self, project_id: str) -> Record | None:
        """The project of this id."""
        found = await self._listed(workflow_ids=[project_id])
        return found[0] if found else None

    async def running_elsewhere(self) -> list[tuple[str, str]]:
        """Projects in work that are not this director's, each with its director."""
        found = await DBOS.list_workflows_async(
            name=WORKFLOW, status="PENDING", app_version=VERSION, load_input=False,
            load_output=False,
        )  # fmt: skip
        return [
            (each.workflow_id, each.executor_id or "")
            for each in found
            if each.executor_id != self._director
        ]

    async def page(self, before: Place | None, most: int) -> list[Record]:
        """Projects before a place in the order of starts, the youngest first."""
        # Ordered here: on SQLite, DBOS knows the second in which a workflow began, and no more.
        found = await DBOS.list_workflows_async(name=WORKFLOW, load_input=False, load_output=False)
        places = sorted(
            ((int((each.attributes or {}).get(_START_MS, 0)), each.workflow_id) for each in found),
            reverse=True,
        )
        wanted = [
            name for place in places if before is None or place < before for name in place[1:]
        ]
        records = (
            {
                record.given.project_id: record
                for record in await self._listed(workflow_ids=wanted[:most])
            }
            if wanted
            else {}
        )
        return [records[name] for name in wanted[:most] if name in records]

    async def take_up_if_left(self, project_id: str, director: str) -> None:
        """Has a project in work go on, here or elsewhere, if the director that ran it is gone."""
        if director == self._director or not await self._roll.is_gone(director):
            return
        # Looked at again, since another director may have taken it up meanwhile. Where two do
        # at the same moment, DBOS lets the last one run and ends the other unheard.
        if (project_id, director) in await self.running_elsewhere():
            _log.info("project_taken_up", project_id=project_id, director=director)
            await DBOS.resume_workflow_async(project_id)

    async def ask_to_stop(self, project_id: str) -> None:
        """Has the project stop: at once where it runs here, else as its director looks."""
        await DBOS.update_workflow_attributes_async(project_id, {_STOP: True}, merge=True)
        if run := self._runs.get(project_id):
            run.stop(CANCELLED, _STOPPED)

    async def stop_those_told(self) -> None:
        """Stops the runs here that another director was asked to stop."""
        if self._runs:
            for project_id in await _told_to_stop(list(self._runs)):
                if run := self._runs.get(project_id):
                    run.stop(CANCELLED, _STOPPED)

    async def events(self, project_id: str) -> EventLog:
        """The events so far, as they are now."""
        if run := self._runs.get(project_id):
            return run.log
        return await self._written(project_id)

    async def _written(self, project_id: str) -> EventLog:
        log = EventLog()
        try:
            async for entry in DBOS.read_stream_async(project_id, STREAM, timeout_seconds=0):
                log.add_entry(entry)
        except dbos_errors.DBOSStreamTimeoutError:
            pass  # it has no more now
        return log

    @asynccontextmanager
    async def watched(self, project_id: str) -> AsyncIterator[EventLog]:
        """The events so far and to come, until the log is closed; one read for all watchers."""
        if run := self._runs.get(project_id):
            yield run.log
            return
        if self.stopping:
            closed = EventLog()
            closed.close()
            yield closed
            return
        reading = self._reading.get(project_id)
        if reading is None or reading.ended:
            reading = self._reading[project_id] = _Reading(project_id)
        reading.watchers += 1
        try:
            yield reading.log
        finally:
            reading.watchers -= 1
            if not reading.watchers and self._reading.get(project_id) is reading:
                del self._reading[project_id]
                await reading.close()

    def send_watchers_away(self) -> None:
        """Closes every log, so that no watcher keeps this process from its end."""
        self.stopping = True
        for log in [
            *(run.log for run in self._runs.values()),
            *(r.log for r in self._reading.values()),
        ]:
            log.close()

    async def leave(self) -> None:
        """Stands all runs still, for another director or the next start to go on with."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for reading in self._reading.values():
            await reading.close()

    def _workflow(self) -> Callable[[Mapping[str, Any]], Coroutine[Any, Any, None]]:
        async def project(stored: Mapping[str, Any]) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            await self._run(Given.of(stored), task)

        return project

    async def _run(self, given: Given, task: asyncio.Task[Any] | None) -> None:
        project_id = given.project_id
        if older := self._runs.get(project_id):  # it was taken from that one, which ends unheard
            _log.warning("project_taken_over_from_itself", project_id=project_id)
            if older_task := self._task_of.get(project_id):
                older_task.cancel()
                await asyncio.wait([older_task])
            older.log.close()
        log = await beside(self._written(project_id))
        run = self._runs[project_id] = self._make_run(given, log)
        if task is not None:
            self._task_of[project_id] = task
        if reading := self._reading.get(project_id):
            reading.log.close()  # who watched it from afar watches it here from now on
        try:
            if await beside(_told_to_stop([project_id])):
                run.stop(CANCELLED, _STOPPED)
            await run.run()
        except Exception:
            _log.exception("project_run_failed", project_id=project_id)
            raise
        finally:
            if self._runs.get(project_id) is run:
                del self._runs[project_id]
                self._task_of.pop(project_id, None)
            log.close()

    async def _listed(self, **wanted: Any) -> list[Record]:
        found = await DBOS.list_workflows_async(name=WORKFLOW, load_output=False, **wanted)
        return [_record(status) for status in found]


class _Reading:
    """Reads the events of a project that does not run here, for all who watch it here."""

    def __init__(self, project_id: str) -> None:
        self.log = EventLog()
        self.watchers = 0
        self._task = asyncio.create_task(self._read(project_id))

    @property
    def ended(self) -> bool:
        return self._task.done()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _read(self, project_id: str) -> None:
        try:
            entries = DBOS.read_stream_async(project_id, STREAM, polling_interval_sec=READ_SECONDS)
            async for entry in entries:
                self.log.add_entry(entry)
        except dbos_errors.DBOSNonExistentWorkflowError:
            _log.info("project_gone", project_id=project_id)
        except Exception:  # noqa: BLE001 who watches asks again
            _log.exception("events_not_read", project_id=project_id)
        finally:
            self.log.close()


def _record(status: WorkflowStatus) -> Record:
    inputs: Any = status.input
    facts = status.attributes or {}
    return Record(
        Given.of(inputs["args"][0]),
        status.status in RUNNING,
        status.executor_id or "",
        facts.get(_FINGERPRINT, ""),
        facts.get(SUMMARY, ""),
    )


async def _told_to_stop(projects: list[str]) -> list[str]:
    """Those that somebody asked to stop: on SQLite, DBOS does not filter by attributes."""
    found = await DBOS.list_workflows_async(
        workflow_ids=projects, load_input=False, load_output=False
    )
    return [status.workflow_id for status in found if (status.attributes or {}).get(_STOP)]
