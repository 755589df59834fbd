"""What is wrong with a project to start: everything at once, before any money is spent."""

from __future__ import annotations

from collections.abc import Mapping

from attune.director.v1 import director_pb2 as pb

from services.director.messages import role_value, task_value
from services.director.plan_check import plan_violations, team_violations
from services.director.projects.caps import MOST_CALLS_OF_A_STEP
from shared.context.language import is_language_tag
from shared.context.templates import TEMPLATES
from shared.rpc.checks import (
    MAX_GOAL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_TASKS,
    RequestChecks,
    check_context,
    check_goal,
    check_profile,
    check_task_texts,
)

MAX_ROLES = 20
MAX_PARALLEL_TASKS = 20
MAX_REVIEW_ROUNDS = 5
MAX_SECONDS = 30 * 24 * 3600
MAX_NANO_USD = 2**62
MAX_TEAM_OF_PLAN = 50
MOST_TASKS_LOOKED_AT = 2_000
"""Of a plan; of one that has more, only that is told."""
PURPOSES = tuple(TEMPLATES)


def check_plan_request(
    checks: RequestChecks, request: pb.CreatePlanRequest, where: str = ""
) -> None:
    """A goal to plan. where: the path of the message in its request, with a dot, or empty."""
    check_goal(checks, request.goal, request.context, where)
    checks.text(f"{where}project_id", request.project_id, most=MAX_NAME_CHARACTERS)
    checks.text(f"{where}domain", request.domain, most=100)
    _check_constraints(checks, request.constraints, f"{where}constraints")
    _check_models(checks, request.models, f"{where}models")


def check_project(checks: RequestChecks, request: pb.StartProjectRequest) -> None:
    """A project to start or to estimate."""
    kind = request.WhichOneof("start")
    if kind is None:
        checks.fault("start", "is required: set goal or plan")
    elif kind == "goal":
        check_plan_request(checks, request.goal, "goal.")
        for field, given in (
            ("context", bool(request.context)),
            ("models", bool(request.models)),
            ("constraints", request.HasField("constraints")),
        ):
            if given:
                checks.fault(field, f"belongs to a plan; with a goal set goal.{field}")
    else:
        _check_plan(checks, request.plan)
        check_context(checks, request.context)
        _check_constraints(checks, request.constraints, "constraints")
        _check_models(checks, request.models, "models")
    checks.number(
        "max_parallel_tasks", request.max_parallel_tasks, least=0, most=MAX_PARALLEL_TASKS
    )
    checks.number("max_review_rounds", request.max_review_rounds, least=0, most=MAX_REVIEW_ROUNDS)
    if request.without_reviews and request.max_review_rounds:
        checks.fault("without_reviews", "contradicts max_review_rounds; set one of them")
    if request.HasField("max_duration"):
        seconds = request.max_duration.seconds + request.max_duration.nanos / 1e9
        checks.number("max_duration", seconds, least=1, most=MAX_SECONDS)
    for field, most in (("max_calls_per_task", 1_000), ("max_calls", 100_000)):
        if getattr(request, field):
            checks.number(field, getattr(request, field), least=MOST_CALLS_OF_A_STEP, most=most)
    if request.HasField("max_task_nano_usd"):
        checks.number("max_task_nano_usd", request.max_task_nano_usd, least=0, most=MAX_NANO_USD)


def _check_plan(checks: RequestChecks, plan: pb.Plan) -> None:
    checks.text("plan.goal", plan.goal, most=MAX_GOAL_CHARACTERS, required=True)
    checks.text("plan.project_id", plan.project_id, most=MAX_NAME_CHARACTERS)
    check_profile(checks, plan.profile, "plan.profile")
    checks.count("plan.team", plan.team, least=1, most=MAX_TEAM_OF_PLAN)
    if len(plan.tasks) > MOST_TASKS_LOOKED_AT:
        checks.count("plan.tasks", plan.tasks, most=MAX_TASKS)
        return
    for index, task in enumerate(plan.tasks):
        check_task_texts(checks, f"plan.tasks[{index}]", task)
    roles = [role_value(member) for member in plan.team]
    tasks = [task_value(task) for task in plan.tasks]
    for told in team_violations(roles, MAX_TEAM_OF_PLAN):
        checks.fault("plan.team", told)
    for told in plan_violations(roles, tasks, MAX_TASKS):
        checks.fault("plan.tasks", told)
    ids = {task.id for task in tasks}
    for index, question in enumerate(plan.open_questions):
        checks.text(f"plan.open_questions[{index}].question", question.question, most=1_000)
        if question.task_id not in ids:
            checks.fault(
                f"plan.open_questions[{index}].task_id",
                f"{question.task_id[:40]!r} is no task of the plan",
            )


def _check_constraints(checks: RequestChecks, limits: pb.PlanConstraints, where: str) -> None:
    checks.number(f"{where}.max_tasks", limits.max_tasks, least=0, most=MAX_TASKS)
    checks.number(f"{where}.max_roles", limits.max_roles, least=0, most=MAX_ROLES)
    if limits.language and not is_language_tag(limits.language):
        checks.fault(f"{where}.language", f"{limits.language[:40]!r} is no BCP 47 tag")
    if limits.HasField("budget_nano_usd"):
        checks.number(
            f"{where}.budget_nano_usd", limits.budget_nano_usd, least=0, most=MAX_NANO_USD
        )


def _check_models(checks: RequestChecks, models: Mapping[str, str], where: str) -> None:
    for purpose, model in sorted(models.items()):
        field = f"{where}[{purpose[:40]!r}]"
        if purpose not in PURPOSES:
            checks.fault(field, f"is no purpose; use {', '.join(PURPOSES)}")
        checks.text(field, model, most=MAX_NAME_CHARACTERS)
