"""The director's RPCs: messages in, messages out."""

from __future__ import annotations

from typing import Any

import grpc
from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceServicer

from services.director.planner import Planner
from shared.context.language import is_language_tag
from shared.context.templates import TEMPLATES
from shared.rpc.checks import MAX_NAME_CHARACTERS, MAX_TASKS, RequestChecks, check_goal

MAX_ROLES = 20
PURPOSES = tuple(TEMPLATES)


class DirectorServicer(DirectorServiceServicer):
    """Serves CreatePlan."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    async def CreatePlan(
        self, request: pb.CreatePlanRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.CreatePlanResponse:
        """A goal becomes a checked plan."""
        _check(request)
        return pb.CreatePlanResponse(plan=await self._planner.create_plan(request))


def _check(request: pb.CreatePlanRequest) -> None:
    checks = RequestChecks()
    check_goal(checks, request.goal, request.context)
    checks.text("project_id", request.project_id, most=MAX_NAME_CHARACTERS)
    checks.text("domain", request.domain, most=100)
    limits = request.constraints
    checks.number("constraints.max_tasks", limits.max_tasks, least=0, most=MAX_TASKS)
    checks.number("constraints.max_roles", limits.max_roles, least=0, most=MAX_ROLES)
    if limits.language and not is_language_tag(limits.language):
        checks.fault("constraints.language", f"{limits.language[:40]!r} is no BCP 47 tag")
    if limits.HasField("budget_nano_usd"):
        checks.fault(
            "constraints.budget_nano_usd", "budgets are not held by this version; leave it unset"
        )
    for purpose, model in sorted(request.models.items()):
        field = f"models[{purpose[:40]!r}]"
        if purpose not in PURPOSES:
            checks.fault(field, f"is no purpose; use {', '.join(PURPOSES)}")
        checks.text(field, model, most=MAX_NAME_CHARACTERS)
    checks.done()
