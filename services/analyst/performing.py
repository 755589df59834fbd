"""Does a task: one model call for its document, and one more where that is unfinished."""

from __future__ import annotations

import asyncio

from attune.analyst.v1 import analyst_pb2 as pb

from services.analyst.documents import (
    DocumentAnswer,
    document_schema,
    markdown_of,
    unfinished,
    with_whole_ends,
)
from shared.context import templates
from shared.context.language import language_name
from shared.context.limits import DELIVERABLE_TOKENS, OUTPUT_LIMITS
from shared.context.prompt import Part, Prompt, build_prompt, goal_part, known_parts
from shared.structured.accounting import total
from shared.structured.ask import Asked, Asker, UnusableAnswer

PURPOSE = "perform_task"
UNFINISHED = "UNFINISHED_DELIVERABLE"


class Performing:
    """Asks the model for the work itself."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def perform(self, request: pb.PerformTaskRequest) -> pb.PerformTaskResponse:
        """The deliverable of a checked request's task.

        Raises what Asker.ask raises; UnusableAnswer with reason UNFINISHED_DELIVERABLE where
        the second one has placeholders, empty or equal parts, or repeats the task too.
        """
        prompt = build_prompt(
            PURPOSE,
            schema=document_schema(_tokens(request)),
            profile=request.profile,
            language=language_name(request.language or request.profile.language),
            version=request.prompt_version,
            user=[
                *([goal_part(request.goal)] if request.goal.strip() else []),
                *known_parts(request.context),
                task_part(request.task),
            ],
        )
        first = await self._ask(
            prompt.with_findings(request.findings) if request.findings else prompt, request
        )
        faults = await asyncio.to_thread(unfinished, first.value, request.task, _tokens(request))
        if not faults:
            return _response(request, first)
        try:
            second = await self._ask(prompt.with_findings([*request.findings, *faults]), request)
        except UnusableAnswer as error:
            spent = total([first.accounting, error.spent])
            raise UnusableAnswer(
                error.message, spent, reason=error.reason, project_id=request.project_id
            ) from error
        spent = total([first.accounting, second.accounting])
        document, mended = with_whole_ends(second.value, _tokens(request))
        left = await asyncio.to_thread(unfinished, document, request.task, _tokens(request))
        if left:
            raise UnusableAnswer(
                f"{PURPOSE}: the deliverable is unfinished in two tries: {'; '.join(left)[:1000]}",
                spent,
                reason=UNFINISHED,
                project_id=request.project_id,
            )
        told = f"{PURPOSE}: a deliverable was unfinished ({'; '.join(faults)[:500]}); asked again"
        cut = tuple(f"{PURPOSE}: {each}" for each in mended)
        degraded = (*first.degraded, told, *second.degraded, *cut)
        return _response(request, Asked(document, second.strategy, spent, degraded))

    async def _ask(self, prompt: Prompt, request: pb.PerformTaskRequest) -> Asked[DocumentAnswer]:
        return await self._asker.ask(
            prompt,
            DocumentAnswer,
            project_id=request.project_id,
            max_output_tokens=OUTPUT_LIMITS[PURPOSE].tokens(_tokens(request)),
            model=request.model,
            scope=request.project_id,
        )


def _tokens(request: pb.PerformTaskRequest) -> int:
    return request.max_tokens or DELIVERABLE_TOKENS


def task_part(task: pb.Task) -> Part:
    """The task as the model is told it."""
    lines = [templates.TASK.format(title=task.title), task.description]
    if task.deliverable:
        lines.append(templates.ENDS_IN.format(deliverable=task.deliverable))
    if task.acceptance_criteria:
        lines.append(templates.DONE_WHEN)
        lines += [f"- {criterion}" for criterion in task.acceptance_criteria]
    return Part("task", "\n".join(line for line in lines if line.strip()))


def _response(
    request: pb.PerformTaskRequest, asked: Asked[DocumentAnswer]
) -> pb.PerformTaskResponse:
    return pb.PerformTaskResponse(
        deliverable=pb.Deliverable(task_id=request.task.id, markdown=markdown_of(asked.value)),
        accounting=asked.accounting,
        degraded=asked.degraded,
    )
