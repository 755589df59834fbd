"""One task of a project: done, reviewed, done once more where it failed its criteria."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2

from services.director.projects.asking import is_of_the_answer, until_answered
from services.director.projects.caps import CALLS_EXHAUSTED, Caps
from services.director.projects.given import Given
from services.director.projects.handover import handed_over
from services.director.projects.steps import TaskSteps, taken
from services.director.projects.telling import Teller
from shared.rpc.errors import AttuneError
from shared.structured.ask import spent_in

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceAsyncStub
    from dbos import StepReservation

PERFORM, REVIEW = "perform_task", "review_deliverable"
TRIES = 2
"""How often a task is done at most where the model gives nothing of use at first."""
MAX_FINDING = 1_000
"""Characters of a finding, as the analyst takes it."""
_Reply = TypeVar("_Reply", analyst_pb2.PerformTaskResponse, analyst_pb2.ReviewDeliverableResponse)
Verdicts = Sequence[analyst_pb2.CriterionVerdict]


def tries_of(review_rounds: int) -> int:
    """How often a task may be done."""
    return max(TRIES, review_rounds)


class Fault(Exception):
    """A task has no deliverable, and will have none."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Means:
    """What the tasks of one project share.

    context_tokens: that a task is handed over. deliverable_tokens: how long its work may be.
    """

    given: Given
    plan: pb.Plan
    analyst: AnalystServiceAsyncStub
    caps: Caps
    teller: Teller
    context_tokens: int
    deliverable_tokens: int


@dataclass(frozen=True, slots=True)
class _Judged:
    deliverable: analyst_pb2.Deliverable
    verdicts: Verdicts = ()
    round: int = 0

    @property
    def findings(self) -> list[str]:
        """What the review says of each criterion that is not met."""
        return [
            f"{each.criterion}: {each.finding}"[:MAX_FINDING]
            for each in self.verdicts
            if each.verdict == analyst_pb2.VERDICT_NOT_MET
        ]


class TaskWork:
    """Does one task of a plan."""

    def __init__(self, task: analyst_pb2.Task, means: Means) -> None:
        self.task = task
        self._means = means
        self.spent: list[gateway_pb2.Accounting] = []
        """Of each step so far."""
        self.rounds = 0
        """How often it was done so far."""

    async def done(
        self, steps: TaskSteps, finished: Mapping[str, analyst_pb2.Deliverable]
    ) -> analyst_pb2.Deliverable:
        """The deliverable that stands. finished: at least those that the task depends on.

        Raises Fault where there is none, and AttuneError for what stands in the way of the
        whole project.
        """
        reviews = list(enumerate(steps.review, 1))
        stands: _Judged | None = None
        findings: list[str] = []
        fault = Fault(CALLS_EXHAUSTED, "its limit has no room for doing it")
        for number, step in enumerate(steps.perform, 1):
            if self._means.caps.task_is_at_limit(self.task.id):
                self._note(f"limit/{number}", "it reached its limit and was not done again")
                break
            try:
                deliverable = await self._performed(number, step, findings, finished)
            except AttuneError as error:
                if not is_of_the_answer(error):
                    raise
                self._note(f"perform/{number}", f"try {number} gave nothing: {error.message}")
                fault = Fault(error.reason, error.message)
                findings = [error.message[:MAX_FINDING]]
                if stands:
                    break
                continue
            judged = await self._reviewed(deliverable, *reviews.pop(0)) if reviews else None
            stands = self._better(stands, judged or _Judged(deliverable))
            findings = judged.findings if judged else []
            if not (findings and reviews):
                break
        if stands is None:
            raise fault
        return stands.deliverable

    async def _performed(
        self,
        number: int,
        step: StepReservation,
        findings: Sequence[str],
        finished: Mapping[str, analyst_pb2.Deliverable],
    ) -> analyst_pb2.Deliverable:
        self.rounds = number
        given, plan = self._means.given, self._means.plan
        request = analyst_pb2.PerformTaskRequest(
            task=self.task,
            profile=plan.profile,
            goal=plan.goal,
            context=handed_over(
                self.task,
                given.known,
                finished,
                {task.id: task.title for task in plan.tasks},
                self._means.context_tokens,
            ),
            project_id=given.project_id,
            model=given.models.get(PERFORM, ""),
            language=given.constraints.language,
            findings=findings,
            prompt_version=given.prompt_versions[PERFORM],
            max_tokens=self._means.deliverable_tokens,
        )
        reply = await self._asked(
            f"{PERFORM}/{number}",
            step,
            analyst_pb2.PerformTaskResponse,
            lambda: self._means.analyst.PerformTask(request),
        )
        return reply.deliverable

    async def _reviewed(
        self, deliverable: analyst_pb2.Deliverable, number: int, step: StepReservation
    ) -> _Judged:
        """With verdicts; without any where the model gave none, which is told."""
        given, name = self._means.given, f"{REVIEW}/{number}"
        if self._means.caps.task_is_at_limit(self.task.id):
            self._note(name, "it reached its limit and was not reviewed")
            return _Judged(deliverable)
        request = analyst_pb2.ReviewDeliverableRequest(
            deliverable=deliverable,
            acceptance_criteria=self.task.acceptance_criteria,
            profile=self._means.plan.profile,
            project_id=given.project_id,
            model=given.models.get(REVIEW, ""),
            language=given.constraints.language,
            prompt_version=given.prompt_versions[REVIEW],
        )

        try:
            reply = await self._asked(
                name,
                step,
                analyst_pb2.ReviewDeliverableResponse,
                lambda: self._means.analyst.ReviewDeliverable(request),
            )
        except AttuneError as error:
            if not is_of_the_answer(error):
                raise
            self._note(name, f"it stands without a review: {error.message}")
            return _Judged(deliverable)
        self._tell_review(judged := _Judged(deliverable, reply.verdicts, number), f"{number}")
        return judged

    async def _asked(
        self,
        name: str,
        step: StepReservation,
        kind: type[_Reply],
        ask: Callable[[], Awaitable[_Reply]],
    ) -> _Reply:
        """The answer of a step, booked on the task."""
        means, task_id = self._means, self.task.id
        key = f"{task_id}/{name}"

        def again(error: AttuneError) -> None:
            means.teller.degraded(task_id, f"{name}/again", [f"asked again: {error.message}"])

        async def body() -> _Reply:
            means.caps.begin(key)
            return await until_answered(ask, again)

        spent = gateway_pb2.Accounting()
        try:
            reply = await taken(step, name, kind, body)
            spent = reply.accounting
            means.teller.degraded(task_id, name, reply.degraded)
        except AttuneError as error:
            spent = spent_in(error)
            raise
        finally:
            means.caps.end(key, task_id, spent)
            self.spent.append(spent)
        return reply

    def _better(self, before: _Judged | None, now: _Judged) -> _Judged:
        """The one that fails fewer criteria; of equals the later one."""
        if before is None or len(now.findings) <= len(before.findings):
            return now
        self._note("better", "done again it failed more criteria; the one before stands")
        # Its verdicts are told again, so that the last ones told are those of what stands.
        self._tell_review(before, "stands")
        return before

    def _tell_review(self, judged: _Judged, key: str) -> None:
        told = pb.DeliverableReviewed(
            task_id=self.task.id, verdicts=judged.verdicts, round=judged.round
        )
        self._means.teller.say(
            f"reviewed/{self.task.id}/{key}", pb.ProjectEvent(deliverable_reviewed=told)
        )

    def _note(self, key: str, told: str) -> None:
        self._means.teller.degraded(self.task.id, f"note/{key}", [told])
