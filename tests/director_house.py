"""A director's projects on a database of their own, around an analyst that does as it is told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from prometheus_client import CollectorRegistry

from services.director.projects.books import Books
from services.director.projects.ending import Ending
from services.director.projects.engine import Engine
from services.director.projects.launching import launched
from services.director.projects.metrics import ProjectMetrics
from services.director.projects.projects import Projects
from services.director.projects.run import ProjectRun, Services
from services.director.settings import RESUME_ALL
from shared.rpc.errors import NotFound

VERSIONS = {"perform_task": "perform_task@1", "review_deliverable": "review_deliverable@1"}
A_CALL = gateway_pb2.Accounting(
    calls=1, attempts=1, served_by=gateway_pb2.SERVED_BY_REAL,
    cost=gateway_pb2.Cost(nano_usd=5, status=gateway_pb2.COST_STATUS_EXACT),
)  # fmt: skip
MET, NOT_MET = analyst_pb2.VERDICT_MET, analyst_pb2.VERDICT_NOT_MET

Perform = Callable[[analyst_pb2.PerformTaskRequest], str]
Review = Callable[[analyst_pb2.ReviewDeliverableRequest], list["analyst_pb2.Verdict.ValueType"]]


def a_plan(**depends_on: list[str]) -> pb.Plan:
    """A plan with these tasks."""
    return pb.Plan(
        goal="Bake sourdough",
        profile=domain_pb2.DomainProfile(domain="baking", label="Baking", language="en"),
        team=[analyst_pb2.TeamMember(name="Baker", responsibility="bakes")],
        tasks=[
            analyst_pb2.Task(
                id=name, title=f"Title of {name}", role="Baker", depends_on=needed,
                acceptance_criteria=[f"The text of {name} can be read"],
            )
            for name, needed in depends_on.items()
        ],
    )  # fmt: skip


def started(project_id: str, plan: pb.Plan, **limits: Any) -> pb.StartProjectRequest:
    """A request to start this plan."""
    request = pb.StartProjectRequest(plan=plan, **limits)
    request.plan.project_id = project_id
    return request


@dataclass
class FakeServices:
    """Analyst, domain and gateway in one. Tasks in `held` wait until they are released."""

    perform: Perform = lambda request: f"# {request.task.title}\n\nwork"
    review: Review = lambda request: [MET] * len(request.acceptance_criteria)
    performed: list[analyst_pb2.PerformTaskRequest] = field(default_factory=list)
    reviewed: list[analyst_pb2.ReviewDeliverableRequest] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    at_work: Counter[str] = field(default_factory=Counter)
    most_at_work: int = 0
    cancelled: list[str] = field(default_factory=list)
    budgets: dict[str, gateway_pb2.Budget] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def hold(self, *tasks: str) -> None:
        self.held |= {task: asyncio.Event() for task in tasks}

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that a call to these services makes true."""
        async with asyncio.timeout(30):
            while not condition():
                self.moved.clear()
                await self.moved.wait()

    async def PerformTask(self, request):  # noqa: N802
        task = request.task.id
        self.performed.append(request)
        self.at_work[task] += 1
        self.most_at_work = max(self.most_at_work, self.at_work.total())
        self.moved.set()
        try:
            if task in self.held:
                await self.held[task].wait()
            await asyncio.sleep(0)
            markdown = self.perform(request)
        except asyncio.CancelledError:
            self.cancelled.append(task)
            raise
        finally:
            self.at_work[task] -= 1
            self.moved.set()
        work = analyst_pb2.Deliverable(task_id=task, markdown=markdown)
        return analyst_pb2.PerformTaskResponse(deliverable=work, accounting=A_CALL)

    async def ReviewDeliverable(self, request):  # noqa: N802
        self.reviewed.append(request)
        verdicts = [
            analyst_pb2.CriterionVerdict(criterion=criterion, verdict=verdict, finding="why")
            for criterion, verdict in zip(
                request.acceptance_criteria, self.review(request), strict=True
            )
        ]
        return analyst_pb2.ReviewDeliverableResponse(verdicts=verdicts, accounting=A_CALL)

    async def MeasureLeakage(self, request):  # noqa: N802
        report = domain_pb2.LeakageReport(measured=True)
        for _ in request.texts:
            report.texts.add()
        return domain_pb2.MeasureLeakageResponse(report=report)

    async def GetSpend(self, request):  # noqa: N802
        calls = len(self.performed) + len(self.reviewed)
        row = gateway_pb2.SpendRow(calls=calls, served_by=gateway_pb2.SERVED_BY_REAL)
        return gateway_pb2.GetSpendResponse(rows=[row], total=row)

    async def GetBudget(self, request):  # noqa: N802
        if request.project_id not in self.budgets:
            raise NotFound("none", reason="BUDGET_NOT_FOUND")
        return gateway_pb2.GetBudgetResponse(budget=self.budgets[request.project_id])

    async def SetBudget(self, request):  # noqa: N802
        self.budgets[request.budget.project_id] = request.budget
        return gateway_pb2.SetBudgetResponse(budget=request.budget)


@dataclass(frozen=True)
class DirectorHouse:
    """Projects, and what they ask."""

    projects: Projects
    engine: Engine
    services: FakeServices

    async def events(self, project_id: str, after: int = 0) -> list[pb.ProjectEvent]:
        """To the end."""
        async with asyncio.timeout(30):
            return [event async for event in self.projects.watch(project_id, after)]

    async def ended(self, request: pb.StartProjectRequest) -> pb.Project:
        """Started, watched to its end, and read."""
        project = await self.projects.start(request)
        await self.events(project.project_id)
        return await self.projects.read(project.project_id)


@asynccontextmanager
async def director_house(
    folder: Path,
    services: FakeServices | None = None,
    *,
    resume: str = RESUME_ALL,
    context_tokens: int = 1_000,
    url: str = "",
    versions: dict[str, str] | None = None,
) -> AsyncIterator[DirectorHouse]:
    """Projects that run while the block does, and stand still after it."""
    fakes: Any = services or FakeServices()
    books = Books(fakes)
    metrics = ProjectMetrics(CollectorRegistry())
    means = Services(fakes, fakes, Ending(fakes, books), books, context_tokens, 1_000, metrics)
    url = url or f"sqlite:///{folder}/projects.db"
    async with launched(url, lambda given, log: ProjectRun(given, means, log), resume) as engine:
        yield DirectorHouse(Projects(engine, versions or VERSIONS), engine, fakes)
