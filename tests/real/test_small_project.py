"""A project on a real small model: finished, whatever the model does on the way, and all told."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from eval_cost import plan_of
from google.protobuf import json_format
from running_system import ATTUNE, RunningSystem

from shared.cli.output import json_text

TASKS = 4
TRIES = 2
"""A model of 135 million parameters may fail a task in all its rounds: then another project."""


def run(system: RunningSystem, folder: Path, name: str) -> tuple[pb.Project, float]:
    """The project as the command gives it, and its seconds."""
    (folder / "plan.json").write_text(json_text(plan_of(TASKS, depth=1)))
    targets = [part for item in system.targets.items() for part in ("--target", "=".join(item))]
    began = time.monotonic()
    done = subprocess.run(
        [ATTUNE, "run", "--plan", "plan.json", "--yes", "--expect", "real", "--json", "--reviews", "1",
         "--out", name, "--project-id", name, *targets],
        cwd=folder, check=False, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode in (0, 5), done.stderr
    return json_format.Parse(done.stdout, pb.Project()), time.monotonic() - began


def test_a_project_of_four_tasks_is_finished_and_every_quirk_is_told(
    system: RunningSystem, gateway: GatewayServiceStub, tmp_path: Path
) -> None:
    for number in range(TRIES):
        name = f"small-{number}"
        project, seconds = run(system, tmp_path, name)
        spent = gateway.GetSpend(gateway_pb2.GetSpendRequest(project_id=name), timeout=30).total
        assert project.accounting.calls == spent.calls
        assert project.accounting.cost.nano_usd == spent.cost.nano_usd
        # Each call beyond one for each work and one for each review has its line.
        more = spent.calls - TASKS - sum(bool(task.verdicts) for task in project.tasks)
        told = [line for line in project.degraded if "again" in line or "gave nothing" in line]
        assert more <= 2 * len(told), (more, told)
        print(
            f"small project: {pb.ProjectState.Name(project.state)} in {seconds:.0f} s,"
            f" {spent.calls} calls, {len(project.degraded)} quirks told"
        )
        if project.state == pb.PROJECT_STATE_FINISHED:
            break
    assert project.state == pb.PROJECT_STATE_FINISHED, project.failure
    for task in project.plan.tasks:
        text = (tmp_path / name / f"{task.id}.md").read_text()
        assert len(text) > 80
        assert "lorem ipsum" not in text.lower()
    assert "<html" in (tmp_path / name / "project.html").read_text()
    assert json.loads((tmp_path / name / "plan.json").read_text())["goal"] == project.goal
