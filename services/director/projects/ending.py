"""How a project ends: what is done and what is not, what was spent, how its language is."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from services.director.projects.books import Books
from services.director.projects.caps import CALLS_EXHAUSTED
from services.director.projects.telling import Teller
from shared.context.profile import PROFILE_CONTRADICTS_GOAL
from shared.rpc.checks import MAX_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS_IN_ALL
from shared.rpc.deadline import serving_within
from shared.rpc.errors import AttuneError, BudgetExhausted, DeadlineExceeded
from shared.structured.accounting import total

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.domain.v1.domain_pb2_grpc import DomainServiceAsyncStub

CANCELLED = "CANCELLED"
TASKS_FAILED = "TASKS_FAILED"
STOPS = frozenset({
    CANCELLED,
    DeadlineExceeded.default_reason,
    BudgetExhausted.default_reason,
    CALLS_EXHAUSTED,
})  # fmt: skip
"""Reasons of a project that was stopped; all others are of one that failed."""
SECONDS = 30.0
"""For measuring the language of a project that ran to its end."""
SECONDS_OF_A_STOP = 0.5
"""Of one that was stopped: who stops it waits for this."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a project ends before its time."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What there is at the end. spent: of each step of this run, where the books are closed."""

    project_id: str
    goal: str
    plan: pb.Plan | None
    finished: Mapping[str, analyst_pb2.Deliverable]
    stop: Stop | None
    spent: list[gateway_pb2.Accounting]


@dataclass(frozen=True, slots=True)
class Ending:
    """Asks what only others know of a project that has ended, and tells of it."""

    domain: DomainServiceAsyncStub
    books: Books

    async def tell(self, result: Result, teller: Teller, hurry: asyncio.Task[None]) -> None:
        """Says the last events, and has all events written. Inside a step of DBOS.

        hurry: is done when somebody waits for the end, or the time is over.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._leakage(result, teller, hurry))
            spent = group.create_task(self._spent(result, teller, hurry))
        teller.say("spend/end", pb.ProjectEvent(spend=spent.result()))
        teller.say("end", last_event(result))
        await teller.write()

    async def _spent(
        self, result: Result, teller: Teller, hurry: asyncio.Task[None]
    ) -> gateway_pb2.Accounting:
        """From the books; where they cannot be read, the answers' sum, which is told.

        How answers were read is from this run in any case.
        """
        answered = total(result.spent)
        try:
            async with serving_within(SECONDS):
                spent = await _in_time(self.books.spent(result.project_id), hurry)
        except Exception as error:  # noqa: BLE001 whatever it is, the project has to end
            why = str(error) or "there was no time"
            told = f"what was spent is the sum of what was answered, since of the books: {why}"
            teller.degraded("", "books", [told])
            return answered
        spent.answers.extend(answered.answers)
        return spent

    async def _leakage(self, result: Result, teller: Teller, hurry: asyncio.Task[None]) -> None:
        """Of the deliverables; where it cannot be measured, that is told."""
        if result.plan is None or not result.finished:
            return
        works = [
            result.finished[t.id].markdown for t in result.plan.tasks if t.id in result.finished
        ]
        most = min(MAX_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS_IN_ALL // len(works))
        request = domain_pb2.MeasureLeakageRequest(
            goal=result.goal, profile=result.plan.profile, texts=[work[:most] for work in works]
        )
        try:
            async with serving_within(SECONDS):
                report = await _in_time(self._measured(request), hurry)
        except Exception as error:  # noqa: BLE001 whatever it is, the project has to end
            why = str(error) or "there was no time"
            teller.degraded("", "leakage", [f"the deliverables' language was not measured: {why}"])
            return
        if any(len(work) > most for work in works):
            told = f"of each deliverable the first {most:,} characters were measured for leakage"
            teller.degraded("", "leakage", [told])
        teller.say("leakage", pb.ProjectEvent(leakage_measured=report))

    async def _measured(
        self, request: domain_pb2.MeasureLeakageRequest
    ) -> domain_pb2.LeakageReport:
        try:
            return (await self.domain.MeasureLeakage(request)).report
        except AttuneError as error:
            if error.reason != PROFILE_CONTRADICTS_GOAL:
                raise
        # The plan was made with this profile, and says that it may be wrong.
        request.profile.source = domain_pb2.PROFILE_SOURCE_CALLER
        return (await self.domain.MeasureLeakage(request)).report


async def _in_time(work: Coroutine[Any, Any, T], hurry: asyncio.Task[None]) -> T:
    """What the work gives; once there is a hurry, it has SECONDS_OF_A_STOP. Raises TimeoutError."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=SECONDS_OF_A_STOP)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()


def last_event(result: Result) -> pb.ProjectEvent:
    """Finished, or failed and why."""
    tasks = [task.id for task in result.plan.tasks] if result.plan else []
    done = [task for task in tasks if task in result.finished]
    if tasks and len(done) == len(tasks):
        return pb.ProjectEvent(project_finished=pb.ProjectFinished(tasks_done=len(done)))
    stop = result.stop or Stop(
        TASKS_FAILED,
        f"{len(tasks) - len(done)} of {len(tasks)} tasks have no deliverable; their events say why",
    )
    failed = pb.ProjectFailed(
        reason=stop.reason,
        message=stop.message,
        tasks_open=[task for task in tasks if task not in result.finished],
        tasks_done=done,
    )
    return pb.ProjectEvent(project_failed=failed)
