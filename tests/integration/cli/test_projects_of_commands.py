"""The commands of projects against a director: nothing is missed, and nothing spent unasked."""

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
from google.protobuf import json_format
from structlog.testing import capture_logs

from shared.cli.exits import ExitCode

ATTUNE = Path(sys.executable).parent / "attune"
GOAL = "Create a bodybuilding program"


class Place:
    """A working directory beside a running system of fakes."""

    def __init__(self, fakes: Fakes, work: Path) -> None:
        self.fakes, self.director, self.work = fakes, fakes.director, work

    def _arguments(self, *arguments: str) -> list[str]:
        return [str(ATTUNE), *arguments, *self.fakes.arguments()]

    async def attune(self, *arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            *self._arguments(*arguments), stdin=DEVNULL, stdout=PIPE, stderr=PIPE, cwd=self.work
        )
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    @asynccontextmanager
    async def on_a_terminal(self, *arguments: str) -> AsyncIterator[tuple[Process, int]]:
        """The command, and the end of the terminal where a person sits."""
        person, terminal = pty.openpty()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._arguments(*arguments), stdin=terminal, stdout=PIPE, stderr=terminal,
                cwd=self.work, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
            )  # fmt: skip
            os.close(terminal)
            yield process, person
            if process.returncode is None:
                process.kill()
                await process.communicate()
        finally:
            os.close(person)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.work)) for path in self.work.rglob("*") if path.is_file()}


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with capture_logs():
        async with Fakes().serving() as fakes:
            yield Place(fakes, tmp_path)


async def read_until(person: int, text: str) -> str:
    """What the terminal shows, until `text` is in it or the command has ended."""
    loop, seen = asyncio.get_running_loop(), ""
    async with asyncio.timeout(20):
        while text not in seen:
            ready = asyncio.Event()
            loop.add_reader(person, ready.set)
            await ready.wait()
            loop.remove_reader(person)
            try:
                seen += os.read(person, 65_536).decode(errors="replace")
            except OSError:  # Linux: nobody is at the other end any more
                break
    return seen


async def test_a_goal_becomes_files_and_the_project_as_json_and_nothing_else(place: Place) -> None:
    code, out, err = await place.attune(
        "run", GOAL, "--yes", "--expect", "mock", "--out", "o", "--project-id", "p-7", "--json"
    )
    assert code == 0, err
    assert json_format.Parse(out, pb.Project()) == place.director.project
    assert json.loads(out)["tasks_planned"] == 6
    works = {f"o/t{number}.md" for number in range(1, 7)}
    assert place.files() == {"o/plan.json", "o/project.html", *works}
    assert "p-7" in err
    assert "repaired: t1: was asked again" in err
    assert "\x1b" not in err


async def test_people_get_a_table_and_a_folder_of_the_projects_own(place: Place) -> None:
    code, out, err = await place.attune("run", GOAL)
    assert code == 0, err
    name = place.director.starts[0].goal.project_id
    assert f"{name} finished" in out
    assert f".attune/projects/{name}/project.html" in place.files()


async def test_a_stream_that_breaks_off_is_taken_up_where_it_was(place: Place) -> None:
    place.director.breaks = {3, 9, 10}
    place.director.project.project_id = "p-7"
    code, out, err = await place.attune("watch", "p-7", "--json")
    assert code == 0, err
    assert [int(json.loads(line)["sequence"]) for line in out.splitlines()] == [
        event.sequence for event in place.director.events
    ]
    assert place.director.watched == [0, 3, 9, 10]
    assert err.count("taking it up again") == 3


async def test_watching_begins_after_the_event_that_was_named(place: Place) -> None:
    place.director.project.project_id = "p-7"
    code, out, _ = await place.attune("watch", "p-7", "--after", "20", "--json", "--out", "o")
    assert code == 0
    assert int(json.loads(out.splitlines()[0])["sequence"]) == 21
    assert "o/t1.md" in place.files()
    code, _, err = await place.attune("watch", "p-7", "--after", "999")
    assert code == ExitCode.USAGE
    assert "leave out --after" in err


async def test_a_start_without_an_answer_is_asked_again_and_is_the_same(place: Place) -> None:
    place.director.lost_starts = 2
    code, _, err = await place.attune("run", GOAL)
    assert code == 0, err
    first, *others = place.director.starts
    assert others == [first, first]
    assert first.goal.project_id


async def test_a_start_that_is_never_answered_says_where_to_look(place: Place) -> None:
    place.director.lost_starts = 9
    code, out, err = await place.attune("run", GOAL)
    assert (code, out) == (ExitCode.UNAVAILABLE, "")
    assert f"attune watch {place.director.starts[0].goal.project_id}" in " ".join(err.split())


async def test_real_money_without_a_terminal_needs_yes(place: Place) -> None:
    place.director.served_by = gateway_pb2.SERVED_BY_REAL
    code, out, err = await place.attune("run", GOAL)
    assert (code, out) == (ExitCode.USAGE, "")
    assert "say --yes to start it; nothing was spent" in err
    assert "$0.09" in err
    assert place.director.starts == []
    code, _, err = await place.attune("run", GOAL, "--yes")
    assert (code, len(place.director.starts)) == (0, 1), err


