"""One trial asked of a running system: a plan or a whole project, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

import structlog
from attune.client import AttuneClient
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from shared.cli.project_follow import follow
from shared.preprod.scenario import Scenario
from shared.preprod.trial import State
from shared.rpc.errors import AttuneError
from shared.structured.ask import spent_in

ASK_SECONDS = 60.0
"""For what is answered at once."""
GRACE_SECONDS = 30.0
"""Beyond a scenario's deadline, which the director itself holds."""
MODELS_FAULTS = frozenset({
    "INVALID_PLAN", "UNUSABLE_ANSWER", "MODEL_REFUSED", "UNFINISHED_DELIVERABLE", "TASKS_FAILED",
})  # fmt: skip
"""Reasons that are the model's own, told as they should be."""
STOPS = frozenset({"BUDGET_EXHAUSTED", "CANCELLED"})
PLANNING = ("classify_domain", "propose_team", "analyze_goal", "reword_tasks")
_log = structlog.get_logger()


class Depth(StrEnum):
    """How far a trial goes."""

    PLAN = "plan"
    PROJECT = "project"


@dataclass(slots=True)
class Outcome:
    """What came of a trial, as the target told it."""

    state: State = State.BROKEN
    reason: str = ""
    message: str = ""
    profile: domain_pb2.DomainProfile | None = None
    plan: pb.Plan | None = None
    project: pb.Project | None = None
    accounting: gateway_pb2.Accounting = field(default_factory=gateway_pb2.Accounting)
    degraded: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask for. budget_nano_usd: what this trial may cost; None: no limit of its own."""

    scenario: Scenario
    project_id: str
    depth: Depth
    models: Mapping[str, str]
    budget_nano_usd: int | None = None
    reviews: int | None = None

    def goal(self) -> pb.CreatePlanRequest:
        """The goal as the director takes it."""
        asked = self.scenario
        request = pb.CreatePlanRequest(
            goal=asked.goal, project_id=self.project_id, models=dict(self.models)
        )
        request.constraints.max_tasks = asked.limits.max_tasks
        request.constraints.max_roles = asked.limits.max_roles
        if self.budget_nano_usd is not None:
            request.constraints.budget_nano_usd = self.budget_nano_usd
        for name, text in asked.context.items():
            request.context.add(name=name, text=text)
        return request

    def start(self) -> pb.StartProjectRequest:
        """The whole project."""
        request = pb.StartProjectRequest(
            goal=self.goal(),
            max_review_rounds=self.reviews or 0,
            without_reviews=self.reviews == 0,
        )
        request.max_duration.FromMilliseconds(round(self.scenario.deadline_seconds * 1e3))
        return request


async def ask(
    client: AttuneClient, order: Order, seen: Callable[[pb.ProjectEvent], None]
) -> Outcome:
    """Asks, waits for the end, and tells it; whatever goes wrong is in the outcome.

    seen: hears of a project's events. Whoever cancels this stops the project, too.
    """
    outcome = Outcome()
    try:
        async with asyncio.timeout(order.scenario.deadline_seconds + GRACE_SECONDS):
            if order.depth is Depth.PLAN:
                await _plan(client, order, outcome)
            else:
                await _project(client, order, seen, outcome)
    except AttuneError as error:
        outcome.state = _state_of(error.reason)
        outcome.reason, outcome.message = error.reason, error.message
        if not outcome.accounting.calls:
            outcome.accounting = spent_in(error)
    except TimeoutError:
        outcome.state, outcome.reason = State.BROKEN, "DEADLINE_EXCEEDED"
        outcome.message = f"not done after {order.scenario.deadline_seconds:g} s"
        await _stop(client, order)
    except asyncio.CancelledError:
        await asyncio.shield(_stop(client, order))
        raise
    return outcome


async def _plan(client: AttuneClient, order: Order, outcome: Outcome) -> None:
    reply = await client.director.CreatePlan(order.goal(), timeout=order.scenario.deadline_seconds)
    outcome.plan, outcome.profile = reply.plan, reply.plan.profile
    outcome.accounting = reply.plan.accounting
    outcome.degraded = list(reply.plan.degraded)
    outcome.state = State.FINISHED


async def _project(
    client: AttuneClient,
    order: Order,
    seen: Callable[[pb.ProjectEvent], None],
    outcome: Outcome,
) -> None:
    def hear(event: pb.ProjectEvent) -> None:
        if event.WhichOneof("event") == "domain_found":
            outcome.profile = event.domain_found
        seen(event)

    def lost(error: AttuneError) -> None:
        _log.warning("watching_again", project_id=order.project_id, fault=error.message)

    await _started(client, order)
    await follow(client.director, order.project_id, 0, hear, lost)
    request = pb.GetProjectRequest(project_id=order.project_id)
    project = (await client.director.GetProject(request, timeout=ASK_SECONDS)).project
    outcome.project = project
    outcome.accounting = project.accounting
    outcome.degraded = list(dict.fromkeys([*project.plan.degraded, *project.degraded]))
    if project.HasField("plan"):
        outcome.plan, outcome.profile = project.plan, project.plan.profile
    if project.state == pb.PROJECT_STATE_FINISHED:
        outcome.state = State.FINISHED
        return
    outcome.reason, outcome.message = project.failure.reason, project.failure.message
    outcome.state = _state_of(outcome.reason)


async def _started(client: AttuneClient, order: Order) -> None:
    """Starts it, to the answer: one that nobody knows to be started could not be stopped."""

    async def start() -> None:
        await client.director.StartProject(order.start(), timeout=ASK_SECONDS)

    starting = asyncio.create_task(start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting])
        starting.exception()  # asked for here: what ended the run is told instead
        raise


async def _stop(client: AttuneClient, order: Order) -> None:
    """Ends a project that nobody waits for any more; a plan ends with its call."""
    if order.depth is Depth.PROJECT:
        with suppress(AttuneError):
            await client.director.CancelProject(
                pb.CancelProjectRequest(project_id=order.project_id), timeout=ASK_SECONDS
            )


def _state_of(reason: str) -> State:
    if reason in MODELS_FAULTS:
        return State.REFUSED
    return State.STOPPED if reason in STOPS else State.BROKEN
