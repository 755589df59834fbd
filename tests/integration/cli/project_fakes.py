"""The projects of the fake director: one project whose events a test writes down."""

from __future__ import annotations

import asyncio

from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceServicer
from attune.gateway.v1 import gateway_pb2
from project_samples import failed, project

from shared.rpc.errors import NotFound, OutOfRange, Unavailable


def events_of(made: pb.Project) -> list[pb.ProjectEvent]:
    """What such a project tells while it runs, numbered from 1."""
    told = [pb.ProjectEvent(domain_found=made.plan.profile)]
    told += [pb.ProjectEvent(task_planned=task) for task in made.plan.tasks]
    told.append(pb.ProjectEvent(plan_made=made.plan))
    told.append(pb.ProjectEvent(degraded=pb.Degraded(task_id="t1", text="was asked again")))
    for work in made.deliverables:
        told.append(pb.ProjectEvent(task_started=work.task_id))
        told.append(pb.ProjectEvent(task_finished=work))
    told.append(pb.ProjectEvent(spend=made.accounting))
    if made.state == pb.PROJECT_STATE_FINISHED:
        ended = pb.ProjectEvent(project_finished=pb.ProjectFinished(tasks_done=made.tasks_done))
    else:
        ended = pb.ProjectEvent(project_failed=made.failure)
    for sequence, event in enumerate([*told, ended], start=1):
        event.sequence = sequence
    return [*told, ended]


class FakeProjects(DirectorServiceServicer):
    """One project that is the answer to every start.

    served_by: of the estimate. breaks: numbers after which a stream is lost, once each.
    stands_after: the number after which nothing more happens. lost_starts: how many
    starts get no answer though they are heard.
    """

    def __init__(self) -> None:
        self.served_by = gateway_pb2.SERVED_BY_MOCK
        self.project = project()
        self.events = events_of(self.project)
        self.breaks: set[int] = set()
        self.stands_after = 0
        self.lost_starts = 0
        self.estimates: list[pb.StartProjectRequest] = []
        self.starts: list[pb.StartProjectRequest] = []
        self.watched: list[int] = []
        self.cancelled_ids: list[str] = []

    def ends_badly(self, state: pb.ProjectState.ValueType, reason: str) -> None:
        """The project is one that did not finish."""
        self.project = failed()
        self.project.state, self.project.failure.reason = state, reason
        self.events = events_of(self.project)

    async def EstimateProject(self, request, context):  # noqa: N802
        self.estimates.append(request.request)
        reply = pb.EstimateProjectResponse(served_by=self.served_by, tasks=8, basis="the plan")
        cost = gateway_pb2.Cost(nano_usd=90_000_000, status=gateway_pb2.COST_STATUS_EXACT)
        reply.at_most.CopyFrom(cost)
        reply.probably.CopyFrom(cost)
        return reply

    async def StartProject(self, request, context):  # noqa: N802
        self.starts.append(request)
        named = request.plan if request.WhichOneof("start") == "plan" else request.goal
        self.project.project_id = named.project_id
        if self.lost_starts:
            self.lost_starts -= 1
            raise Unavailable("went away", reason="SERVICE_UNAVAILABLE")
        return pb.StartProjectResponse(project=self.project)

    async def WatchProject(self, request, context):  # noqa: N802
        self._check(request.project_id)
        self.watched.append(request.after_sequence)
        if request.after_sequence > len(self.events):
            raise OutOfRange("not so far", reason="SEQUENCE_FROM_THE_FUTURE")
        for event in self.events[request.after_sequence :]:
            yield pb.WatchProjectResponse(event=event)
            if event.sequence == self.stands_after:
                await asyncio.Event().wait()
            if event.sequence in self.breaks:
                self.breaks.remove(event.sequence)
                raise Unavailable("went away", reason="SERVICE_UNAVAILABLE")

    async def GetProject(self, request, context):  # noqa: N802
        self._check(request.project_id)
        return pb.GetProjectResponse(project=self.project)

    async def ListProjects(self, request, context):  # noqa: N802
        """Three projects, one on each page."""
        number = int(request.page_token or 0)
        made = pb.Project(project_id=f"p-{number}", goal=f"Goal {number}")
        token = "" if number == 2 else str(number + 1)
        return pb.ListProjectsResponse(projects=[made], next_page_token=token)

    async def CancelProject(self, request, context):  # noqa: N802
        self._check(request.project_id)
        self.cancelled_ids.append(request.project_id)
        return pb.CancelProjectResponse(project=self.project)

    def _check(self, project_id: str) -> None:
        if project_id != self.project.project_id:
            raise NotFound(f"there is no project {project_id!r}", reason="PROJECT_NOT_FOUND")