@pytest.mark.parametrize(
    ("answer", "code", "starts"),
    [(b"y\n", 0, 1), (b"n\n", 5, 0), (b"\n", 5, 0), (b"\x04", 5, 0)],
)
async def test_on_a_terminal_real_money_is_asked_about(
    answer: bytes, code: int, starts: int, place: Place
) -> None:
    place.director.served_by = gateway_pb2.SERVED_BY_REAL
    async with place.on_a_terminal("run", GOAL, "--json") as (process, person):
        assert "$0.09" in await read_until(person, "Start it? [y/N]")
        assert place.director.starts == []
        os.write(person, answer)
        reading = asyncio.create_task(read_until(person, "never shown"))
        out, _ = await process.communicate()
        shown = await reading
    assert (process.returncode, len(place.director.starts)) == (code, starts), shown
    assert bool(out) == bool(starts)


async def test_ctrl_c_at_the_question_ends_it_at_once_and_spends_nothing(place: Place) -> None:
    place.director.served_by = gateway_pb2.SERVED_BY_REAL
    async with place.on_a_terminal("run", GOAL) as (process, person):
        await read_until(person, "Start it? [y/N]")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            await process.wait()
    assert process.returncode == ExitCode.INTERRUPTED
    assert place.director.starts == []


async def test_ctrl_c_stops_watching_and_says_how_to_come_back(place: Place) -> None:
    place.director.stands_after = 12
    async with place.on_a_terminal("run", GOAL, "--project-id", "p 7") as (process, person):
        await read_until(person, "running")
        process.send_signal(signal.SIGINT)
        shown = " ".join((await read_until(person, "never shown")).split())
        out, _ = await process.communicate()
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, b"")
    at = " ".join(place.fakes.arguments())
    assert f"The project goes on. Watch it: attune watch 'p 7' {at}" in shown
    assert f"attune cancel 'p 7' {at}" in shown
    assert place.director.cancelled_ids == []


async def test_when_the_time_is_up_the_project_goes_on(place: Place) -> None:
    place.director.stands_after = 5
    code, out, err = await place.attune("run", GOAL, "--timeout", "1", "--project-id", "p-7")
    assert (code, out) == (ExitCode.UNAVAILABLE, "")
    assert "is not done after 1 s" in err
    assert "attune watch p-7" in " ".join(err.split())


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (pb.PROJECT_STATE_FAILED, "TASKS_FAILED"),
        (pb.PROJECT_STATE_CANCELLED, "BUDGET_EXHAUSTED"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
async def test_a_project_that_did_not_finish_is_no_success_and_leaves_what_is_done(
    state: pb.ProjectState.ValueType, reason: str, form: tuple[str, ...], place: Place
) -> None:
    place.director.ends_badly(state, reason)
    code, out, err = await place.attune("run", GOAL, "--project-id", "p-7", "--out", "o", *form)
    assert code == ExitCode.REFUSED
    assert reason in err
    assert place.files() >= {"o/t1.md", "o/t2.md", "o/t3.md", "o/plan.json", "o/project.html"}
    assert "o/t4.md" not in place.files()
    if form:
        assert json_format.Parse(out, pb.Project()) == place.director.project
    code, _, err = await place.attune("watch", "p-7", *form)
    assert code == ExitCode.REFUSED
    assert reason in err


async def test_another_gateway_than_expected_spends_nothing(place: Place) -> None:
    code, out, err = await place.attune("run", GOAL, "--yes", "--expect", "real")
    assert (code, out) == (ExitCode.EXPECTATION, "")
    assert "nothing was spent" in err
    place.director.served_by = gateway_pb2.SERVED_BY_REAL  # though the gateway says mock
    code, _, err = await place.attune("run", GOAL, "--yes", "--expect", "mock")
    assert code == ExitCode.EXPECTATION, err
    assert place.director.starts == []


async def test_a_folder_that_cannot_be_written_to_spends_nothing(place: Place) -> None:
    (place.work / "file").touch()
    code, out, err = await place.attune("run", GOAL, "--out", "file/o")
    assert (code, out) == (ExitCode.USAGE, "")
    assert "--out file/o" in err
    assert place.director.estimates == []


async def test_a_plan_of_an_earlier_run_is_run_again(place: Place) -> None:
    await place.attune("run", GOAL, "--out", "o")
    code, _, err = await place.attune("run", "--plan", "o/plan.json", "--out", "again")
    assert code == 0, err
    assert place.director.starts[1].plan.tasks == place.director.project.plan.tasks
    assert place.director.starts[1].plan.project_id != place.director.starts[0].goal.project_id


async def test_all_pages_of_projects_are_listed(place: Place) -> None:
    code, out, _ = await place.attune("projects", "--json")
    assert code == 0
    listed = json.loads(out)["projects"]
    assert [each["project_id"] for each in listed] == ["p-0", "p-1", "p-2"]
    assert "Goal 2" in (await place.attune("projects"))[1]


async def test_cancel_says_what_is_left(place: Place) -> None:
    place.director.ends_badly(pb.PROJECT_STATE_CANCELLED, "CANCELLED")
    place.director.project.project_id = "p-7"
    code, out, err = await place.attune("cancel", "p-7")
    assert code == 0, err
    for word in ("p-7 cancelled", "3 of 6 tasks done", "not done", "$0.02345"):
        assert word in out
    code, out, _ = await place.attune("cancel", "p-7", "--json")
    assert json_format.Parse(out, pb.Project()) == place.director.project
    assert place.director.cancelled_ids == ["p-7", "p-7"]


@pytest.mark.parametrize("command", ["watch", "cancel"])
async def test_a_project_that_is_not_there_says_where_to_look(command: str, place: Place) -> None:
    code, out, err = await place.attune(command, "p-none")
    assert (code, out) == (ExitCode.REFUSED, "")
    assert "attune projects" in " ".join(err.split())
