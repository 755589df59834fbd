"""What the commands of projects take and refuse, before anything is started or spent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attune.director.v1 import director_pb2 as pb
from project_samples import project
from typer.testing import CliRunner

from shared.cli import run, session
from shared.cli.exits import ExitCode
from shared.cli.main import app
from shared.cli.output import json_text
from shared.cli.run_command import RunCommand, WatchCommand
from shared.cli.wanted import Wanted, only

GOAL = "Create a training program"


class Asked:
    """What a command line came to, without a system."""

    wanted: Wanted
    command: Any


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    found = Asked()

    def keep(wanted: Wanted, needs: object, load: Any) -> None:
        found.wanted, found.command = wanted, load()

    monkeypatch.setattr(session, "do", keep)
    monkeypatch.setattr(run, "run", lambda work: work())
    return found


def attune(*arguments: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == ExitCode.USAGE, result.output
    assert not result.stdout
    return " ".join(result.stderr.split())


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    made = project().plan
    made.goal = GOAL
    path.write_text(json_text(made))
    return path


def test_all_that_was_asked_for_reaches_the_director(asked: Asked, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    known.write_text("A bad knee")
    attune(
        "run", GOAL, "--budget", "0.50", "--max-tasks", "5", "--max-roles", "3", "--parallel", "2",
        "--reviews", "1", "--max-duration", "90.5", "--language", "ar", "--domain", "sports",
        "--project-id", "p-7", "--model", "perform_task=a", "--model", "review_deliverable=b",
        "--context", str(known), "--out", str(tmp_path), "--yes", "--json",
    )  # fmt: skip
    wanted = pb.StartProjectRequest(max_parallel_tasks=2, max_review_rounds=1)
    wanted.max_duration.FromMilliseconds(90_500)
    wanted.goal.goal, wanted.goal.project_id, wanted.goal.domain = GOAL, "p-7", "sports"
    limits = wanted.goal.constraints
    limits.max_tasks, limits.max_roles, limits.language = 5, 3, "ar"
    limits.budget_nano_usd = 500_000_000
    wanted.goal.models.update({"perform_task": "a", "review_deliverable": "b"})
    wanted.goal.context.add(name="known.txt", text="A bad knee")
    assert asked.command.request == wanted
    assert (asked.command.out, asked.command.yes, asked.command.as_json) == (tmp_path, True, True)


def test_a_project_without_an_id_gets_one_of_its_own(asked: Asked) -> None:
    made = set()
    for _ in range(3):
        attune("run", GOAL)
        made.add(asked.command.request.goal.project_id)
    assert len(made) == 3
    assert all(name.startswith("p-") for name in made)
    assert asked.wanted.resume == "none"


def test_no_reviews_are_0_reviews_and_no_budget_is_no_limit(asked: Asked) -> None:
    attune("run", GOAL, "--reviews", "0")
    request = asked.command.request
    assert (request.without_reviews, request.max_review_rounds) == (True, 0)
    assert not request.goal.constraints.HasField("budget_nano_usd")
    assert not request.HasField("max_duration")


def test_an_edited_plan_is_started_under_a_new_id(asked: Asked, plan: Path) -> None:
    attune("run", "--plan", str(plan), "--budget", "1", "--model", "perform_task=a")
    request = asked.command.request
    assert request.plan.tasks == project().plan.tasks
    assert request.constraints.budget_nano_usd == 1_000_000_000
    assert dict(request.models) == {"perform_task": "a"}
    assert request.plan.project_id.startswith("p-")
    attune("run", GOAL, "--plan", str(plan), "--project-id", "p-7")
    assert (asked.command.request.plan.goal, asked.command.request.plan.project_id) == (GOAL, "p-7")


def test_every_fault_is_named_at_once(plan: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"tasks": 3}')
    text = refused(
        "run", "Another goal", "--plan", str(plan), "--budget", "lots", "--max-tasks", "3",
        "--domain", "x", "--model", "x", "--context", str(tmp_path / "none.txt"),
        "--project-id", "x" * 201, "--target", "nobody=1",
    )  # fmt: skip
    for fault in ("GOAL is not that of", "--budget lots", "--max-tasks has no meaning with --plan",
                  "--domain has no meaning", "--model x", "none.txt", "longer than 200",
                  "--target nobody=1"):  # fmt: skip
        assert "".join(fault.split()) in "".join(text.split())  # long paths are folded
    assert "nothing was spent" in text
    text = refused("run", "--plan", str(tmp_path / "bad.json"), "--budget", "0.0000000001")
    assert "is no plan" in text
    assert "--budget 0.0000000001" in text
    assert "one of them is needed" in refused("run")


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "1e9", "1,50", "0x1", "٥ دولار", "1" * 5_000])
def test_a_budget_is_exact_dollars(text: str, asked: Asked) -> None:
    assert "must be dollars" in refused("run", GOAL, f"--budget={text}")


def test_a_plan_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    assert "has more than 16,777,216 bytes" in refused("run", "--plan", str(path))


@pytest.mark.parametrize("command", ["watch", "cancel"])
@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_an_id_that_no_director_takes_is_refused(command: str, name: str) -> None:
    assert "the project's id" in refused(command, name)


@pytest.mark.parametrize(
    "arguments", [("run", GOAL, "--project-id", "p-7"), ("watch", "p-7"), ("cancel", "p-7")]
)
def test_a_system_of_its_own_goes_on_with_the_project_that_was_named_and_no_other(
    arguments: tuple[str, ...], asked: Asked
) -> None:
    attune(*arguments)
    assert asked.wanted.resume == "p-7"


@pytest.mark.parametrize("name", ["", "none", "all"])
def test_no_id_makes_it_go_on_with_all(name: str) -> None:
    assert only(name) == "none"


def test_plans_and_lists_go_on_with_nothing(asked: Asked) -> None:
    for arguments in (("plan", GOAL, "--project-id", "p-7"), ("projects",)):
        attune(*arguments)
        assert asked.wanted.resume == "none"


def test_watching_ends_with_the_project_unless_a_time_is_given(asked: Asked) -> None:
    attune("watch", "p-7", "--after", "4")
    assert isinstance(asked.command, WatchCommand)
    assert (asked.command.after, asked.command.out) == (4, None)
    assert asked.wanted.seconds > 30 * 24 * 3600
    attune("run", GOAL, "--timeout", "5")
    assert isinstance(asked.command, RunCommand)
    assert asked.wanted.seconds == 5


def test_json_of_a_plan_is_a_plan_to_run(asked: Asked, plan: Path) -> None:
    edited = json.loads(plan.read_text())
    edited["tasks"][0]["title"] = "Ask the athlete"
    plan.write_text(json.dumps(edited), encoding="utf-8-sig")
    attune("run", "--plan", str(plan))
    assert asked.command.request.plan.tasks[0].title == "Ask the athlete"
