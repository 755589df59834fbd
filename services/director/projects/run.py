"""One run of a project: planned, its tasks done as they become ready, ended and told of.

It is the body of a workflow of DBOS: a director that takes it up after a crash runs it again
from its beginning, and every step that was taken answers at once with what it answered then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from dbos import DBOS, StepReservation
from dbos import error as dbos_errors

from services.director.planner import Planner
from services.director.projects.asking import until_answered
from services.director.projects.books import Books
from services.director.projects.caps import Caps
from services.director.projects.ending import Ending, Result, Stop
from services.director.projects.events import EventLog
from services.director.projects.given import Given
from services.director.projects.metrics import ProjectMetrics
from services.director.projects.standing import brief, standing
from services.director.projects.steps import TaskSteps, beside, taken
from services.director.projects.stored import packed
from services.director.projects.task_work import Fault, Means, TaskWork, tries_of
from services.director.projects.telling import Teller
from shared.rpc.deadline import serving_within
from shared.rpc.errors import AttuneError, DeadlineExceeded, Internal
from shared.structured.accounting import total
from shared.structured.ask import spent_in

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceAsyncStub

BETWEEN_SPENDS = 0.5
"""Seconds from one look at the books to the next, for the events of what was spent."""
BOOKS_SECONDS = 5.0
SUMMARY = "summary"
"""The fact about a project that says how it ended."""
_LOST = (dbos_errors.DBOSWorkflowCancelledError, dbos_errors.DBOSWorkflowConflictIDError)
"""This run is no longer the one that counts: DBOS must hear of it as it came."""
_TIME_IS_OVER = DeadlineExceeded.default_reason, "its time was over before its work was done"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """Whom a project asks.

    context_tokens: what each task is handed over. deliverable_tokens: how long its work may be.
    """

    planner: Planner
    analyst: AnalystServiceAsyncStub
    ending: Ending
    books: Books
    context_tokens: int
    deliverable_tokens: int
    metrics: ProjectMetrics


class ProjectRun:
    """Runs one project, or what a crash left of it."""

    def __init__(self, given: Given, services: Services, log: EventLog) -> None:
        self.given = given
        self.log = log
        self._services = services
        self._teller = Teller(log)
        self._caps = Caps(given.limits)
        # What was told of before a crash counts, also where this run is stopped at once.
        before = standing(given.project_id, given.goal, log.events)
        self._plan = before.plan if before.HasField("plan") else None
        self._finished = {work.task_id: work for work in before.deliverables}
        self._spent: list[gateway_pb2.Accounting] = []
        self._stop: Stop | None = None
        self._stopped = asyncio.Event()
        self._moved = asyncio.Event()

    def stop(self, reason: str, message: str) -> None:
        """Ends the run before its time; what it is doing is cancelled. The first one counts."""
        if self._stop is None:
            self._stop = Stop(reason, message)
            self._stopped.set()

    async def run(self) -> None:
        """Until the project has ended. To be called from its workflow."""
        with self._services.metrics.running.track_inprogress():
            await self._run()

    async def _run(self) -> None:
        if self.log.ended:  # a crash came between its last event and its end
            await self._sum_up()
            return
        telling, planning, ending = (DBOS.reserve_step() for _ in range(3))
        left = self.given.deadline - time.time()
        if left > 0 and not self._stopped.is_set():
            try:
                await self._until_stopped(telling, planning, left)
            except BaseExceptionGroup as errors:
                lost, _ = errors.split(_LOST)
                if lost or not isinstance(errors, ExceptionGroup):
                    raise _first(lost or errors) from None
                self._fail(errors)
        elif left <= 0:
            self.stop(*_TIME_IS_OVER)
        await ending.run_async({"name": "end"}, self._end)

    async def _until_stopped(
        self, telling: StepReservation, planning: StepReservation, seconds: float
    ) -> None:
        """Works until all is done, somebody stops it, or the time is over."""
        async with asyncio.TaskGroup() as group:
            told = telling.run_async({"name": "tell"}, self._teller.write_for_ever)
            beside = [group.create_task(told), group.create_task(self._tell_spending())]
            halt = group.create_task(self._stopped.wait())
            work = group.create_task(self._work(planning))
            await asyncio.wait({work, halt}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.stop(*_TIME_IS_OVER)
            for task in (work, halt, *beside):
                task.cancel()

    async def _work(self, planning: StepReservation) -> None:
        """Plans and does the tasks. What is in the way of all of it stops the run."""
        try:
            self._plan = await self._planned(planning)
            await self._tasks(self._plan)
        except Exception as error:  # noqa: BLE001 a project must end in words, whatever happens
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Stops the run for what is in the way of all of it."""
        cause = _first(error)
        if not isinstance(cause, AttuneError):
            _log.error("project_unforeseen", project_id=self.given.project_id, exc_info=cause)
            cause = Internal("an unforeseen error; the director's log has it")
        self.stop(cause.reason, cause.message)

    async def _planned(self, step: StepReservation) -> pb.Plan:
        """The plan: the caller's, or one made now; and its events."""

        async def make() -> pb.Plan:
            return await until_answered(self._make_plan, self._again)

        try:
            plan = await taken(step, "plan", pb.Plan, make)
        except AttuneError as error:
            self._spent.append(spent_in(error))
            raise
        self._spent.append(plan.accounting)
        say = self._teller.say
        say("domain", pb.ProjectEvent(domain_found=plan.profile))
        say("team", pb.ProjectEvent(team_proposed=pb.TeamProposed(team=plan.team)))
        for task in plan.tasks:
            say(f"planned/{task.id}", pb.ProjectEvent(task_planned=task))
        self._teller.degraded("", "plan", plan.degraded)
        say("plan", pb.ProjectEvent(plan_made=plan))
        self._moved.set()
        return plan

    async def _make_plan(self) -> pb.Plan:
        given = self.given
        if given.constraints.HasField("budget_nano_usd"):
            await self._services.books.limit(given.project_id, given.constraints.budget_nano_usd)
        if given.plan is None:
            wanted = pb.CreatePlanRequest()
            wanted.CopyFrom(given.request.goal)
            wanted.project_id = given.project_id
            wanted.constraints.ClearField("budget_nano_usd")
            return await self._services.planner.create_plan(wanted, self)
        plan = pb.Plan()
        plan.CopyFrom(given.plan)
        plan.project_id = given.project_id
        for theirs in ("leakage", "accounting", "degraded"):
            plan.ClearField(theirs)
        return plan

    def domain_found(self, profile: domain_pb2.DomainProfile) -> None:
        """The planner knows the field."""
        self._teller.say("domain", pb.ProjectEvent(domain_found=profile))

    def team_proposed(self, team: list[analyst_pb2.TeamMember]) -> None:
        """The planner has a team."""
        self._teller.say("team", pb.ProjectEvent(team_proposed=pb.TeamProposed(team=team)))

    def _again(self, error: AttuneError) -> None:
        self._teller.degraded("", "plan/again", [f"asked again: {error.message}"])

    async def _tasks(self, plan: pb.Plan) -> None:
        """Each as soon as those that it depends on are done, and as there is a turn."""
        given, services = self.given, self._services
        means = Means(
            given, plan, services.analyst, self._caps, self._teller, services.context_tokens,
            services.deliverable_tokens,
        )  # fmt: skip
        ended = {task.id: asyncio.Event() for task in plan.tasks}
        turns = asyncio.Semaphore(given.parallel_tasks)
        async with asyncio.TaskGroup() as group:
            for task in plan.tasks:
                steps = TaskSteps.reserve(tries_of(given.review_rounds), given.review_rounds)
                group.create_task(self._task(TaskWork(task, means), steps, ended, turns))

    async def _task(
        self,
        work: TaskWork,
        steps: TaskSteps,
        ended: Mapping[str, asyncio.Event],
        turns: asyncio.Semaphore,
    ) -> None:
        task = work.task
        for needed in task.depends_on:
            await ended[needed].wait()
        if all(needed in self._finished for needed in task.depends_on):
            async with turns:
                await self._done(work, steps)
        ended[task.id].set()

    async def _done(self, work: TaskWork, steps: TaskSteps) -> None:
        task_id, say = work.task.id, self._teller.say
        say(f"started/{task_id}", pb.ProjectEvent(task_started=task_id))
        try:
            deliverable = await work.done(steps, self._finished)
        except Fault as fault:
            failed = pb.TaskFailed(task_id=task_id, reason=fault.reason, message=fault.message)
            say(f"failed/{task_id}", pb.ProjectEvent(task_failed=failed))
        else:
            self._finished[task_id] = deliverable
            say(f"finished/{task_id}", pb.ProjectEvent(task_finished=deliverable))
        finally:  # also of a task that is stopped
            self._spent += work.spent
            spend = pb.TaskSpend(task_id=task_id, rounds=work.rounds, accounting=total(work.spent))
            say(f"spend/{task_id}", pb.ProjectEvent(task_spend=spend))
            self._moved.set()

    async def _tell_spending(self) -> None:
        """What the books say after each task, so that who watches sees what it costs."""
        number = 0
        while True:
            await self._moved.wait()
            self._moved.clear()
            try:
                async with serving_within(BOOKS_SECONDS):
                    spent = await self._services.books.spent(self.given.project_id)
            except Exception as error:  # noqa: BLE001 what was spent is told at the end, too
                _log.warning("books_not_read", project_id=self.given.project_id, fault=str(error))
            else:
                number += 1
                key = f"spend/{time.time_ns()}/{number}"
                self._teller.say(key, pb.ProjectEvent(spend=spent))
            await asyncio.sleep(BETWEEN_SPENDS)

    async def _end(self) -> dict[str, Any]:
        given = self.given
        result = Result(
            given.project_id, given.goal, self._plan, self._finished, self._stop, self._spent
        )
        # Who cancels now, or the deadline, need not wait for what is slow to be measured.
        hurry = asyncio.create_task(self._until_hurried())
        try:
            await self._services.ending.tell(result, self._teller, hurry)
        finally:
            hurry.cancel()
        await self._sum_up()
        return {}

    async def _until_hurried(self) -> None:
        left = max(0.0, self.given.deadline - time.time())
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await self._stopped.wait()

    async def _sum_up(self) -> None:
        """Keeps how it ended where lists find it."""
        given = self.given
        project = standing(given.project_id, given.goal, self.log.events)
        self._services.metrics.ended(project)
        facts = {SUMMARY: packed(brief(project))}
        await beside(DBOS.update_workflow_attributes_async(given.project_id, facts, merge=True))


def _first(error: BaseException) -> BaseException:
    """The first error in a group, however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
