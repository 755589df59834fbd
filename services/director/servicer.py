"""The director's RPCs: messages in, messages out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceServicer

from services.director.estimating import Estimating
from services.director.planner import Planner, new_project_id
from services.director.projects.books import Books
from services.director.projects.checks import check_plan_request, check_project
from services.director.projects.projects import MOST_ON_A_PAGE, MOST_TOKEN, Projects
from shared.rpc.checks import MAX_NAME_CHARACTERS, RequestChecks


class DirectorServicer(DirectorServiceServicer):
    """Serves all of the director's RPCs."""

    def __init__(
        self, planner: Planner, projects: Projects, estimating: Estimating, books: Books
    ) -> None:
        self._planner = planner
        self._projects = projects
        self._estimating = estimating
        self._books = books

    async def CreatePlan(
        self, request: pb.CreatePlanRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.CreatePlanResponse:
        """A goal becomes a checked plan."""
        checks = RequestChecks()
        check_plan_request(checks, request)
        checks.done()
        if request.constraints.HasField("budget_nano_usd"):
            request.project_id = request.project_id or new_project_id()
            await self._books.limit(request.project_id, request.constraints.budget_nano_usd)
        return pb.CreatePlanResponse(plan=await self._planner.create_plan(request))

    async def StartProject(
        self, request: pb.StartProjectRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.StartProjectResponse:
        """A project begins, and runs on."""
        checks = RequestChecks()
        check_project(checks, request)
        checks.done()
        return pb.StartProjectResponse(project=await self._projects.start(request))

    async def WatchProject(
        self, request: pb.WatchProjectRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[pb.WatchProjectResponse]:
        """Events as they come."""
        checks = RequestChecks()
        _check_id(checks, request.project_id)
        checks.number("after_sequence", request.after_sequence, least=0, most=2**62)
        checks.done()
        async for event in self._projects.watch(request.project_id, request.after_sequence):
            yield pb.WatchProjectResponse(event=event)

    async def GetProject(
        self, request: pb.GetProjectRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetProjectResponse:
        """How one stands."""
        checks = RequestChecks()
        _check_id(checks, request.project_id)
        checks.done()
        return pb.GetProjectResponse(project=await self._projects.read(request.project_id))

    async def ListProjects(
        self, request: pb.ListProjectsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListProjectsResponse:
        """How all stand, in pages."""
        checks = RequestChecks()
        checks.number("page_size", request.page_size, least=0, most=MOST_ON_A_PAGE)
        checks.text("page_token", request.page_token, most=MOST_TOKEN)
        checks.done()
        projects, token = await self._projects.page(request.page_size, request.page_token)
        return pb.ListProjectsResponse(projects=projects, next_page_token=token)

    async def CancelProject(
        self, request: pb.CancelProjectRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.CancelProjectResponse:
        """One is stopped."""
        checks = RequestChecks()
        _check_id(checks, request.project_id)
        checks.done()
        return pb.CancelProjectResponse(project=await self._projects.cancel(request.project_id))

    async def EstimateProject(
        self, request: pb.EstimateProjectRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.EstimateProjectResponse:
        """The price of one, before it starts."""
        checks = RequestChecks()
        check_project(checks, request.request)
        checks.done()
        return await self._estimating.estimate(request.request)


def _check_id(checks: RequestChecks, project_id: str) -> None:
    checks.text("project_id", project_id, most=MAX_NAME_CHARACTERS, required=True)
