"""Words tasks anew that speak another field's language: one model call for all of them.

The model sees each task with gaps where the foreign words stood. It is not told the words,
nor what the caller knew and the team was, since they may be where the words came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from attune.analyst.v1 import analyst_pb2 as pb
from pydantic import BaseModel, ConfigDict, Field

from services.analyst.goal_analysis import MAX_TASKS_ANSWERED, list_of_tasks, task_properties
from shared.context.gaps import with_gaps
from shared.context.language import language_name
from shared.context.limits import OUTPUT_LIMITS
from shared.context.prompt import build_prompt, goal_part, listed_part
from shared.context.templates import REWORD
from shared.structured.ask import Asker
from shared.structured.texts import Line, Passage

PURPOSE = "reword_tasks"


class RewordedAnswer(BaseModel):
    """A task's texts as the model gives them; role and dependencies stay."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: Line
    title: Line
    description: Passage
    done_when: Annotated[list[Passage], Field(max_length=20)]
    deliverable: Passage


class RewordedAnswers(BaseModel):
    """Tasks' texts as the model gives them."""

    tasks: Annotated[list[RewordedAnswer], Field(max_length=MAX_TASKS_ANSWERED)]


class Rewording:
    """Asks the model for other words."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def reword(self, request: pb.AnalyzeGoalRequest) -> pb.AnalyzeGoalResponse:
        """The tasks of a checked request in other words; one that the answer lacks is not there.

        Raises what Asker.ask raises.
        """
        ids = [each.task.id for each in request.reword]
        prompt = build_prompt(
            PURPOSE,
            schema=reworded_schema(ids),
            profile=request.profile,
            language=language_name(request.language or request.profile.language),
            user=[
                goal_part(request.goal),
                listed_part("reword", REWORD, [_with_gaps(each) for each in request.reword]),
            ],
        )
        asked = await self._asker.ask(
            prompt,
            RewordedAnswers,
            project_id=request.project_id,
            max_output_tokens=OUTPUT_LIMITS[PURPOSE].tokens(len(ids)),
            model=request.model,
            scope=request.project_id,
        )
        answers = {answer.id: answer for answer in asked.value.tasks}
        tasks = [
            _reworded(each.task, answers[each.task.id])
            for each in request.reword
            if each.task.id in answers
        ]
        return pb.AnalyzeGoalResponse(
            tasks=tasks, accounting=asked.accounting, degraded=asked.degraded
        )


def reworded_schema(ids: Sequence[str]) -> dict[str, Any]:
    """The form of the answer: the texts of each task that was asked for."""
    return list_of_tasks(task_properties(ids), len(ids), len(ids))


def _with_gaps(each: pb.TaskToReword) -> str:
    task = each.task
    texts = (task.title, task.description, *task.acceptance_criteria, task.deliverable)
    told = "; ".join(text.strip().rstrip(".") for text in texts if text.strip())
    return f"{task.id}: {' '.join(with_gaps(told, each.foreign_words).split())}"


def _reworded(task: pb.Task, answer: RewordedAnswer) -> pb.Task:
    return pb.Task(
        id=task.id,
        role=task.role,
        depends_on=task.depends_on,
        title=answer.title,
        description=answer.description,
        acceptance_criteria=[criterion for criterion in answer.done_when if criterion],
        deliverable=answer.deliverable,
    )
