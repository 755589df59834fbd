"""Measures the language of a plan's tasks; tasks that speak another field's are asked once more.

A task in other words is taken when it leaks fewer terms and breaks no rule of the plan, else
the task stays as it was. Whatever is left, and that there was a second asking, is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2

from services.director.messages import task_message, task_value
from services.director.plan import Role, Task
from services.director.plan_check import plan_violations
from services.director.progress import Progress
from shared.context.gaps import GAP
from shared.context.profile import PROFILE_CONTRADICTS_GOAL
from shared.rpc.errors import AttuneError, InvalidArgument
from shared.structured.ask import MODEL_REFUSED, UnusableAnswer, spent_in

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceAsyncStub
    from attune.domain.v1.domain_pb2_grpc import DomainServiceAsyncStub

PURPOSE = "reword_tasks"
MAX_FOREIGN_WORDS = 50
MAX_WORD_CHARACTERS = 200
"""Of one task, that the analyst takes."""


NO_ANSWER = (
    UnusableAnswer.default_reason,
    MODEL_REFUSED,
    InvalidArgument.default_reason,
    "CONTEXT_LENGTH_EXCEEDED",
)
"""Why a second asking may come to nothing and the plan still stand: the last two, where the
tasks are too long for the analyst or the model to be told of."""
_GAP = re.compile(rf"{re.escape(GAP)}|\.{{3,}}")


@dataclass(frozen=True, slots=True)
class PlanLanguage:
    """Checks tasks with the domain service and mends them with the analyst."""

    domain: DomainServiceAsyncStub
    analyst: AnalystServiceAsyncStub

    async def checked(
        self,
        request: pb.CreatePlanRequest,
        project_id: str,
        profile: domain_pb2.DomainProfile,
        roles: Sequence[Role],
        tasks: list[Task],
        progress: Progress,
    ) -> tuple[list[Task], domain_pb2.LeakageReport]:
        """The tasks, each asked for again at most once, and what still leaks in them.

        Raises what the services that it asks raise, but for answers that are of no use.
        """
        profile, report = await self._first_measure(request.goal, profile, tasks, progress)
        leaking = {task.id: terms for task, terms in _leaks(tasks, report)}
        if not leaking:
            return tasks, report
        for task_id, terms in leaking.items():
            progress.note(f"task {task_id}: asked for once more, since it had {_told(terms)}")
        reworded = await self._reworded(request, project_id, profile, tasks, leaking, progress)
        mended = await self._better(request.goal, profile, roles, tasks, leaking, reworded, report)
        if mended != tasks:
            again = await self._measure(request.goal, profile, mended)
            if _is_comparable(again, report):
                report = again
            else:
                progress.note("reword_tasks: the new words are in a language of their own")
                mended = tasks
        for task, terms in _leaks(mended, report):
            progress.note(f"task {task.id}: still has {_told(terms)}")
        return mended, report

    async def _first_measure(
        self,
        goal: str,
        profile: domain_pb2.DomainProfile,
        tasks: Sequence[Task],
        progress: Progress,
    ) -> tuple[domain_pb2.DomainProfile, domain_pb2.LeakageReport]:
        """The report, with the profile that it rests on: the model's pick stands, and is told."""
        try:
            return profile, await self._measure(goal, profile, tasks)
        except AttuneError as error:
            if error.reason != PROFILE_CONTRADICTS_GOAL:
                raise
            progress.note(f"classify_domain: the model's pick may be wrong: {error.message}")
        vouched = domain_pb2.DomainProfile()
        vouched.CopyFrom(profile)
        vouched.source = domain_pb2.PROFILE_SOURCE_CALLER
        return vouched, await self._measure(goal, vouched, tasks)

    async def _measure(
        self, goal: str, profile: domain_pb2.DomainProfile, tasks: Sequence[Task]
    ) -> domain_pb2.LeakageReport:
        reply = await self.domain.MeasureLeakage(
            domain_pb2.MeasureLeakageRequest(
                goal=goal, profile=profile, texts=[_text(task) for task in tasks]
            )
        )
        return reply.report

    async def _reworded(
        self,
        request: pb.CreatePlanRequest,
        project_id: str,
        profile: domain_pb2.DomainProfile,
        tasks: Sequence[Task],
        leaking: dict[str, list[domain_pb2.LeakedTerm]],
        progress: Progress,
    ) -> dict[str, Task]:
        """The leaking tasks in other words, by id; none where the model gave no usable answer."""
        wanted = [
            analyst_pb2.TaskToReword(
                task=task_message(task),
                foreign_words=[
                    word
                    for term in leaking[task.id]
                    for word in term.written
                    if len(word) <= MAX_WORD_CHARACTERS
                ][:MAX_FOREIGN_WORDS],
            )
            for task in tasks
            if task.id in leaking
        ]
        try:
            reply = await self.analyst.AnalyzeGoal(
                analyst_pb2.AnalyzeGoalRequest(
                    goal=request.goal,
                    profile=profile,
                    language=request.constraints.language,
                    project_id=project_id,
                    model=request.models.get(PURPOSE, ""),
                    reword=wanted,
                )
            )
        except AttuneError as error:
            if error.reason not in NO_ANSWER:
                raise
            progress.add(spent_in(error), [error.message])
            return {}
        progress.add(reply.accounting, reply.degraded)
        before = {task.id: task for task in tasks}
        found = {task.id: task_value(task) for task in reply.tasks}
        return {
            id_: replace(task, finds_out=before[id_].finds_out)
            for id_, task in found.items()
            if _written_out(task, before[id_])
        }

    async def _better(
        self,
        goal: str,
        profile: domain_pb2.DomainProfile,
        roles: Sequence[Role],
        tasks: list[Task],
        leaking: dict[str, list[domain_pb2.LeakedTerm]],
        reworded: dict[str, Task],
        first: domain_pb2.LeakageReport,
    ) -> list[Task]:
        """The plan with those new tasks that leak less and leave it valid."""
        if not reworded:
            return tasks
        report = await self._measure(goal, profile, list(reworded.values()))
        if not _is_comparable(report, first):
            return tasks
        for task, terms in _leaks(list(reworded.values()), report, clean_too=True):
            merged = [task if each.id == task.id else each for each in tasks]
            better = len(terms) < len(leaking[task.id])
            if better and not plan_violations(roles, merged, max_tasks=len(merged)):
                tasks = merged
        return tasks


