"""What outlives a director: finished work, events and their numbers, the prompts' versions."""

from __future__ import annotations

import asyncio
from pathlib import Path

from attune.director.v1 import director_pb2 as pb
from director_house import FakeServices, a_plan, director_house, started

from services.director.settings import RESUME_NONE

PLAN = a_plan(a=[], b=["a"], c=["b"])


async def interrupted(folder: Path, project_id: str) -> list[pb.ProjectEvent]:
    """A project whose director went away while it did b; the events until then."""
    services = FakeServices()
    services.hold("b")
    async with director_house(folder, services) as house:
        await house.projects.start(started(project_id, PLAN))
        seen = []
        async with asyncio.timeout(30):
            async for event in house.projects.watch(project_id, 0):
                seen.append(event)
                if event.task_started == "b":
                    return seen
    raise AssertionError("it never came to b")


async def test_the_next_director_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    seen = await interrupted(tmp_path, "first")
    services = FakeServices()
    newer = {"perform_task": "perform_task@9", "review_deliverable": "review_deliverable@9"}
    async with director_house(tmp_path, services, versions=newer) as house:
        events = await house.events("first")
        project = await house.projects.read("first")
    assert project.state == pb.PROJECT_STATE_FINISHED
    assert [request.task.id for request in services.performed] == ["b", "c"]
    assert [request.deliverable.task_id for request in services.reviewed] == ["b", "c"]
    assert events[: len(seen)] == seen
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert {request.prompt_version for request in services.performed} == {"perform_task@1"}


async def test_a_director_that_is_told_not_to_leaves_projects_until_they_are_started_again(
    tmp_path: Path,
) -> None:
    await interrupted(tmp_path, "left")
    services = FakeServices()
    async with director_house(tmp_path, services, resume=RESUME_NONE) as house:
        await house.ended(started("another", a_plan(z=[])))
        assert [request.task.id for request in services.performed] == ["z"]
        project = await house.projects.start(started("left", PLAN))
        assert project.state == pb.PROJECT_STATE_RUNNING
        await house.events("left")
    assert [request.task.id for request in services.performed] == ["z", "b", "c"]


async def test_a_project_whose_director_is_gone_can_be_cancelled_without_a_call(
    tmp_path: Path,
) -> None:
    await interrupted(tmp_path, "given-up")
    services = FakeServices()
    async with director_house(tmp_path, services, resume=RESUME_NONE) as house:
        async with asyncio.timeout(30):
            project = await house.projects.cancel("given-up")
    assert not services.performed
    assert project.state == pb.PROJECT_STATE_CANCELLED
    assert list(project.failure.tasks_done) == ["a"]
    assert list(project.failure.tasks_open) == ["b", "c"]
    assert [work.task_id for work in project.deliverables] == ["a"]
