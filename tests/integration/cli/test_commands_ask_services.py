"""The commands against services that run: what they send, print, and end with."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attune.director.v1 import director_pb2
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from cli_fakes import Fakes, make_plan, serve
from google.protobuf import json_format
from structlog.testing import capture_logs

from shared.cli.classify_command import SIDE_BY_SIDE, ClassifyCommand
from shared.cli.errors_view import explain
from shared.cli.exits import ExitCode, Stop
from shared.cli.leakage_command import LeakageCommand
from shared.cli.output import Form
from shared.cli.plan_command import PlanCommand
from shared.cli.progress import Progress
from shared.cli.session import Command, do
from shared.cli.spend_command import SpendCommand
from shared.cli.wanted import Expect, Wanted
from shared.rpc.errors import (
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    Violation,
)

ATTUNE = Path(sys.executable).parent / "attune"
NOWHERE = "127.0.0.1:1"


@pytest.fixture
async def fakes() -> AsyncIterator[Fakes]:
    with capture_logs():  # the services' own lines are not the command's output
        async with Fakes().serving() as served:
            yield served


async def asked(fakes: Fakes, command: Command, **wanted: object) -> None:
    """Does a command as the command line does, with the fakes named by --target."""
    targets = wanted.pop("targets", fakes.targets)
    await do(Wanted(targets, **wanted), (), lambda: command)


def files_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


async def stopped(fakes: Fakes, command: Command, **wanted: object) -> Stop:
    """How the command ended, having failed."""
    with pytest.raises(Exception) as failed:
        await asked(fakes, command, **wanted)
    return explain(failed.value)


async def test_a_plan_as_json_is_the_directors_plan_and_nothing_else(
    fakes: Fakes, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        ATTUNE, "plan", "Create a training program", "--json", *fakes.arguments(),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=tmp_path,
    )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    given = make_plan(fakes.director.requests[0])
    assert json_format.Parse(out.decode(), director_pb2.Plan()) == given
    read = json.loads(out)
    assert read["tasks"][0]["depends_on"] == []  # defaults are there
    assert read["accounting"]["served_by"] == "SERVED_BY_MOCK"
    assert files_in(tmp_path) == []


async def test_what_is_asked_for_reaches_the_director(fakes: Fakes) -> None:
    command = PlanCommand(
        goal="Plan a wedding", as_json=True, max_tasks=5, max_roles=3, language="pt-BR",
        domain="event-planning", project_id="p1", models={"analyze_goal": "gpt-x"},
        context=[("guests.txt", "Eighty guests")],
    )  # fmt: skip
    await asked(fakes, command)
    (request,) = fakes.director.requests
    wanted = director_pb2.CreatePlanRequest(
        goal="Plan a wedding", project_id="p1", domain="event-planning",
        models={"analyze_goal": "gpt-x"},
        context=[domain_pb2.ContextItem(name="guests.txt", text="Eighty guests")],
        constraints=director_pb2.PlanConstraints(max_tasks=5, max_roles=3, language="pt-BR"),
    )  # fmt: skip
    assert request == wanted


async def test_a_plan_for_people_names_the_model_it_would_have_cost_on(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    await asked(fakes, PlanCommand(goal="Train", as_json=False))
    text = " ".join(capsys.readouterr().out.split())
    assert "on gpt-5-mini it would have cost $0.0014425 (calls 3, 1,234 tokens in, 567" in text
    await asked(fakes, PlanCommand(goal="Train", as_json=False, models={"analyze_goal": "gpt-x"}))
    assert "on gpt-5-mini and gpt-x it would" in " ".join(capsys.readouterr().out.split())


async def test_a_plan_is_shown_though_the_gateway_cannot_be_asked(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = {"director": fakes.targets["director"], "gateway": NOWHERE}
    await asked(fakes, PlanCommand(goal="Train", as_json=False), targets=targets)
    assert "on the configured model it" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidArgument([Violation("goal", "is too grand")]), ExitCode.USAGE),
        (NotFound("no such model", reason="MODEL_NOT_FOUND"), ExitCode.REFUSED),
        (FailedPrecondition("no plan", reason="INVALID_PLAN"), ExitCode.REFUSED),
        (ResourceExhausted("slow down", retry_after=3.0), ExitCode.REFUSED),
        (Unavailable("no gateway", metadata={"service": "gateway"}), ExitCode.UNAVAILABLE),
        (Internal("unforeseen", metadata={"error_id": "e1"}), ExitCode.UNEXPECTED),
        (RuntimeError("secret"), ExitCode.UNEXPECTED),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_a_service_refuses_has_an_exit_code_and_something_to_do(
    error: Exception, code: ExitCode, fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    fakes.director.error = error
    stop = await stopped(fakes, PlanCommand(goal="Train", as_json=True))
    assert stop.code == code
    assert stop.todo
    assert "secret" not in stop.what
    assert capsys.readouterr().out == ""


async def test_a_service_that_is_not_there_is_named(fakes: Fakes) -> None:
    targets = {"director": NOWHERE}
    stop = await stopped(fakes, PlanCommand(goal="Train", as_json=True), targets=targets)
    assert stop.code == ExitCode.UNAVAILABLE
    assert stop.what == f"the director service cannot be reached at {NOWHERE}"
    assert "attune up" in stop.todo


async def test_the_time_given_is_the_time_waited(fakes: Fakes) -> None:
    fakes.director.hold = True
    stop = await stopped(fakes, PlanCommand(goal="Train", as_json=True), seconds=0.1)
    assert stop.code == ExitCode.UNAVAILABLE
    assert "--timeout" in stop.todo


@pytest.mark.parametrize("served_by", [gateway_pb2.SERVED_BY_REAL, gateway_pb2.SERVED_BY_CASSETTE])
async def test_another_gateway_than_expected_ends_it_before_anything_is_asked(
    served_by: gateway_pb2.ServedBy.ValueType, fakes: Fakes
) -> None:
    fakes.gateway.served_by = served_by
    for command in (
        PlanCommand(goal="Train", as_json=True),
        ClassifyCommand(goals=["Train"], from_file=False, as_json=True),
        LeakageCommand(goal="Train", texts=["x"], reference=[], as_json=True),
        SpendCommand(by=(), form=Form.JSON),
    ):
        stop = await stopped(fakes, command, expect=Expect.MOCK)
        assert stop.code == ExitCode.EXPECTATION
        assert "nothing was spent" in stop.what
    assert not fakes.director.requests
    assert not fakes.domain.requests
    assert not fakes.gateway.spend_requests


async def test_the_expected_gateway_is_asked(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    await asked(fakes, PlanCommand(goal="Train", as_json=True), expect=Expect.MOCK)
    assert json.loads(capsys.readouterr().out)["goal"] == "Train"


async def test_a_plan_that_another_gateway_served_is_shown_and_is_not_what_was_expected(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    fakes.director.plan = make_plan(director_pb2.CreatePlanRequest(goal="Train"))
    fakes.director.plan.accounting.served_by = gateway_pb2.SERVED_BY_REAL
    stop = await stopped(fakes, PlanCommand(goal="Train", as_json=True), expect=Expect.MOCK)
    assert stop.code == ExitCode.EXPECTATION
    assert json.loads(capsys.readouterr().out)["goal"] == "Train"


async def test_a_file_is_classified_in_order_a_bounded_number_side_by_side(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    goals = [f"field-{number} goal" for number in range(3 * SIDE_BY_SIDE)]
    fakes.domain.wait_for = SIDE_BY_SIDE  # none is answered before so many wait
    await asked(fakes, ClassifyCommand(goals=goals, from_file=True, as_json=True))
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["domain"] for line in lines] == [goal.split()[0] for goal in goals]
    assert all("vocabulary" in json.loads(line) for line in lines)
    assert fakes.domain.most_in_flight == SIDE_BY_SIDE


async def test_a_goal_that_fails_is_named_by_its_line_after_those_before_it(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    goals = [f"field-{number} goal" for number in range(100)]
    fakes.domain.errors[goals[2]] = Unavailable("the gateway is down")
    stop = await stopped(fakes, ClassifyCommand(goals=goals, from_file=True, as_json=True))
    assert stop.code == ExitCode.UNAVAILABLE
    assert stop.what == "line 3: the gateway is down"
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(fakes.domain.requests) <= 2 + SIDE_BY_SIDE


async def test_one_goals_profile_is_printed_for_people_and_for_programs(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ClassifyCommand(
        goals=["Sing"], from_file=False, as_json=True, language="en", project_id="p", model="m"
    )
    await asked(fakes, command)
    profile = json_format.Parse(capsys.readouterr().out, domain_pb2.DomainProfile())
    assert profile.domain == "sing"
    assert fakes.domain.requests == [
        domain_pb2.ClassifyDomainRequest(goal="Sing", language="en", project_id="p", model="m")
    ]
    await asked(fakes, ClassifyCommand(goals=["Sing"], from_file=False, as_json=False))
    text = capsys.readouterr().out
    assert "Strength training\n87% sure" in text
    assert "progressive overload" in text
    await asked(fakes, ClassifyCommand(goals=["Sing", "Dance"], from_file=True, as_json=False))
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["Sing", "Dance"]


async def test_the_books_are_asked_for_as_said(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    command = SpendCommand(
        by=["project", "served_by"], form=Form.JSON, project_id="p", agent="a",
        first=date(2026, 11, 1), last=date(2026, 11, 30),
    )  # fmt: skip
    await asked(fakes, command)
    shown = json_format.Parse(capsys.readouterr().out, gateway_pb2.GetSpendResponse())
    assert shown == fakes.gateway.spend
    assert fakes.gateway.spend_requests == [
        gateway_pb2.GetSpendRequest(
            project_id="p",
            agent="a",
            group_by=[gateway_pb2.SPEND_GROUP_PROJECT, gateway_pb2.SPEND_GROUP_SERVED_BY],
            start_time=datetime(2026, 11, 1, tzinfo=UTC),
            end_time=datetime(2026, 12, 1, tzinfo=UTC),
        )
    ]


async def test_a_system_that_runs_where_the_variables_say_is_used(
    fakes: Fakes, tmp_path: Path
) -> None:
    async with serve("analyst") as analyst:
        variables = {
            f"ATTUNE_{name.upper()}_TARGET": target
            for name, target in {**fakes.targets, "analyst": analyst}.items()
        }
        process = await asyncio.create_subprocess_exec(
            ATTUNE, "spend", "--json", cwd=tmp_path, env=os.environ | variables,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(out)["total"]["calls"] == "9"
    assert files_in(tmp_path) == []  # no system of its own


async def test_ctrl_c_cancels_the_call_and_is_in_the_exit_code(fakes: Fakes) -> None:
    fakes.director.hold = True
    process = await asyncio.create_subprocess_exec(
        ATTUNE, "plan", "Train", "--json", *fakes.arguments(),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        await fakes.director.waiting.wait()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
        await fakes.director.cancelled.wait()
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, b"")
    assert err == b"attune plan: stopped by SIGINT\n"


async def test_bytes_that_are_no_text_are_refused_by_their_place() -> None:
    process = await asyncio.create_subprocess_exec(
        ATTUNE, "plan", b"caf\xe9", stderr=asyncio.subprocess.PIPE
    )
    _, err = await process.communicate()
    assert process.returncode == ExitCode.USAGE
    assert err == b"attune: argument 2 is not valid UTF-8 at character 4\n"


async def test_a_reader_that_goes_away_ends_it_without_a_word(
    fakes: Fakes, fd_without_reader: Callable[[], int]
) -> None:
    process = await asyncio.create_subprocess_exec(
        ATTUNE, "plan", "Train", *fakes.arguments(),
        stdout=fd_without_reader(), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert (process.returncode, err) == (1, b"")


@pytest.fixture
def fd_without_reader() -> Callable[[], int]:
    def make() -> int:
        reading, writing = os.pipe()
        os.close(reading)
        return writing

    return make


async def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress.starting(("gateway",))
        progress.healthy("gateway")
        progress.waiting("Asking")
    assert capsys.readouterr() == ("", "")


TEXTS = ["Squat twice a week", "Define the KPI", "Rest"]


async def test_the_leakage_of_texts_is_measured_against_the_field_that_was_found(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    await asked(
        fakes,
        LeakageCommand(
            goal="Train", texts=TEXTS, reference=["a"], as_json=True, domain="d", project_id="p"
        ),
    )
    (request,) = fakes.domain.measured
    assert (request.goal, request.profile.domain, list(request.texts)) == ("Train", "train", TEXTS)
    assert list(request.reference_texts) == ["a"]
    classified = fakes.domain.requests[0]
    assert (classified.domain, classified.project_id) == ("d", "p")
    report = json.loads(capsys.readouterr().out)
    assert [len(text["leaked_terms"]) for text in report["texts"]] == [0, 1, 0]
    assert report["measured"] is True


async def test_people_see_which_lines_leak_and_how_sure_the_rate_is(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    await asked(fakes, LeakageCommand(goal="Train", texts=TEXTS, reference=[], as_json=False))
    text = " ".join(capsys.readouterr().out.split())
    assert "2 KPI (marketing) 2 times Define the KPI" in text
    assert "33%: 1 of 3 have a word of another field (95% interval 6% to 79%)" in text
    assert "squat" in text


async def test_a_language_without_a_lexicon_is_not_measured_and_has_no_rate(
    fakes: Fakes, capsys: pytest.CaptureFixture[str]
) -> None:
    fakes.domain.lexicon = False
    await asked(fakes, LeakageCommand(goal="Train", texts=TEXTS, reference=[], as_json=False))
    text = capsys.readouterr().out
    assert "not measured: there is no lexicon for the language 'en'" in text
    assert "0%" not in text
