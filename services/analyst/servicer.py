"""The analyst's RPCs: messages in, messages out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from attune.analyst.v1 import analyst_pb2 as pb
from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceServicer

from services.analyst.goal_analysis import GoalAnalysis
from services.analyst.rewording import Rewording
from shared.context.language import is_language_tag
from shared.rpc.checks import MAX_NAME_CHARACTERS, MAX_TASKS, RequestChecks, check_goal

MAX_TEAM = 50
MAX_FINDINGS = 200
MAX_VOCABULARY = 200
MAX_FOREIGN_WORDS = 50


class AnalystServicer(AnalystServiceServicer):
    """Serves AnalyzeGoal."""

    def __init__(self, analysis: GoalAnalysis, rewording: Rewording) -> None:
        self._analysis = analysis
        self._rewording = rewording

    async def AnalyzeGoal(
        self, request: pb.AnalyzeGoalRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.AnalyzeGoalResponse:
        """A goal becomes tasks, or some of its tasks are worded anew."""
        _check(request)
        if request.reword:
            return await self._rewording.reword(request)
        return await self._analysis.analyze(request)


def _check(request: pb.AnalyzeGoalRequest) -> None:
    checks = RequestChecks()
    check_goal(checks, request.goal, request.context)
    checks.count("team", request.team, least=0 if request.reword else 1, most=MAX_TEAM)
    for index, member in enumerate(request.team):
        checks.text(f"team[{index}].name", member.name, most=100, required=True)
        checks.text(f"team[{index}].responsibility", member.responsibility, most=2_000)
    names = [member.name for member in request.team]
    for index, name in enumerate(names):
        if name in names[:index]:
            checks.fault(f"team[{index}].name", f"{name[:40]!r} is there twice")
    checks.text("profile.domain", request.profile.domain, most=100)
    checks.text("profile.label", request.profile.label, most=MAX_NAME_CHARACTERS)
    checks.text("profile.local_label", request.profile.local_label, most=MAX_NAME_CHARACTERS)
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
    _check_reword(checks, request.reword)
    checks.done()


def _check_reword(checks: RequestChecks, reword: Sequence[pb.TaskToReword]) -> None:
    checks.count("reword", reword, most=MAX_TASKS)
    ids = [each.task.id for each in reword]
    for index, each in enumerate(reword[:MAX_TASKS]):
        where, task = f"reword[{index}]", each.task
        checks.text(f"{where}.task.id", task.id, most=MAX_NAME_CHARACTERS, required=True)
        if task.id in ids[:index]:
            checks.fault(f"{where}.task.id", f"{task.id[:20]!r} is there twice")
        checks.text(f"{where}.task.title", task.title, most=1_000, required=True)
        for name in ("description", "deliverable"):
            checks.text(f"{where}.task.{name}", getattr(task, name), most=10_000)
        checks.count(f"{where}.task.acceptance_criteria", task.acceptance_criteria, most=20)
        for number, criterion in enumerate(task.acceptance_criteria[:20]):
            name = f"{where}.task.acceptance_criteria[{number}]"
            checks.text(name, criterion, most=10_000)
        checks.count(f"{where}.foreign_words", each.foreign_words, most=MAX_FOREIGN_WORDS)
        for number, word in enumerate(each.foreign_words[:MAX_FOREIGN_WORDS]):
            checks.text(f"{where}.foreign_words[{number}]", word, most=200, required=True)
