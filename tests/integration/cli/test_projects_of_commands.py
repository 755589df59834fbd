"""The commands of projects where something goes another way: lost answers, Ctrl-C, doubts."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from cli_fakes import Fakes
from project_fakes import FakeProjects
from project_samples import failed, project
from structlog.testing import capture_logs

from shared.cli.exits import ExitCode
from shared.rpc.errors import Unavailable

ATTUNE = Path(sys.executable).parent / "attune"
GOAL = "Create a bodybuilding program"


class Forgetful(FakeProjects):
    """Hears a number of starts without answering them, and lists its project three times."""

    def __init__(self) -> None:
        super().__init__(project())
        self.lost_starts = 0

    async def StartProject(self, request, context):  # noqa: N802
        reply = await super().StartProject(request, context)
        if len(self.started) <= self.lost_starts:
            raise Unavailable("went away", reason="SERVICE_UNAVAILABLE")
        return reply

    async def ListProjects(self, request, context):  # noqa: N802
        number = int(request.page_token or 0)
        token = "" if number == 2 else str(number + 1)
        listed = pb.Project(project_id=f"p-{number}", goal=f"Goal {number}")
        return pb.ListProjectsResponse(projects=[listed], next_page_token=token)


class Place:
    """A working directory beside a running system of fakes."""

    def __init__(self, fakes: Fakes, work: Path) -> None:
        self.fakes, self.work = fakes, work
        self.director: Forgetful = fakes.director

    async def attune(self, *arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            ATTUNE, *arguments, *self.fakes.arguments(), stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
            cwd=self.work,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode, out.decode(), " ".join(err.decode().split())

    @asynccontextmanager
    async def on_a_terminal(self, *arguments: str) -> AsyncIterator[tuple[Process, int]]:
        """The command, and the end of the terminal where a person sits."""
        person, terminal = pty.openpty()
        try:
            process = await asyncio.create_subprocess_exec(
                ATTUNE, *arguments, *self.fakes.arguments(), stdin=terminal, stdout=PIPE,
                stderr=terminal, cwd=self.work, env=os.environ | {"TERM": "xterm"},
            )  # fmt: skip
            os.close(terminal)
            yield process, person
            if process.returncode is None:
                process.kill()
                await process.communicate()
        finally:
            os.close(person)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with capture_logs():
        fakes = Fakes()
        fakes.director = Forgetful()
        async with fakes.serving():
            yield Place(fakes, tmp_path)


async def read_until(person: int, text: str) -> str:
    """What the terminal shows, until `text` is in it or the command has ended."""
    loop, seen = asyncio.get_running_loop(), ""
    async with asyncio.timeout(20):
        while text not in seen:
            ready = asyncio.Event()
            loop.add_reader(person, ready.set)
            try:
                await ready.wait()
                seen += os.read(person, 65_536).decode(errors="replace")
            except OSError:  # Linux: nobody is at the other end any more
                break
            finally:
                loop.remove_reader(person)
    return seen


async def test_a_start_without_an_answer_is_asked_again_and_is_the_same(place: Place) -> None:
    place.director.lost_starts = 2
    code, _, err = await place.attune("run", GOAL)
    assert code == 0, err
    first, *others = place.director.started
    assert others == [first, first]
    assert f"project {first.goal.project_id}" in err


async def test_a_start_that_is_never_answered_says_where_to_look(place: Place) -> None:
    place.director.lost_starts = 9
    code, out, err = await place.attune("run", GOAL)
    assert (code, out) == (ExitCode.UNAVAILABLE, "")
    assert f"attune watch {place.director.started[0].goal.project_id}" in err


async def test_ctrl_c_at_the_question_ends_it_at_once_and_spends_nothing(place: Place) -> None:
    place.director.served_by = gateway_pb2.SERVED_BY_REAL
    async with place.on_a_terminal("run", GOAL) as (process, person):
        assert "$0.42" in await read_until(person, "Start it? [y/N]")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            await process.wait()
    assert process.returncode == ExitCode.INTERRUPTED
    assert place.director.started == []


async def test_a_terminal_that_is_closed_at_the_question_is_no_yes(place: Place) -> None:
    place.director.served_by = gateway_pb2.SERVED_BY_REAL
    async with place.on_a_terminal("run", GOAL) as (process, person):
        await read_until(person, "Start it? [y/N]")
        os.write(person, b"\x04")
        await read_until(person, "never shown")
        async with asyncio.timeout(10):
            await process.communicate()
    assert process.returncode == ExitCode.REFUSED
    assert place.director.started == []


async def test_what_it_says_at_ctrl_c_can_be_typed_as_it_stands(place: Place) -> None:
    place.director.holds_after = 12
    async with place.on_a_terminal("run", GOAL, "--project-id", "p 7") as (process, person):
        await read_until(person, "running")
        process.send_signal(signal.SIGINT)
        shown = " ".join((await read_until(person, "never shown")).split())
        out, _ = await process.communicate()
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, b"")
    at = " ".join(place.fakes.arguments())
    assert f"The project goes on. Watch it: attune watch 'p 7' {at}" in shown
    assert f"attune cancel 'p 7' {at}" in shown


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (pb.PROJECT_STATE_FAILED, "TASKS_FAILED"),
        (pb.PROJECT_STATE_CANCELLED, "BUDGET_EXHAUSTED"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
async def test_watching_a_project_that_does_not_finish_is_no_success(
    state: pb.ProjectState.ValueType, reason: str, form: tuple[str, ...], place: Place
) -> None:
    place.director.project = failed()
    place.director.project.state, place.director.project.failure.reason = state, reason
    code, out, err = await place.attune("watch", "p-1", "--out", "o", *form)
    assert code == ExitCode.REFUSED
    assert reason in err
    assert (place.work / "o/t3.md").exists()
    if form:
        assert "project_failed" in json.loads(out.splitlines()[-1])


async def test_an_estimate_by_another_provider_than_expected_spends_nothing(place: Place) -> None:
    place.director.served_by = gateway_pb2.SERVED_BY_REAL  # though the gateway says mock
    code, _, err = await place.attune("run", GOAL, "--yes", "--expect", "mock")
    assert code == ExitCode.EXPECTATION, err
    assert place.director.started == []


async def test_a_plan_of_an_earlier_run_is_run_again_as_another_project(place: Place) -> None:
    await place.attune("run", GOAL, "--out", "o")
    code, _, err = await place.attune("run", "--plan", "o/plan.json", "--out", "again")
    assert code == 0, err
    first, second = place.director.started
    assert second.plan.tasks == place.director.project.plan.tasks
    assert second.plan.project_id != first.goal.project_id


async def test_all_pages_of_projects_are_listed(place: Place) -> None:
    code, out, _ = await place.attune("projects", "--json")
    assert code == 0
    assert [each["project_id"] for each in json.loads(out)["projects"]] == ["p-0", "p-1", "p-2"]
