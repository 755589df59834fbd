"""A director of projects by script: what it streams, where streams break off, what it ends with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from cli_fakes import FakeDirector, make_plan

from shared.rpc.errors import NotFound, Unavailable


def events_of(project: pb.Project) -> list[pb.ProjectEvent]:
    """What would have been told of a project that stands as this one."""
    events = [pb.ProjectEvent(domain_found=project.plan.profile)]
    events += [pb.ProjectEvent(task_planned=task) for task in project.plan.tasks]
    events.append(pb.ProjectEvent(plan_made=project.plan))
    for work in project.deliverables:
        events.append(pb.ProjectEvent(task_started=work.task_id))
        events.append(pb.ProjectEvent(task_finished=work))
    events += [pb.ProjectEvent(degraded=pb.Degraded(text=text)) for text in project.degraded]
    events.append(pb.ProjectEvent(spend=project.accounting))
    if project.state == pb.PROJECT_STATE_FINISHED:
        events.append(pb.ProjectEvent(project_finished=pb.ProjectFinished(tasks_done=1)))
    else:
        events.append(pb.ProjectEvent(project_failed=project.failure))
    for number, event in enumerate(events, 1):
        event.sequence = number
    return events


class FakeProjects(FakeDirector):
    """Runs the project that it is given; `breaks` are numbers after which a stream breaks off."""

    def __init__(self, project: pb.Project | None = None) -> None:
        super().__init__()
        self.project = project or pb.Project()
        self.served_by = gateway_pb2.SERVED_BY_MOCK
        self.started: list[pb.StartProjectRequest] = []
        self.watched_after: list[int] = []
        self.breaks: list[int] = []
        self.holds_after = 0
        self.holding = asyncio.Event()
        self.cancelled_projects: list[str] = []

    async def EstimateProject(self, request, context):  # noqa: N802
        real = self.served_by == gateway_pb2.SERVED_BY_REAL
        cost = gateway_pb2.Cost(
            nano_usd=420_000_000 if real else 0,
            status=gateway_pb2.COST_STATUS_EXACT if real else gateway_pb2.COST_STATUS_MOCK,
        )
        each = pb.PurposeEstimate(
            purpose="perform_task", model="m", calls_at_most=12, calls_probably=3,
            at_most=cost, probably=cost,
        )  # fmt: skip
        return pb.EstimateProjectResponse(
            at_most=cost, probably=cost, basis="usual lengths", purposes=[each], tasks=3,
            served_by=self.served_by,
        )  # fmt: skip

    async def StartProject(self, request, context):  # noqa: N802
        self.started.append(request)
        start = request.plan if request.WhichOneof("start") == "plan" else request.goal
        self.project.project_id = start.project_id
        return pb.StartProjectResponse(project=self.project)

    async def WatchProject(self, request, context):  # noqa: N802
        self._find(request.project_id)
        self.watched_after.append(request.after_sequence)
        for event in events_of(self.project)[request.after_sequence :]:
            if self.breaks and event.sequence > self.breaks[0]:
                self.breaks.pop(0)
                raise Unavailable("the director is stopping", reason="DIRECTOR_STOPPING")
            if self.holds_after and event.sequence > self.holds_after:
                self.holding.set()
                await asyncio.Event().wait()
            yield pb.WatchProjectResponse(event=event)

    async def GetProject(self, request, context):  # noqa: N802
        return pb.GetProjectResponse(project=self._find(request.project_id))

    async def ListProjects(self, request, context):  # noqa: N802
        return pb.ListProjectsResponse(projects=self._all())

    async def CancelProject(self, request, context):  # noqa: N802
        project = self._find(request.project_id)
        self.cancelled_projects.append(request.project_id)
        project.state = pb.PROJECT_STATE_CANCELLED
        return pb.CancelProjectResponse(project=project)

    def _all(self) -> Sequence[pb.Project]:
        return [self.project] if self.project.project_id else []

    def _find(self, project_id: str) -> pb.Project:
        if self.project.project_id != project_id:
            raise NotFound(f"there is no project {project_id!r}", reason="PROJECT_NOT_FOUND")
        return self.project


__all__ = ["FakeProjects", "events_of", "make_plan"]
