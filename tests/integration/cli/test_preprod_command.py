"""`attune preprod` against a whole system whose model is the mock behind a real socket."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import grpc
import pytest
from attune.director.v1 import director_pb2
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from attune.gateway.v1 import gateway_pb2
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from cli_fakes import Fakes
from mock_over_http import mock_over_http
from running_system import ATTUNE, RunningSystem, running_system

from shared.cassette import read_cassette
from shared.preprod.report import Report, Verdict

PRICES = '[models."gpt-6-luna"]\ninput_usd_per_million = "3"\noutput_usd_per_million = "7"\n'
SCENARIOS = """\
version: 1
scenarios:
  - id: bread
    goal: Learn to bake sourdough bread at home
    domains: [baking]
    max_usd: 1
    price_usd: 10
  - id: garden
    goal: Turn a lawn into a vegetable garden
    domains: [gardening]
gates:
  hosted:
    limits:
      calls: {at_most: 60}
"""
SECONDS = 120


@dataclass(frozen=True)
class Place:
    folder: Path
    system: RunningSystem

    def preprod(self, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=self.folder, capture_output=True, text=True,
            timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def command(self, *arguments: str) -> list[str]:
        targets = [
            part for item in self.system.targets.items() for part in ("--target", "=".join(item))
        ]
        return [str(ATTUNE), "preprod", "--scenario", "scenarios.yaml", *arguments, *targets]

    def spent(self) -> gateway_pb2.SpendRow:
        with grpc.insecure_channel(self.system.targets["gateway"]) as channel:
            return GatewayServiceStub(channel).GetSpend(gateway_pb2.GetSpendRequest()).total


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    folder = tmp_path_factory.mktemp("system")
    (folder / "prices.toml").write_text(PRICES)
    with (
        mock_over_http() as model,
        running_system(
            folder, ATTUNE_PRICES_FILE=str(folder / "prices.toml"), **model.variables
        ) as running,
    ):
        yield running


@pytest.fixture
def place(tmp_path: Path, system: RunningSystem) -> Place:
    (tmp_path / "scenarios.yaml").write_text(SCENARIOS)
    return Place(tmp_path, system)


def test_a_run_says_yes_and_leaves_report_log_junit_and_cassette(place: Place) -> None:
    done = place.preprod("--yes", "--parallel", "2", "--out", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This build may go to production" in done.stdout
    out = place.folder / "out"
    report = Report.model_validate_json((out / "report.json").read_text("utf-8"))
    assert report.verdict is Verdict.GO
    assert len(report.trials) == 2
    assert report.about.served_by == "real"
    assert report.about.spent_nano_usd == sum(t.books.cost_nano_usd or 0 for t in report.trials) > 0
    assert 0 < report.margins["bread"] < 10
    lines = [
        json.loads(line) for line in (out / "production_e2e_test.log").read_text().splitlines()
    ]
    assert lines[0]["event"] == "run_began"
    assert lines[-1]["event"] == "run_ended"
    calls = read_cassette(out / "cassette.jsonl").calls
    requests = {call.request.request_id for call in calls}
    answers = [line for line in lines if line["event"] == "answer"]
    assert answers
    assert {line["request_id"] for line in answers} <= requests
    assert ET.parse(out / "junit.xml").getroot().get("failures") == "0"
    assert "may go to production" in (out / "report.html").read_text("utf-8")
    written = "".join(path.read_text("utf-8") for path in out.iterdir())
    assert "none-needed" not in written, "the key"


def test_json_is_the_report_and_nothing_else(place: Place) -> None:
    done = place.preprod("--yes", "--plans", "--only", "bread", "--json", "--out", "out")
    report = Report.model_validate_json(done.stdout)
    assert report.about.depth == "plan"
    assert [trial.scenario for trial in report.trials] == ["bread"]
    assert all(not task.done for trial in report.trials for task in trial.tasks)


def test_without_a_yes_nothing_is_spent(place: Place) -> None:
    before = place.spent()
    done = place.preprod("--out", "out")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "At most" in done.stderr
    assert place.spent() == before


def test_a_run_ends_inside_its_budget_and_says_that_it_is_a_part(place: Place) -> None:
    before = place.spent().cost.nano_usd
    done = place.preprod("--yes", "--repeat", "20", "--budget", "0.10", "--out", "out", "--plans")
    assert done.returncode == 6, done.stdout + done.stderr
    spent = place.spent().cost.nano_usd - before
    report = Report.model_validate_json((place.folder / "out/report.json").read_text("utf-8"))
    assert report.about.spent_nano_usd == spent <= 100_000_000
    assert report.about.stopped
    assert 0 < len(report.trials) < 40
    assert report.verdict is Verdict.NOT_SHOWN
    assert "Partial" in (place.folder / "out/report.html").read_text("utf-8")


def test_a_baseline_of_the_same_build_is_compared_and_shows_nothing(place: Place) -> None:
    first = place.preprod("--yes", "--plans", "--out", "one")
    assert first.returncode == 0, first.stderr
    done = place.preprod("--yes", "--plans", "--out", "two", "--baseline", "one/report.json")
    report = Report.model_validate_json((place.folder / "two/report.json").read_text("utf-8"))
    assert report.baseline is not None
    assert report.baseline.change == "too few samples", "of two scenarios nothing can be shown"
    assert done.returncode == 6
    (place.folder / "scenarios.yaml").write_text(SCENARIOS.replace("a lawn", "a meadow"))
    before = place.spent()
    refused = place.preprod("--yes", "--plans", "--baseline", "one/report.json")
    assert refused.returncode == 2
    assert "another version of the scenarios" in " ".join(refused.stderr.split())
    assert place.spent() == before


def test_ctrl_c_leaves_the_report_of_what_was_run_and_stops_the_project(place: Place) -> None:
    process = subprocess.Popen(
        place.command("--yes", "--repeat", "50", "--out", "out"), cwd=place.folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("bread#1: finished"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130, err
    report = Report.model_validate_json((place.folder / "out/report.json").read_text("utf-8"))
    assert report.about.stopped == "interrupted"
    assert report.verdict is Verdict.NOT_SHOWN
    with grpc.insecure_channel(place.system.targets["director"]) as channel:
        listed = DirectorServiceStub(channel).ListProjects(director_pb2.ListProjectsRequest())
    mine = [p for p in listed.projects if p.project_id.startswith(report.about.run_id)]
    assert mine
    assert all(p.state != director_pb2.PROJECT_STATE_RUNNING for p in mine)


async def test_a_mock_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    async with Fakes().serving() as fakes:
        process = await asyncio.create_subprocess_exec(
            ATTUNE, "preprod", "--yes", *fakes.arguments(), cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await process.communicate()
    assert process.returncode == 3
    assert "answers come from a mock" in " ".join(err.decode().split())
    assert not (tmp_path / ".attune/preprod").exists()


def test_bad_input_is_told_at_once_with_its_lines(place: Place) -> None:
    (place.folder / "scenarios.yaml").write_text(SCENARIOS.replace("max_usd: 1", "max_eur: 1"))
    done = place.preprod("--budget", "0", "--gates", "none", "--model", "a", "--model", "b")
    said = " ".join(done.stderr.split())
    assert done.returncode == 2
    for words in ("scenarios.yaml, line 6", "max_eur", "--budget 0", "--model"):
        assert words in said
