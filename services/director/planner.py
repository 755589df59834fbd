"""A goal becomes a checked plan: field, team, tasks, rules, language; one re-ask of each."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import structlog
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2

from services.director.messages import role_message, task_message, task_value
from services.director.plan import Role, Task
from services.director.plan_check import plan_violations, team_violations
from services.director.plan_language import PlanLanguage
from services.director.plan_repair import repair_plan, repair_team
from services.director.progress import Progress
from services.director.team import TeamWanted, propose_team
from shared.context.language import language_name
from shared.rpc.checks import DEFAULT_TASKS
from shared.rpc.errors import AttuneError, FailedPrecondition
from shared.structured.accounting import total
from shared.structured.ask import MODEL_REFUSED, Asker, UnusableAnswer, add_spent, spent_in

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceAsyncStub
    from attune.domain.v1.domain_pb2_grpc import DomainServiceAsyncStub

DEFAULT_MAX_ROLES = 4
MAX_FINDINGS, MAX_FINDING = 60, 500
"""Violations that the model is told when asked again, and characters of each."""
ItemT = TypeVar("ItemT")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Rules(Generic[ItemT]):
    """How a list that the model gives is checked and mended."""

    what: str
    check: Callable[[list[ItemT]], list[str]]
    repair: Callable[[list[ItemT]], tuple[list[ItemT], list[str]]]


class PlanObserver(Protocol):
    """Hears of a plan's parts as they are found."""

    def domain_found(self, profile: domain_pb2.DomainProfile) -> None:
        """The field."""

    def team_proposed(self, team: list[analyst_pb2.TeamMember]) -> None:
        """The team."""


class Planner:
    """Makes plans with the help of the domain service, the analyst and the model."""

    def __init__(
        self, domain: DomainServiceAsyncStub, analyst: AnalystServiceAsyncStub, asker: Asker
    ) -> None:
        self._domain = domain
        self._analyst = analyst
        self._asker = asker
        self._language = PlanLanguage(domain, analyst)

    async def create_plan(
        self, request: pb.CreatePlanRequest, observer: PlanObserver | None = None
    ) -> pb.Plan:
        """The plan for a checked request.

        Raises FailedPrecondition (INVALID_PLAN) when rules cannot mend what the model
        gives, and what the services that it asks raise; metadata["spent"] has what it cost.
        """
        progress = Progress()
        try:
            return await self._made(request, observer, progress)
        except AttuneError as error:
            add_spent(error, progress.accounting)
            raise

    async def _made(
        self, request: pb.CreatePlanRequest, observer: PlanObserver | None, progress: Progress
    ) -> pb.Plan:
        project_id = request.project_id or new_project_id()
        limits = request.constraints
        max_roles = limits.max_roles or DEFAULT_MAX_ROLES
        max_tasks = limits.max_tasks or DEFAULT_TASKS
        profile = await self._profile(request, project_id, progress)
        if observer:
            observer.domain_found(profile)
        roles = await self._team(request, project_id, profile, max_roles, progress)
        if observer:
            observer.team_proposed([role_message(role) for role in roles])
        tasks = await self._tasks(request, project_id, profile, roles, max_tasks, progress)
        tasks, leakage = await self._language.checked(
            request, project_id, profile, roles, tasks, progress
        )
        plan = pb.Plan(
            project_id=project_id,
            goal=request.goal,
            profile=profile,
            team=[role_message(role) for role in roles],
            tasks=[task_message(task) for task in tasks],
            leakage=leakage,
            accounting=total(progress.accounting),
            degraded=progress.degraded,
            open_questions=[
                analyst_pb2.OpenQuestion(question=question, task_id=task.id)
                for task in tasks
                for question in task.finds_out
            ],
        )
        _log.info(
            "plan", project_id=project_id, domain=profile.domain, roles=len(roles),
            tasks=len(tasks), calls=plan.accounting.calls, degraded=len(plan.degraded),
            leak_rate=leakage.leak_rate if leakage.measured else None,
        )  # fmt: skip
        return plan

    async def _profile(
        self, request: pb.CreatePlanRequest, project_id: str, progress: Progress
    ) -> domain_pb2.DomainProfile:
        reply = await self._domain.ClassifyDomain(
            domain_pb2.ClassifyDomainRequest(
                goal=request.goal,
                context=request.context,
                language=request.constraints.language,
                project_id=project_id,
                model=request.models.get("classify_domain", ""),
                domain=request.domain,
            )
        )
        progress.add(reply.accounting, reply.degraded)
        return reply.profile

    async def _team(
        self,
        request: pb.CreatePlanRequest,
        project_id: str,
        profile: domain_pb2.DomainProfile,
        max_roles: int,
        progress: Progress,
    ) -> list[Role]:
        wanted = TeamWanted(
            goal=request.goal,
            context=request.context,
            profile=profile,
            max_roles=max_roles,
            language=language_name(request.constraints.language or profile.language),
            project_id=project_id,
            model=request.models.get("propose_team", ""),
        )

        async def ask(findings: Sequence[str]) -> list[Role]:
            proposed = await propose_team(self._asker, wanted, findings)
            progress.add(proposed.accounting, proposed.degraded)
            return proposed.roles

        rules: _Rules[Role] = _Rules(
            "team",
            lambda roles: team_violations(roles, max_roles),
            lambda roles: repair_team(roles, max_roles),
        )
        return await _checked(ask, rules, progress, project_id)

    async def _tasks(
        self,
        request: pb.CreatePlanRequest,
        project_id: str,
        profile: domain_pb2.DomainProfile,
        roles: list[Role],
        max_tasks: int,
        progress: Progress,
    ) -> list[Task]:
        async def ask(findings: Sequence[str]) -> list[Task]:
            reply = await self._analyst.AnalyzeGoal(
                analyst_pb2.AnalyzeGoalRequest(
                    goal=request.goal,
                    profile=profile,
                    team=[role_message(role) for role in roles],
                    context=request.context,
                    max_tasks=max_tasks,
                    language=request.constraints.language,
                    project_id=project_id,
                    model=request.models.get("analyze_goal", ""),
                    findings=findings,
                )
            )
            progress.add(reply.accounting, reply.degraded)
            tasks = [task_value(task) for task in reply.tasks]
            return _with_questions(tasks, reply.open_questions, progress)

        rules: _Rules[Task] = _Rules(
            "plan",
            lambda tasks: plan_violations(roles, tasks, max_tasks),
            lambda tasks: repair_plan(roles, tasks, max_tasks),
        )
        return await _checked(ask, rules, progress, project_id)