def _is_comparable(report: domain_pb2.LeakageReport, first: domain_pb2.LeakageReport) -> bool:
    """Whether fewer leaks mean less: what was not measured, or by another lexicon, has none."""
    return report.measured and report.language == first.language


def _written_out(task: Task, before: Task) -> bool:
    """Whether a task in other words has all its parts, and not the gaps that it was told with."""
    parts = zip(_parts(task), _parts(before), strict=True)
    whole = all(now.strip() or not was.strip() for now, was in parts)
    return whole and _gaps(task) <= _gaps(before)


def _parts(task: Task) -> tuple[str, str, str, str]:
    return task.title, task.description, "\n".join(task.acceptance_criteria), task.deliverable


def _gaps(task: Task) -> int:
    return len(_GAP.findall(_text(task)))


def _text(task: Task) -> str:
    return "\n".join((task.title, task.description, *task.acceptance_criteria, task.deliverable))


def _leaks(
    tasks: Sequence[Task], report: domain_pb2.LeakageReport, *, clean_too: bool = False
) -> list[tuple[Task, list[domain_pb2.LeakedTerm]]]:
    found = zip(tasks, report.texts, strict=True)
    return [
        (task, list(text.leaked_terms)) for task, text in found if text.leaked_terms or clean_too
    ]


def _told(terms: Sequence[domain_pb2.LeakedTerm]) -> str:
    named = ", ".join(f"{term.term!r} ({term.field})" for term in terms[:5])
    more = f" and {len(terms) - 5} more" if len(terms) > 5 else ""
    return f"words of another field: {named}{more}"
