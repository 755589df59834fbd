"""The analyst's RPCs: messages in, messages out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from attune.analyst.v1 import analyst_pb2 as pb
from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceServicer

from services.analyst.goal_analysis import GoalAnalysis
from services.analyst.performing import Performing
from services.analyst.reviewing import Reviewing
from services.analyst.rewording import Rewording
from shared.context.language import is_language_tag
from shared.rpc.checks import (
    MAX_CONTEXT_ITEMS,
    MAX_CRITERIA,
    MAX_GOAL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_TASKS,
    RequestChecks,
    check_context,
    check_goal,
    check_profile,
    check_task_texts,
)

MAX_TEAM = 50
MAX_FINDINGS = 200
MAX_FOREIGN_WORDS = 50
MAX_REWORD_BYTES = 500_000
MAX_MARKDOWN = 200_000
"""Characters of a deliverable."""


class AnalystServicer(AnalystServiceServicer):
    """Serves all of the analyst's RPCs."""

    def __init__(
        self,
        analysis: GoalAnalysis,
        rewording: Rewording,
        performing: Performing,
        reviewing: Reviewing,
    ) -> None:
        self._analysis = analysis
        self._rewording = rewording
        self._performing = performing
        self._reviewing = reviewing

    async def AnalyzeGoal(
        self, request: pb.AnalyzeGoalRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.AnalyzeGoalResponse:
        """A goal becomes tasks, or some of its tasks are worded anew."""
        _check(request)
        if request.reword:
            return await self._rewording.reword(request)
        return await self._analysis.analyze(request)

    async def PerformTask(
        self, request: pb.PerformTaskRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.PerformTaskResponse:
        """A task becomes what it ends in."""
        _check_task(request)
        return await self._performing.perform(request)

    async def ReviewDeliverable(
        self, request: pb.ReviewDeliverableRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ReviewDeliverableResponse:
        """A deliverable is held against its criteria."""
        _check_review(request)
        return await self._reviewing.review(request)


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
    checks.number("max_tasks", request.max_tasks, least=0, most=MAX_TASKS)
    _check_how(checks, request)
    _check_reword(checks, request.reword)
    checks.done()


def _check_task(request: pb.PerformTaskRequest) -> None:
    checks = RequestChecks()
    check_task_texts(checks, "task", request.task)
    checks.text("goal", request.goal, most=MAX_GOAL_CHARACTERS)
    # What a caller may know, and a deliverable of each other task.
    check_context(checks, request.context, most_items=MAX_CONTEXT_ITEMS + MAX_TASKS)
    checks.text("prompt_version", request.prompt_version, most=MAX_NAME_CHARACTERS)
    if request.max_tokens:
        checks.number("max_tokens", request.max_tokens, least=100, most=20_000)
    _check_how(checks, request)
    checks.done()


def _check_review(request: pb.ReviewDeliverableRequest) -> None:
    checks, work = RequestChecks(), request.deliverable
    checks.text("deliverable.task_id", work.task_id, most=MAX_NAME_CHARACTERS)
    checks.text("deliverable.markdown", work.markdown, most=MAX_MARKDOWN, required=True)
    criteria = request.acceptance_criteria
    checks.count("acceptance_criteria", criteria, least=1, most=MAX_CRITERIA)
    for index, criterion in enumerate(criteria[:MAX_CRITERIA]):
        checks.text(f"acceptance_criteria[{index}]", criterion, most=10_000, required=True)
    checks.text("prompt_version", request.prompt_version, most=MAX_NAME_CHARACTERS)
    if request.language and not is_language_tag(request.language):
        checks.fault("language", f"{request.language[:40]!r} is no BCP 47 tag")
    _check_payer(checks, request)
    checks.done()


def _check_how(
    checks: RequestChecks, request: pb.AnalyzeGoalRequest | pb.PerformTaskRequest
) -> None:
    """The field and the language, who pays, which model, what was wrong before."""
    if request.language and not is_language_tag(request.language):
        checks.fault("language", f"{request.language[:40]!r} is no BCP 47 tag")
    checks.count("findings", request.findings, most=MAX_FINDINGS)
    for index, finding in enumerate(request.findings):
        checks.text(f"findings[{index}]", finding, most=1_000)
    _check_payer(checks, request)


def _check_payer(
    checks: RequestChecks,
    request: pb.AnalyzeGoalRequest | pb.PerformTaskRequest | pb.ReviewDeliverableRequest,
) -> None:
    """The field, who pays and which model."""
    check_profile(checks, request.profile, "profile")
    checks.text("project_id", request.project_id, most=MAX_NAME_CHARACTERS)
    checks.text("model", request.model, most=MAX_NAME_CHARACTERS)


def _check_reword(checks: RequestChecks, reword: Sequence[pb.TaskToReword]) -> None:
    checks.count("reword", reword, most=MAX_TASKS)
    in_all = sum(each.ByteSize() for each in reword)
    if in_all > MAX_REWORD_BYTES:
        checks.fault(
            "reword", f"has {in_all:,} bytes in all; at most {MAX_REWORD_BYTES:,} are allowed"
        )
    ids = [each.task.id for each in reword]
    for index, each in enumerate(reword[:MAX_TASKS]):
        where, task = f"reword[{index}]", each.task
        check_task_texts(checks, f"{where}.task", task)
        if task.id in ids[:index]:
            checks.fault(f"{where}.task.id", f"{task.id[:20]!r} is there twice")
        checks.count(f"{where}.foreign_words", each.foreign_words, most=MAX_FOREIGN_WORDS)
        for number, word in enumerate(each.foreign_words[:MAX_FOREIGN_WORDS]):
            checks.text(f"{where}.foreign_words[{number}]", word, most=200, required=True)
