"""What a project promises: order, side by side, reviews, limits, ends that say what is done."""

from __future__ import annotations

import asyncio

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from director_house import (
    MET,
    NOT_MET,
    DirectorHouse,
    a_plan,
    started,
)
from google.protobuf.duration_pb2 import Duration

from shared.rpc.errors import (
    AlreadyExists,
    BudgetExhausted,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    Unavailable,
    Violation,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def kinds(events: list[pb.ProjectEvent]) -> list[str]:
    return [str(event.WhichOneof("event")) for event in events]


async def test_each_task_is_done_after_those_that_it_depends_on(house: DirectorHouse) -> None:
    plan = a_plan(a=[], b=["a"], c=["a"], d=["b", "c"])
    project = await house.ended(started("order", plan))
    assert project.state == pb.PROJECT_STATE_FINISHED
    assert [work.task_id for work in project.deliverables] == ["a", "b", "c", "d"]
    order = [request.task.id for request in house.services.performed]
    assert (order[0], order[3]) == ("a", "d")


async def test_tasks_run_side_by_side_up_to_the_limit(house: DirectorHouse) -> None:
    house.services.hold("a", "b", "c", "d")
    plan = a_plan(a=[], b=[], c=[], d=[])
    await house.projects.start(started("limit", plan, max_parallel_tasks=3))
    await house.services.until(lambda: house.services.at_work.total() == 3)
    for gate in house.services.held.values():
        gate.set()
    await house.events("limit")
    assert house.services.most_at_work == 3


async def test_a_task_is_told_what_it_depends_on_and_nothing_else(house: DirectorHouse) -> None:
    plan = a_plan(a=[], b=["a"], c=["b"])
    known = [domain_pb2.ContextItem(name="oven", text="It has no steam.")]
    await house.ended(started("told", plan, context=known))
    told = {r.task.id: [item.name for item in r.context] for r in house.services.performed}
    assert told == {"a": ["oven"], "b": ["oven", "Title of a"], "c": ["oven", "Title of b"]}


async def test_what_fails_a_criterion_is_done_once_more_with_the_findings(
    house: DirectorHouse,
) -> None:
    house.services.review = lambda _: [NOT_MET if len(house.services.reviewed) == 1 else MET]
    project = await house.ended(started("again", a_plan(a=[])))
    assert [list(r.findings) for r in house.services.performed] == [
        [], ["The text of a can be read: why"]
    ]  # fmt: skip
    assert project.tasks[0].rounds == 2
    assert [each.verdict for each in project.tasks[0].verdicts] == [MET]
    assert project.tasks[0].accounting.calls == 4


async def test_after_the_last_review_it_stands_with_its_verdict(house: DirectorHouse) -> None:
    house.services.review = lambda _: [NOT_MET]
    project = await house.ended(started("stands", a_plan(a=[]), max_review_rounds=3))
    assert project.state == pb.PROJECT_STATE_FINISHED
    assert (len(house.services.performed), len(house.services.reviewed)) == (3, 3)
    assert project.tasks[0].verdicts[0].verdict == NOT_MET


async def test_done_again_and_worse_the_one_before_stands(house: DirectorHouse) -> None:
    plan = a_plan(a=[])
    plan.tasks[0].acceptance_criteria.append("It has a crust that one can hear")
    texts = iter(["first", "second"])
    house.services.perform = lambda _: next(texts)
    house.services.review = lambda request: (
        [NOT_MET, MET] if request.deliverable.markdown == "first" else [NOT_MET, NOT_MET]
    )
    project = await house.ended(started("worse", plan))
    assert project.deliverables[0].markdown == "first"
    assert [each.verdict for each in project.tasks[0].verdicts] == [NOT_MET, MET]
    assert "the one before stands" in project.tasks[0].degraded[0]


async def test_without_reviews_nothing_is_reviewed(house: DirectorHouse) -> None:
    project = await house.ended(started("unreviewed", a_plan(a=[]), without_reviews=True))
    assert not house.services.reviewed
    assert not project.tasks[0].verdicts


async def test_a_task_without_a_deliverable_leaves_open_what_depends_on_it(
    house: DirectorHouse,
) -> None:
    def perform(request: analyst_pb2.PerformTaskRequest) -> str:
        if request.task.id == "a":
            raise FailedPrecondition("still lorem ipsum", reason="UNFINISHED_DELIVERABLE")
        return "work"

    house.services.perform = perform
    project = await house.ended(started("failing", a_plan(a=[], b=["a"], c=[], d=["b"])))
    assert project.state == pb.PROJECT_STATE_FAILED
    assert project.failure.reason == "TASKS_FAILED"
    assert list(project.failure.tasks_open) == ["a", "b", "d"]
    assert list(project.failure.tasks_done) == ["c"]
    assert [pb.TaskState.Name(task.state) for task in project.tasks] == [
        "TASK_STATE_FAILED", "TASK_STATE_OPEN", "TASK_STATE_DONE", "TASK_STATE_OPEN"
    ]  # fmt: skip
    assert "lorem" in project.tasks[0].fault
    assert [r.task.id for r in house.services.performed].count("a") == 2


async def test_a_service_that_is_down_is_asked_until_it_is_back_and_that_is_told(
    house: DirectorHouse,
) -> None:
    def perform(_: analyst_pb2.PerformTaskRequest) -> str:
        if len(house.services.performed) < 3:
            raise Unavailable("the analyst service cannot be reached")
        return "work"

    house.services.perform = perform
    project = await house.ended(started("down", a_plan(a=[])))
    assert project.state == pb.PROJECT_STATE_FINISHED
    assert project.tasks[0].degraded == ["asked again: the analyst service cannot be reached"]


async def test_cancelling_stops_what_is_under_way_and_says_what_is_done(
    house: DirectorHouse,
) -> None:
    house.services.hold("b")
    await house.projects.start(started("cancelled", a_plan(a=[], b=["a"], c=["b"])))
    await house.services.until(lambda: house.services.at_work["b"] == 1)
    async with asyncio.timeout(10):
        project = await house.projects.cancel("cancelled")
    assert house.services.cancelled == ["b"]
    assert project.state == pb.PROJECT_STATE_CANCELLED
    assert project.failure.reason == "CANCELLED"
    assert (list(project.failure.tasks_done), list(project.failure.tasks_open)) == (
        ["a"],
        ["b", "c"],
    )
    assert [work.task_id for work in project.deliverables] == ["a"]
    assert project.accounting.calls == 3
    assert await house.projects.cancel("cancelled") == project


async def test_a_budget_that_is_used_up_stops_all_of_it(house: DirectorHouse) -> None:
    house.services.hold("b")

    def perform(request: analyst_pb2.PerformTaskRequest) -> str:
        raise BudgetExhausted([Violation("project:spent", "0 nano-USD are left")])

    house.services.perform = perform
    limits = pb.PlanConstraints(budget_nano_usd=7)
    request = started("spent", a_plan(a=[], b=[]), constraints=limits)
    project = await house.ended(request)
    assert project.state == pb.PROJECT_STATE_CANCELLED
    assert project.failure.reason == "BUDGET_EXHAUSTED"
    assert house.services.cancelled == ["b"]
    assert house.services.budgets["spent"].limit_nano_usd == 7


async def test_the_deadline_stops_all_of_it(house: DirectorHouse) -> None:
    house.services.hold("a")
    request = started("late", a_plan(a=[]), max_duration=Duration(seconds=1))
    project = await house.ended(request)
    assert project.state == pb.PROJECT_STATE_CANCELLED
    assert project.failure.reason == "DEADLINE_EXCEEDED"


async def test_calls_are_capped_per_task_and_for_all(house: DirectorHouse) -> None:
    house.services.review = lambda _: [NOT_MET]
    project = await house.ended(started("capped", a_plan(a=[]), max_calls_per_task=5))
    assert (len(house.services.performed), len(house.services.reviewed)) == (1, 1)
    assert project.state == pb.PROJECT_STATE_FINISHED
    assert "limit" in project.tasks[0].degraded[0]
    chain = a_plan(a=[], b=["a"], c=["b"])
    project = await house.ended(started("capped-in-all", chain, max_calls=5, without_reviews=True))
    assert project.failure.reason == "CALLS_EXHAUSTED"
    assert project.state == pb.PROJECT_STATE_CANCELLED
    assert project.accounting.calls <= 5 + 2  # of the project before


async def test_money_is_capped_per_task(house: DirectorHouse) -> None:
    house.services.review = lambda _: [NOT_MET]
    project = await house.ended(started("dear", a_plan(a=[]), max_task_nano_usd=10))
    assert project.tasks[0].accounting.cost.nano_usd == 10
    assert project.state == pb.PROJECT_STATE_FINISHED


async def test_an_id_belongs_to_one_request(house: DirectorHouse) -> None:
    request = started("mine", a_plan(a=[]))
    first = await house.ended(request)
    assert await house.projects.start(request) == first
    assert len(house.services.performed) == 1
    with pytest.raises(AlreadyExists) as raised:
        await house.projects.start(started("mine", a_plan(b=[])))
    assert raised.value.reason == "PROJECT_ID_REUSED"


async def test_of_two_who_start_the_same_at_once_both_get_it(house: DirectorHouse) -> None:
    request = started("twice", a_plan(a=[], b=["a"]))
    await asyncio.gather(*(house.projects.start(request) for _ in range(5)))
    await house.events("twice")
    assert len(house.services.performed) == 2


async def test_who_watches_from_any_point_misses_nothing(house: DirectorHouse) -> None:
    await house.ended(started("watched", a_plan(a=[], b=["a"])))
    everything = await house.events("watched")
    assert [event.sequence for event in everything] == list(range(1, len(everything) + 1))
    assert kinds(everything)[-1] == "project_finished"
    for after in range(len(everything)):
        assert await house.events("watched", after) == everything[after:]
    with pytest.raises(OutOfRange) as raised:
        await house.events("watched", len(everything) + 1)
    assert raised.value.reason == "SEQUENCE_FROM_THE_FUTURE"


async def test_a_hundred_watchers_are_one_project_and_their_leaving_stops_nothing(
    house: DirectorHouse,
) -> None:
    house.services.hold("a")
    await house.projects.start(started("crowd", a_plan(a=[], b=["a"])))
    stay = [asyncio.create_task(house.events("crowd")) for _ in range(100)]
    leave = [asyncio.create_task(house.events("crowd")) for _ in range(10)]
    await house.services.until(lambda: house.services.at_work["a"] == 1)
    for watcher in leave:
        watcher.cancel()
    house.services.held["a"].set()
    seen = await asyncio.gather(*stay)
    assert all(each == seen[0] for each in seen)
    assert kinds(seen[0])[-1] == "project_finished"
    assert len(house.services.performed) == 2


async def test_projects_are_listed_in_pages_the_youngest_first(house: DirectorHouse) -> None:
    for number in range(3):
        await house.ended(started(f"page-{number}", a_plan(a=[])))
    first, token = await house.projects.page(2, "")
    assert [project.project_id for project in first] == ["page-2", "page-1"]
    assert first[0].state == pb.PROJECT_STATE_FINISHED
    assert first[0].tasks_done == 1
    assert first[0].start_time.seconds
    assert not first[0].deliverables
    await house.ended(started("page-3", a_plan(a=[])))
    second, _ = await house.projects.page(2, token)
    assert second[0].project_id == "page-0"
    with pytest.raises(InvalidArgument):
        await house.projects.page(2, "none of ours")


async def test_a_project_that_nobody_started_is_not_found(house: DirectorHouse) -> None:
    for ask in (house.projects.read, house.projects.cancel):
        with pytest.raises(NotFound):
            await ask("nobody's")
    with pytest.raises(NotFound):
        await house.events("nobody's")
