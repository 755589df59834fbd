"""Projects when somebody comes or goes at the worst moment, or a neighbour misbehaves."""

from __future__ import annotations

import asyncio

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from dbos import DBOS
from director_house import NOT_MET, DirectorHouse, a_plan, started

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_caller_who_leaves_while_it_starts_leaves_a_project_that_runs(
    house: DirectorHouse,
) -> None:
    request = started("left-early", a_plan(a=[]))
    for turns in range(6):  # at each of the first steps of starting
        request.plan.project_id = f"left-early-{turns}"
        starting = asyncio.ensure_future(house.projects.start(request))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        project = await house.ended(request)
        assert project.state == pb.PROJECT_STATE_FINISHED


async def test_a_project_that_is_taken_up_while_it_runs_here_can_be_cancelled_and_ends_once(
    house: DirectorHouse,
) -> None:
    house.services.hold("b")
    await house.projects.start(started("twice-here", a_plan(a=[], b=["a"])))
    await house.services.until(lambda: house.services.at_work["b"] == 1)
    await DBOS.resume_workflow_async("twice-here")
    await house.services.until(lambda: house.services.cancelled == ["b"])
    await house.services.until(lambda: house.services.at_work["b"] == 1)
    async with asyncio.timeout(10):
        project = await house.projects.cancel("twice-here")
    assert project.state == pb.PROJECT_STATE_CANCELLED
    assert [request.task.id for request in house.services.performed] == ["a", "b", "b"]
    ends = [e for e in await house.events("twice-here") if e.HasField("project_failed")]
    assert len(ends) == 1


async def test_who_cancels_need_not_wait_for_what_is_slow_to_be_measured(
    house: DirectorHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    measuring = asyncio.Event()

    async def never(_: object) -> domain_pb2.MeasureLeakageResponse:
        measuring.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(house.services, "MeasureLeakage", never, raising=False)
    await house.projects.start(started("slow-end", a_plan(a=[])))
    async with asyncio.timeout(10):
        await measuring.wait()
        project = await house.projects.cancel("slow-end")
    assert project.state == pb.PROJECT_STATE_FINISHED  # its work was done
    assert "not measured" in project.degraded[-1]


async def test_an_error_that_nobody_foresaw_ends_it_in_words(
    house: DirectorHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> gateway_pb2.GetSpendResponse:
        raise ValueError("of no sense")

    monkeypatch.setattr(house.services, "GetSpend", broken, raising=False)
    project = await house.ended(started("no-books", a_plan(a=[])))
    assert project.end_time.seconds
    assert project.state in (pb.PROJECT_STATE_FINISHED, pb.PROJECT_STATE_FAILED)
    last = project.last_sequence
    assert await house.events("no-books", last) == []


async def test_a_task_that_is_stopped_says_what_it_took(house: DirectorHouse) -> None:
    def hold_again(_: analyst_pb2.ReviewDeliverableRequest) -> list[analyst_pb2.Verdict.ValueType]:
        house.services.hold("a")
        return [NOT_MET]

    house.services.review = hold_again
    await house.projects.start(started("stopped", a_plan(a=[])))
    await house.services.until(lambda: len(house.services.performed) == 2)
    project = await house.projects.cancel("stopped")
    assert project.tasks[0].rounds == 2
    assert project.tasks[0].accounting.calls == 2
    assert project.tasks[0].state == pb.TASK_STATE_OPEN


async def test_ids_in_any_script_can_be_listed_page_by_page(house: DirectorHouse) -> None:
    for number in range(2):
        await house.ended(started("面" * 199 + str(number), a_plan(a=[])))
    first, token = await house.projects.page(1, "")
    second, _ = await house.projects.page(1, token)
    assert first[0].project_id != second[0].project_id
