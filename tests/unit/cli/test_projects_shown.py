"""What is said of a project at its end, in a list of projects, and before it costs anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from project_samples import failed, project, with_text_everywhere

from shared.cli.exits import ExitCode, Stop
from shared.cli.forecast import ask_first, print_forecast
from shared.cli.project_files import file_names
from shared.cli.project_view import print_project, print_projects, stop_of

EVIL = "\x1b]0;owned\x07[bold]x[/bold]\r\u202e\x9b2J:bomb:"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "110")


def printed(made: pb.Project, capsys: pytest.CaptureFixture[str]) -> str:
    folder = Path("out")
    names = file_names([work.task_id for work in made.deliverables])
    print_project(made, {task: folder / name for task, name in names.items()}, folder, ["gpt-5"])
    return capsys.readouterr().out


def test_the_end_of_a_project_has_each_task_its_verdicts_and_its_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = project()
    made.tasks[1].verdicts.add(criterion="x", verdict=analyst_pb2.VERDICT_CANNOT_TELL)
    made.tasks[1].rounds = 2
    del made.tasks[2].verdicts[:]
    made.degraded[:] = ["t2: asked again"]
    text = printed(made, capsys)
    lines = text.splitlines()
    assert "p-1 finished in 754.0 s; 6 of 6 tasks done" in lines[0]
    for number in range(1, 7):
        row = next(line for line in lines if f"t{number} " in line)
        assert "✓ done" in row
        assert row.endswith(f"t{number}.md")
    second = text[text.index("t2 ") : text.index("t3 ")]
    said = second.replace("t2.md", "").split()  # folded within its column
    assert " ".join(said).endswith("1 met, 1 not met, 1 cannot tell (done 2 times) ├─")
    assert "not reviewed" in next(line for line in lines if "t3 " in line)
    for more in (
        "t2: asked again",
        "$0.02345 (calls 9",
        "out/project.html",
        "--plan out/plan.json",
    ):
        assert more in text
    assert "\x1b" not in text
    assert stop_of(made) is None


def test_a_failed_project_says_why_what_is_done_and_what_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(failed(), capsys)
    assert "3 of 6 tasks done" in text
    assert "✗ failed" in text
    assert "It was cut off twice." in " ".join(text.split())
    assert text.count("not done") == 2
    stop = stop_of(failed())
    assert stop is not None
    assert stop.code == ExitCode.REFUSED
    assert stop.facts == [("reason", "TASKS_FAILED"), ("project_id", "p-1"),
                          ("done", "t1, t2, t3"), ("not done", "t4, t5, t6")]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "todo"),
    [
        ("BUDGET_EXHAUSTED", "--budget"),
        ("DEADLINE_EXCEEDED", "--max-duration"),
        ("CALLS_EXHAUSTED", "max_calls"),
        ("PROVIDER_QUOTA", "raise the quota"),
        ("SOMETHING_NEW", "--project-id"),
    ],
)
def test_whatever_ended_a_project_there_is_something_to_do(reason: str, todo: str) -> None:
    made = failed()
    made.failure.reason = reason
    stop = stop_of(made)
    assert stop is not None
    assert todo in stop.todo


def test_a_cancelled_project_without_a_plan_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    made = pb.Project(project_id="p-9", goal="Train", state=pb.PROJECT_STATE_CANCELLED)
    made.failure.reason = "CANCELLED"
    text = printed(made, capsys)
    assert "p-9 cancelled" in text
    assert "no model was asked" in text
    assert "plan.json" not in text
    stop = stop_of(made)
    assert stop is not None
    assert ("done", "nothing") in stop.facts


def test_what_was_not_measured_is_not_called_clean(capsys: pytest.CaptureFixture[str]) -> None:
    made = project()
    made.ClearField("leakage")
    assert "not measured" in printed(made, capsys)


def test_text_of_a_model_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    made = with_text_everywhere(EVIL)
    text = printed(made, capsys)
    print_projects([made])
    text += capsys.readouterr().out
    assert not set("\x1b\x07\x9b\u202e\r") & set(text)


def test_a_list_of_projects_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    running = pb.Project(project_id="p-2", goal="تدريب القوة", state=pb.PROJECT_STATE_RUNNING)
    unpriced = failed()
    unpriced.accounting.cost.status = gateway_pb2.COST_STATUS_UNPRICED
    unpriced.accounting.cost.ClearField("nano_usd")
    print_projects([running, project(), unpriced])
    lines = capsys.readouterr().out.splitlines()
    said = [
        ("p-2", "running", "0/0", "nothing"),
        ("p-1", "finished", "6/6", "$0.0235"),
        ("p-1", "failed", "3/6", "unknown"),
    ]
    for line, words in zip(lines[-3:], said, strict=True):
        assert all(word in line for word in words)


def test_without_projects_the_list_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    print_projects([])
    assert 'attune run "YOUR GOAL"' in capsys.readouterr().out


def forecast(served_by: gateway_pb2.ServedBy.ValueType) -> pb.EstimateProjectResponse:
    made = pb.EstimateProjectResponse(tasks=8, basis="only the plan", served_by=served_by)
    priced = made.purposes.add(purpose="perform_task", model="gpt-5", calls_at_most=32,
                               calls_probably=8.5)  # fmt: skip
    made.purposes.add(purpose="review_deliverable", model="odd", calls_at_most=1)
    for cost, nano_usd in ((priced.at_most, 90_000_000), (priced.probably, 40_000_000)):
        cost.nano_usd, cost.status = nano_usd, gateway_pb2.COST_STATUS_EXACT
    for cost in (made.at_most, made.probably, made.purposes[1].at_most, made.purposes[1].probably):
        cost.status = gateway_pb2.COST_STATUS_UNPRICED
    return made


def test_a_forecast_is_by_purpose_and_an_unknown_price_is_never_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_forecast(forecast(gateway_pb2.SERVED_BY_REAL))
    out, err = capsys.readouterr()
    assert out == ""
    performing = next(line for line in err.splitlines() if "perform_task" in line)
    assert "$0.09" in performing
    assert "$0.04" in performing
    assert "8.5" in performing
    for name in ("review_deliverable", "Probably", "At most"):
        row = next(line for line in err.splitlines() if line.strip().startswith(name))
        assert "unknown" in row
    assert "$0.00" not in err


async def test_what_costs_nothing_is_never_asked_about_and_yes_is_an_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await ask_first(forecast(gateway_pb2.SERVED_BY_MOCK), yes=False)
    await ask_first(forecast(gateway_pb2.SERVED_BY_CASSETTE), yes=False)
    await ask_first(forecast(gateway_pb2.SERVED_BY_REAL), yes=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "served_by",
    [
        gateway_pb2.SERVED_BY_REAL,
        gateway_pb2.SERVED_BY_MIXED,
        gateway_pb2.SERVED_BY_UNSPECIFIED,
    ],
)
async def test_where_nobody_can_be_asked_nothing_is_spent(
    served_by: gateway_pb2.ServedBy.ValueType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Stop) as stopped:
        await ask_first(forecast(served_by), yes=False)
    assert stopped.value.code == ExitCode.USAGE
    assert "--yes" in stopped.value.todo
    assert "nothing was spent" in stopped.value.todo
