"""The analyst's RPCs: messages in, messages out."""

from __future__ import annotations

from typing import Any

import grpc
from attune.analyst.v1 import analyst_pb2 as pb
from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceServicer

from services.analyst.goal_analysis import GoalAnalysis
from shared.context.language import is_language_tag
from shared.rpc.checks import MAX_NAME_CHARACTERS, MAX_TASKS, RequestChecks, check_goal

MAX_TEAM = 50
MAX_FINDINGS = 200
MAX_VOCABULARY = 200


class AnalystServicer(AnalystServiceServicer):
    """Serves AnalyzeGoal."""

    def __init__(self, analysis: GoalAnalysis) -> None:
        self._analysis = analysis

    async def AnalyzeGoal(
        self, request: pb.AnalyzeGoalRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.AnalyzeGoalResponse:
        """A goal becomes tasks."""
        _check(request)
        return await self._analysis.analyze(request)


def _check(request: pb.AnalyzeGoalRequest) -> None:
    checks = RequestChecks()
    check_goal(checks, request.goal, request.context)
    checks.count("team", request.team, least=1, most=MAX_TEAM)
    for index, member in enumerate(request.team):
        checks.text(f"team[{index}].name", member.name, most=100, required=True)
        checks.text(f"team[{index}].responsibility", member.responsibility, most=2_000)
    names = [member.name for member in request.team]
    for index, name in enumerate(names):
        if name in names[:index]:
            checks.fault(f"team[{index}].name", f"{name[:40]!r} is there twice")
    checks.text("profile.domain", request.profile.domain, most=100)
    checks.text("profile.label", request.profile.label, most=MAX_NAME_CHARACTERS)
    checks.count("profile.vocabulary", request.profile.vocabulary, most=MAX_VOCABULARY)
    for index, term in enumerate(request.profile.vocabulary):
        checks.text(f"profile.vocabulary[{index}]", term, most=100)
    checks.number("max_tasks", request.max_tasks, least=0, most=MAX_TASKS)
    if request.language and not is_language_tag(request.language):
        checks.fault("language", f"{request.language[:40]!r} is no BCP 47 tag")
    checks.text("project_id", request.project_id, most=MAX_NAME_CHARACTERS)
    checks.text("model", request.model, most=MAX_NAME_CHARACTERS)
    checks.count("findings", request.findings, most=MAX_FINDINGS)
    for index, finding in enumerate(request.findings):
        checks.text(f"findings[{index}]", finding, most=1_000)
    checks.done()
