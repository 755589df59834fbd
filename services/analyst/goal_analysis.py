"""Turns a goal into tasks for a team: one model call, its form checked, its sense not.

Whether the tasks make a plan is the director's to say: it knows the team and the limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from attune.analyst.v1 import analyst_pb2 as pb
from pydantic import BaseModel, ConfigDict, Field

from shared.context.language import language_name
from shared.context.limits import OUTPUT_LIMITS
from shared.context.prompt import build_prompt, goal_part, known_parts, listed_part
from shared.context.templates import TEAM
from shared.rpc.checks import DEFAULT_TASKS
from shared.structured.ask import Asker
from shared.structured.texts import Line, Passage

PURPOSE = "analyze_goal"
MAX_TASKS_ANSWERED = 60
"""More are no answer: every rule on a plan is checked against what comes."""
MAX_QUESTIONS, MAX_QUESTIONS_ANSWERED = 4, 20
"""Of what must be known first: that are asked for, and that are an answer at all."""
TASK_ID = {"type": "string", "pattern": "^t[1-9][0-9]?$"}


class TaskAnswer(BaseModel):
    """A task as the model gives it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: Line
    title: Line
    description: Passage
    role: Line
    depends_on: Annotated[list[Line], Field(max_length=10)]
    done_when: Annotated[list[Passage], Field(max_length=20)]
    deliverable: Passage


class QuestionAnswer(BaseModel):
    """What must be known first, as the model gives it, and the task that finds it out."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    question: Passage
    task_id: Line


class TasksAnswer(BaseModel):
    """Tasks as the model gives them."""

    open_questions: Annotated[list[QuestionAnswer], Field(max_length=MAX_QUESTIONS_ANSWERED)] = []
    tasks: Annotated[list[TaskAnswer], Field(max_length=MAX_TASKS_ANSWERED)]


class GoalAnalysis:
    """Asks the model for a goal's tasks."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def analyze(self, request: pb.AnalyzeGoalRequest) -> pb.AnalyzeGoalResponse:
        """The tasks for a checked request. Raises what Asker.ask raises."""
        max_tasks = request.max_tasks or DEFAULT_TASKS
        roles = [member.name for member in request.team]
        team = [f"{member.name}: {member.responsibility}" for member in request.team]
        prompt = build_prompt(
            PURPOSE,
            schema=tasks_schema(roles, max_tasks),
            profile=request.profile,
            language=language_name(request.language or request.profile.language),
            user=[
                goal_part(request.goal),
                listed_part("team", TEAM, team),
                *known_parts(request.context),
            ],
        )
        asked = await self._asker.ask(
            prompt.with_findings(request.findings) if request.findings else prompt,
            TasksAnswer,
            project_id=request.project_id,
            max_output_tokens=OUTPUT_LIMITS[PURPOSE].tokens(max_tasks),
            model=request.model,
            scope=request.project_id,
        )
        return pb.AnalyzeGoalResponse(
            tasks=[_message(task) for task in asked.value.tasks],
            accounting=asked.accounting,
            degraded=asked.degraded,
            open_questions=[
                pb.OpenQuestion(question=each.question, task_id=each.task_id)
                for each in asked.value.open_questions
                if each.question
            ],
        )


def tasks_schema(roles: list[str], max_tasks: int) -> dict[str, Any]:
    """The form of the tasks: only roles of the team, and ids that can be referred to."""
    texts = task_properties()
    properties = {
        **{name: texts[name] for name in ("id", "title", "description")},
        "role": {"type": "string", "enum": roles, "description": "one of the team"},
        **{name: texts[name] for name in ("done_when", "deliverable")},
        # Last, so that no id stands near the texts: small models go on with what is near.
        "depends_on": {
            "type": "array",
            "items": TASK_ID,
            "maxItems": 4,
            "description": "ids of tasks before it whose results it needs",
        },
    }
    questions = {
        "type": "array",
        "items": closed({"question": {"type": "string", "minLength": 8, "maxLength": 120},
                         "task_id": {**TASK_ID, "description": "the task that finds it out"}}),
        "maxItems": MAX_QUESTIONS,
        "description": "what must be known first",
    }  # fmt: skip
    return list_of_tasks(properties, min(3, max_tasks), max_tasks, {"open_questions": questions})


def list_of_tasks(
    properties: dict[str, Any], least: int, most: int, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The schema of an object whose `tasks` all have these properties, with others before it."""
    tasks = {"type": "array", "items": closed(properties), "minItems": least, "maxItems": most}
    return closed({**(before or {}), "tasks": tasks})


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with all of these properties and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def task_properties(ids: Sequence[str] = ()) -> dict[str, Any]:
    """The schemas of a task's id and texts. ids: those that may be given; empty: any."""
    text = {"type": "string", "minLength": 2}
    task_id = {"enum": list(ids)} if ids else {**TASK_ID, "description": "t1, t2, ..."}
    return {
        "id": task_id,
        "title": {
            **text,
            "minLength": 4,
            "maxLength": 90,
            "description": "what is done; no two alike",
        },
        "description": {**text, "maxLength": 300, "description": "what doing it takes"},
        # Not "acceptance_criteria": that is a product manager's word, in every prompt.
        "done_when": {
            "type": "array",
            "items": {"type": "string", "minLength": 10, "maxLength": 160},
            "minItems": 1,
            "maxItems": 3,
            "description": "how to tell that it is done",
        },
        "deliverable": {**text, "maxLength": 90, "description": "what it ends in"},
    }


def _message(task: TaskAnswer) -> pb.Task:
    return pb.Task(
        id=task.id,
        title=task.title,
        description=task.description,
        role=task.role,
        depends_on=task.depends_on,
        acceptance_criteria=[criterion for criterion in task.done_when if criterion],
        deliverable=task.deliverable,
    )
