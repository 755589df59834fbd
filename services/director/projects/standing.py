"""How a project stands: its events, added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb

from services.director.projects.ending import STOPS


def standing(project_id: str, goal: str, events: Iterable[pb.ProjectEvent]) -> pb.Project:
    """The project after these events, which are all from the first one on."""
    sum_ = _Sum(project_id, goal)
    for event in events:
        sum_.add(event)
    return sum_.project()


def brief(project: pb.Project) -> pb.Project:
    """The same without what is bulky, as lists have it."""
    for bulky in ("plan", "deliverables", "tasks", "leakage", "degraded"):
        project.ClearField(bulky)
    if project.HasField("accounting"):
        project.accounting.ClearField("answers")
    return project


class _Sum:
    def __init__(self, project_id: str, goal: str) -> None:
        self._project = pb.Project(project_id=project_id, goal=goal, state=pb.PROJECT_STATE_RUNNING)
        self._tasks: dict[str, pb.TaskStanding] = {}
        self._deliverables: dict[str, analyst_pb2.Deliverable] = {}
        self._adders: Mapping[str, Callable[[pb.ProjectEvent], None]] = {
            "plan_made": self._plan_made,
            "task_started": self._task_started,
            "deliverable_reviewed": self._reviewed,
            "task_finished": self._task_finished,
            "task_failed": self._task_failed,
            "task_spend": self._task_spend,
            "degraded": self._degraded,
            "spend": lambda event: self._project.accounting.CopyFrom(event.spend),
            "leakage_measured": self._leakage_measured,
            "project_finished": self._ended,
            "project_failed": self._ended,
        }

    def add(self, event: pb.ProjectEvent) -> None:
        self._project.last_sequence = event.sequence
        adder = self._adders.get(event.WhichOneof("event") or "")
        if adder is not None:
            adder(event)

    def project(self) -> pb.Project:
        project, done = self._project, self._deliverables
        project.tasks.extend(self._tasks.values())
        project.deliverables.extend(done[task] for task in self._tasks if task in done)
        project.tasks_done = len(done)
        project.tasks_planned = len(self._tasks)
        return project

    def _plan_made(self, event: pb.ProjectEvent) -> None:
        self._project.plan.CopyFrom(event.plan_made)
        for task in event.plan_made.tasks:
            self._tasks[task.id] = pb.TaskStanding(task_id=task.id, state=pb.TASK_STATE_WAITING)

    def _task_started(self, event: pb.ProjectEvent) -> None:
        task = self._tasks[event.task_started]
        task.state = pb.TASK_STATE_RUNNING
        task.start_time.CopyFrom(event.time)

    def _reviewed(self, event: pb.ProjectEvent) -> None:
        task = self._tasks[event.deliverable_reviewed.task_id]
        del task.verdicts[:]
        task.verdicts.extend(event.deliverable_reviewed.verdicts)

    def _task_finished(self, event: pb.ProjectEvent) -> None:
        task = self._tasks[event.task_finished.task_id]
        task.state = pb.TASK_STATE_DONE
        task.end_time.CopyFrom(event.time)
        self._deliverables[task.task_id] = event.task_finished

    def _task_failed(self, event: pb.ProjectEvent) -> None:
        task = self._tasks[event.task_failed.task_id]
        task.state = pb.TASK_STATE_FAILED
        task.fault = event.task_failed.message
        task.end_time.CopyFrom(event.time)

    def _task_spend(self, event: pb.ProjectEvent) -> None:
        task = self._tasks[event.task_spend.task_id]
        task.rounds = event.task_spend.rounds
        task.accounting.CopyFrom(event.task_spend.accounting)

    def _degraded(self, event: pb.ProjectEvent) -> None:
        task, text = event.degraded.task_id, event.degraded.text
        self._project.degraded.append(f"{task}: {text}" if task else text)
        if task in self._tasks:
            self._tasks[task].degraded.append(text)

    def _leakage_measured(self, event: pb.ProjectEvent) -> None:
        self._project.leakage.CopyFrom(event.leakage_measured)

    def _ended(self, event: pb.ProjectEvent) -> None:
        if event.HasField("time"):
            self._project.end_time.CopyFrom(event.time)
        self._project.state = pb.PROJECT_STATE_FINISHED
        if event.WhichOneof("event") == "project_failed":
            self._project.failure.CopyFrom(event.project_failed)
            stopped = event.project_failed.reason in STOPS
            self._project.state = pb.PROJECT_STATE_CANCELLED if stopped else pb.PROJECT_STATE_FAILED
        for task in self._tasks.values():
            if task.state in (pb.TASK_STATE_WAITING, pb.TASK_STATE_RUNNING):
                task.state = pb.TASK_STATE_OPEN
