"""What operators see of projects: how many run here, how they and their tasks end."""

from __future__ import annotations

from attune.director.v1 import director_pb2 as pb
from prometheus_client import CollectorRegistry, Counter, Gauge

_STATES = {
    pb.PROJECT_STATE_FINISHED: "finished",
    pb.PROJECT_STATE_FAILED: "failed",
    pb.PROJECT_STATE_CANCELLED: "cancelled",
}
_TASK_STATES = {
    pb.TASK_STATE_DONE: "done",
    pb.TASK_STATE_FAILED: "failed",
    pb.TASK_STATE_OPEN: "open",
}
_REASONS = frozenset({
    "CANCELLED", "DEADLINE_EXCEEDED", "BUDGET_EXHAUSTED", "CALLS_EXHAUSTED", "TASKS_FAILED",
})  # fmt: skip


class ProjectMetrics:
    """Counters of one director."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.running = Gauge(
            "attune_projects_running", "Projects that run in this director now.",
            registry=registry,
        )  # fmt: skip
        self._ended = Counter(
            "attune_projects_ended", "Projects that ended here, by state and why.",
            ["state", "reason"], registry=registry,
        )  # fmt: skip
        self._tasks = Counter(
            "attune_project_tasks_ended", "Tasks of projects that ended here, by state.",
            ["state"], registry=registry,
        )  # fmt: skip

    def ended(self, project: pb.Project) -> None:
        """Counts a project and its tasks."""
        reason = project.failure.reason
        known = reason if not reason or reason in _REASONS else "other"
        self._ended.labels(_STATES.get(project.state, "other"), known).inc()
        for task in project.tasks:
            self._tasks.labels(_TASK_STATES.get(task.state, "other")).inc()
