"""`attune run`, `watch`, `projects` and `cancel`: what they ask first, show, write and end with."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from cli_fakes import Fakes
from google.protobuf import json_format
from project_fakes import FakeProjects, events_of
from project_samples import failed, project
from structlog.testing import capture_logs

from shared.cli.exits import ExitCode
from shared.cli.output import json_text

ATTUNE = Path(sys.executable).parent / "attune"
GOAL = "Create a training program"


@pytest.fixture
async def fakes() -> AsyncIterator[Fakes]:
    with capture_logs():
        made = Fakes()
        made.director = FakeProjects(project())
        made.director.project.ClearField("project_id")
        async with made.serving() as served:
            yield served


async def attune(
    fakes: Fakes, folder: Path, *arguments: str, stdin: int | None = asyncio.subprocess.DEVNULL
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command against the fakes."""
    process = await asyncio.create_subprocess_exec(
        ATTUNE, *arguments, *fakes.arguments(), cwd=folder, stdin=stdin,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_run_ends_in_files_and_a_summary(fakes: Fakes, tmp_path: Path) -> None:
    code, out, err = await attune(
        fakes, tmp_path, "run", GOAL, "--out", "made", "--project-id", "mine", "--budget", "0.50",
        "--reviews", "3", "--parallel", "2", "--max-duration", "60",
    )  # fmt: skip
    assert code == ExitCode.OK, err
    work = fakes.director.project.deliverables
    assert (tmp_path / "made" / f"{work[0].task_id}.md").read_text() == work[0].markdown
    plan = json_format.Parse((tmp_path / "made" / "plan.json").read_text(), pb.Plan())
    assert plan == fakes.director.project.plan
    assert "<html" in (tmp_path / "made" / "project.html").read_text()
    assert "finished" in out
    assert f"{work[0].task_id}.md" in out
    assert "started" in err  # no terminal: a line for each step
    request = fakes.director.started[0]
    assert request.goal.project_id == "mine"
    assert request.goal.constraints.budget_nano_usd == 500_000_000
    assert (request.max_review_rounds, request.max_parallel_tasks) == (3, 2)
    assert request.max_duration.seconds == 60


async def test_as_json_the_project_is_all_that_is_on_stdout(fakes: Fakes, tmp_path: Path) -> None:
    code, out, _ = await attune(fakes, tmp_path, "run", GOAL, "--json", "--yes", "--expect", "mock")
    assert code == ExitCode.OK
    given = json_format.Parse(out, pb.Project())
    assert given == fakes.director.project
    assert (tmp_path / ".attune/projects" / given.project_id / "project.html").exists()


async def test_a_stream_that_breaks_off_is_taken_up_where_it_was(
    fakes: Fakes, tmp_path: Path
) -> None:
    fakes.director.breaks = [3, 3, 7]
    code, _, err = await attune(fakes, tmp_path, "run", GOAL)
    assert code == ExitCode.OK
    assert fakes.director.watched_after == [0, 3, 3, 7]
    assert "taking it up again" in err
    assert err.count("started:") == len(fakes.director.project.deliverables)


async def test_before_real_money_it_says_what_it_costs_and_needs_a_yes(
    fakes: Fakes, tmp_path: Path
) -> None:
    fakes.director.served_by = gateway_pb2.SERVED_BY_REAL
    code, _, err = await attune(fakes, tmp_path, "run", GOAL)
    assert code == ExitCode.USAGE
    assert "$0.42" in err
    assert "--yes" in err
    assert not fakes.director.started
    code, _, _ = await attune(fakes, tmp_path, "run", GOAL, "--yes")
    assert code == ExitCode.OK
    assert len(fakes.director.started) == 1


@pytest.mark.parametrize(("answer", "starts"), [("y\n", 1), ("n\n", 0), ("\n", 0)])
async def test_on_a_terminal_it_asks_and_only_a_yes_starts_it(
    fakes: Fakes, tmp_path: Path, answer: str, starts: int
) -> None:
    fakes.director.served_by = gateway_pb2.SERVED_BY_REAL
    mine, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        ATTUNE, "run", GOAL, *fakes.arguments(), cwd=tmp_path,
        stdin=theirs, stdout=asyncio.subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    os.write(mine, answer.encode())
    loop, said = asyncio.get_running_loop(), b""
    async with asyncio.timeout(60):
        while True:
            try:
                said += await loop.run_in_executor(None, os.read, mine, 65_536)
            except OSError:  # the other side is closed
                break
        code = await process.wait()
    os.close(mine)
    assert len(fakes.director.started) == starts
    assert code == (ExitCode.OK if starts else ExitCode.REFUSED)
    assert b"Start it?" in said


async def test_the_other_provider_ends_it_before_anything_is_asked(
    fakes: Fakes, tmp_path: Path
) -> None:
    code, _, _ = await attune(fakes, tmp_path, "run", GOAL, "--yes", "--expect", "real")
    assert code == ExitCode.EXPECTATION
    assert not fakes.director.started


async def test_a_project_that_failed_says_what_is_done_and_writes_that(
    fakes: Fakes, tmp_path: Path
) -> None:
    fakes.director.project = failed()
    code, out, err = await attune(fakes, tmp_path, "run", GOAL, "--out", "made")
    failure = fakes.director.project.failure
    assert code == ExitCode.REFUSED
    assert failure.reason in err
    assert ", ".join(failure.tasks_done) in err
    assert ", ".join(failure.tasks_open) in err
    done = {f"{work.task_id}.md" for work in fakes.director.project.deliverables}
    assert {path.name for path in (tmp_path / "made").iterdir()} == {
        *done, "plan.json", "project.html"
    }  # fmt: skip
    assert "failed" in out


async def test_ctrl_c_stops_watching_and_says_how_to_go_on(fakes: Fakes, tmp_path: Path) -> None:
    fakes.director.holds_after = 4
    process = await asyncio.create_subprocess_exec(
        ATTUNE, "run", GOAL, "--project-id", "mine", *fakes.arguments(), cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        await fakes.director.holding.wait()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "attune watch mine" in err.decode()
    assert "attune cancel mine" in err.decode()
    assert not fakes.director.cancelled_projects


async def test_a_timeout_leaves_the_project_and_says_so(fakes: Fakes, tmp_path: Path) -> None:
    fakes.director.holds_after = 4
    code, _, err = await attune(fakes, tmp_path, "run", GOAL, "--timeout", "0.5")
    assert code == ExitCode.UNAVAILABLE
    assert "attune watch" in err


async def test_an_edited_plan_is_started_as_it_stands(fakes: Fakes, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json_text(project().plan))
    code, _, err = await attune(fakes, tmp_path, "run", "--plan", "plan.json", "--language", "de")
    assert code == ExitCode.OK, err
    request = fakes.director.started[0]
    assert request.plan.tasks == project().plan.tasks
    assert request.constraints.language == "de"


async def test_every_fault_of_the_command_line_is_told_at_once(
    fakes: Fakes, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_text('{"goal": 3, "tasks": "none"}')
    code, _, err = await attune(
        fakes, tmp_path, "run", " ", "--plan", "plan.json", "--budget", "much", "--context", "nofile",
        "--model", "perform_task",
    )  # fmt: skip
    assert code == ExitCode.USAGE
    for where in (
        "GOAL",
        "--plan plan.json",
        "--budget much",
        "--context nofile",
        "--model perform",
    ):
        assert where in err
    assert not fakes.director.started


async def test_a_folder_that_cannot_be_written_is_found_out_first(
    fakes: Fakes, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    code, _, err = await attune(fakes, tmp_path, "run", GOAL, "--out", "file/made")
    assert code == ExitCode.USAGE
    assert "--out" in err
    assert not fakes.director.started


async def test_watch_gives_the_rest_as_lines_of_json(fakes: Fakes, tmp_path: Path) -> None:
    fakes.director.project.project_id = "mine"
    code, out, _ = await attune(fakes, tmp_path, "watch", "mine", "--after", "5", "--json")
    assert code == ExitCode.OK
    lines = [json_format.Parse(line, pb.ProjectEvent()) for line in out.splitlines()]
    assert lines == events_of(fakes.director.project)[5:]


async def test_watching_what_is_not_there_says_so(fakes: Fakes, tmp_path: Path) -> None:
    code, _, err = await attune(fakes, tmp_path, "watch", "nobody")
    assert code == ExitCode.REFUSED
    assert "PROJECT_NOT_FOUND" in err


async def test_projects_lists_them_and_cancel_stops_one(fakes: Fakes, tmp_path: Path) -> None:
    code, out, _ = await attune(fakes, tmp_path, "projects")
    assert (code, "No project" in out) == (ExitCode.OK, True)
    fakes.director.project.project_id = "mine"
    code, out, _ = await attune(fakes, tmp_path, "projects")
    assert "mine" in out
    code, out, _ = await attune(fakes, tmp_path, "projects", "--json")
    assert json.loads(out)["projects"][0]["project_id"] == "mine"
    code, out, _ = await attune(fakes, tmp_path, "cancel", "mine")
    assert code == ExitCode.OK
    assert "cancelled" in out
    assert fakes.director.cancelled_projects == ["mine"]