def _with_questions(
    tasks: list[Task], questions: Sequence[analyst_pb2.OpenQuestion], progress: Progress
) -> list[Task]:
    """Each question with the task that finds it out; one that has none is told and left out."""
    ids = {task.id for task in tasks}
    asked: dict[str, list[str]] = {}
    for each in questions:
        if each.task_id in ids:
            asked.setdefault(each.task_id, []).append(each.question)
        else:
            progress.note(
                f"plan: the question {each.question!r} was left out: no task finds it out"
            )
    return [replace(task, finds_out=tuple(dict.fromkeys(asked.get(task.id, ())))) for task in tasks]


def new_project_id() -> str:
    """For a project that its caller did not name."""
    return f"p-{uuid.uuid4().hex[:12]}"


async def _checked(
    ask: Callable[[Sequence[str]], Awaitable[list[ItemT]]],
    rules: _Rules[ItemT],
    progress: Progress,
    project_id: str,
) -> list[ItemT]:
    """What the model gives, asked once more where it breaks rules, then mended by rule."""
    first = await ask(())
    violations = rules.check(first)
    if not violations:
        return first
    progress.degraded.append(f"{rules.what}: asked again, since {'; '.join(violations)}")
    try:
        second = await ask([violation[:MAX_FINDING] for violation in violations[:MAX_FINDINGS]])
    except AttuneError as error:
        if error.reason not in (UnusableAnswer.default_reason, MODEL_REFUSED):
            raise
        progress.add(spent_in(error), [f"{rules.what}: {error.message}"])
        second = []
    still = rules.check(second)
    if not still:
        return second
    for given in (second, first):  # the first may hold what the second lost
        mended, notes = rules.repair(given)
        if mended and not rules.check(mended):
            progress.degraded += [f"{rules.what}: {note}" for note in notes]
            return mended
    raise FailedPrecondition(
        f"the model gave no valid {rules.what} in two tries; the last: {'; '.join(still)}",
        reason="INVALID_PLAN",
        metadata={"project_id": project_id, "violations": str(len(still))},
    )
