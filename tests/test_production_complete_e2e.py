"""The pre-production scenario as a test: the goals of the scenario file, planned and done.

`make test` runs it on the mock, `make test-cassette` on the newest recording of a real model,
`make test-real` on a small real model, and with OPENAI_API_KEY set (and OPENAI_BASE_URL,
ATTUNE_DEFAULT_MODEL where wanted) on whatever model that is. Nothing differs but
USE_MOCK_AI_PROVIDER. With --target it is held against a system that runs already, with
`attune preprod` the same is judged by all its gates. What happened is in
production_e2e_test.log, a JSON line for each thing.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from attune.client import AttuneClient
from attune.gateway.v1 import gateway_pb2
from running_system import RunningSystem, running_system

from shared.cassette import read_cassette
from shared.cli.options import Faults, read_targets
from shared.cli.preprod.asking import Depth
from shared.cli.preprod.log import RunLog
from shared.cli.preprod.running import Run, Watcher, Wish
from shared.preprod.gates import Outcome, judge
from shared.preprod.measures import INVARIANTS
from shared.preprod.scenario import Scenario, ScenarioFile, load_scenarios
from shared.preprod.trial import State, TextKind, TrialSeen

MOCK = os.environ.get("USE_MOCK_AI_PROVIDER", "true").strip().lower() in ("true", "1", "yes")
PROFILE = os.environ.get("ATTUNE_MOCK_PROFILE", "")
REPLAY = "replay:"
LOG = Path(__file__).parents[1] / "production_e2e_test.log"
FILE: ScenarioFile = load_scenarios(None)
ON_A_SMALL_MODEL = ("bodybuilding",)
"""One project takes it two minutes; `make preprod` has them all."""
SIDE_BY_SIDE = 2
"""Projects at a time on a real model."""
TRIES = 3
"""Of a small model, which may come to no plan at all."""


def scenarios_of(profile: str) -> tuple[str, ...]:
    """All; of a small model one; of a cassette those that it has."""
    if profile.startswith(REPLAY):
        calls = read_cassette(Path(profile.removeprefix(REPLAY))).calls
        said = "\n".join(m.content for call in calls for m in call.request.messages)
        return tuple(each.id for each in FILE.scenarios if each.goal in said)
    is_small = not MOCK and "OPENAI_API_KEY" not in os.environ
    return ON_A_SMALL_MODEL if is_small else tuple(each.id for each in FILE.scenarios)


IDS = scenarios_of(PROFILE)


@dataclass(frozen=True)
class Done:
    """What was run. system: None where it ran already."""

    trials: dict[str, TrialSeen]
    calls: list[gateway_pb2.RecordedCall]
    spent: gateway_pb2.SpendRow
    system: RunningSystem | None


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Done]:
    faults = Faults()
    named = read_targets(pytestconfig.getoption("--target"), faults)
    faults.done()
    with ExitStack() as stack:
        system = None
        if not named:
            variables = {"USE_MOCK_AI_PROVIDER": str(MOCK), "ATTUNE_DELIVERABLE_TOKENS": "300"}
            if PROFILE:
                variables["ATTUNE_MOCK_PROFILE"] = PROFILE
            if not MOCK and "OPENAI_API_KEY" not in os.environ:
                from real.small_model import serving_small_model

                variables |= stack.enter_context(serving_small_model(SIDE_BY_SIDE))
            folder = tmp_path_factory.mktemp("production")
            system = stack.enter_context(running_system(folder, **variables))
        trials, calls, spent = asyncio.run(run(system.targets if system else named))
        yield Done({trial.scenario: trial for trial in trials}, calls, spent, system)


async def run(targets: dict) -> tuple[list[TrialSeen], list, gateway_pb2.SpendRow]:
    """Every scenario once, a few side by side; a small model's again where no plan came of it."""
    scenarios = [each for each in FILE.scenarios if each.id in IDS]
    parallel = 4 if MOCK else SIDE_BY_SIDE
    async with AttuneClient(targets) as client:
        with RunLog(LOG) as log:
            for number in range(1, TRIES + 1):
                run_id = f"e2e-{os.getpid()}-{number}"
                wish = Wish(run_id, scenarios, 1, Depth.PROJECT, parallel=parallel)
                made = Run(client, wish, log, Watcher())
                await made.run()
                if MOCK or any(trial.has_plan for trial in made.trials):
                    break
        spent = await client.gateway.GetSpend(gateway_pb2.GetSpendRequest(), timeout=60)
    for trial in made.trials:
        print(f"\n{trial.key}: {trial.state} in {trial.seconds:.1f} s, {trial.books.calls} calls")
    return made.trials, made.calls, spent.total


@pytest.fixture(params=IDS)
def trial(request: pytest.FixtureRequest, done: Done) -> TrialSeen:
    """What came of one scenario."""
    return done.trials[request.param]


@pytest.fixture
def scenario(trial: TrialSeen) -> Scenario:
    return next(each for each in FILE.scenarios if each.id == trial.scenario)


@pytest.mark.parametrize("name", INVARIANTS)
def test_an_invariant_holds(name: str, trial: TrialSeen) -> None:
    assert list(INVARIANTS[name].faults(trial)) == []


def test_a_model_answered_and_was_the_one_that_was_asked_for(trial: TrialSeen) -> None:
    assert trial.answers, "a run with zero answers is no run"
    expected = "real" if not MOCK else "cassette" if PROFILE.startswith(REPLAY) else "mock"
    assert trial.served_by == (expected,)
    assert trial.books.input_tokens > 0
    assert trial.books.output_tokens > 0


def test_every_answer_leads_into_the_journal(trial: TrialSeen, done: Done) -> None:
    by_id = {call.response.call_id: call for call in done.calls}
    for answer in trial.answers:
        assert answer.latency_ms > 0
        if answer.replayed:  # paid for in another project
            continue
        call = by_id[answer.call_id]
        assert call.request.request_id == answer.request_id
        assert call.request.project_id == trial.project_id
        assert call.response.text == answer.raw


def test_what_it_cost_is_told_as_what_it_is(trial: TrialSeen) -> None:
    books = trial.books
    if MOCK:
        assert books.cost_status == "mock"
        assert books.cost_nano_usd == 0
    elif "OPENAI_API_KEY" not in os.environ:
        assert books.cost_status == "unpriced"
        assert books.cost_nano_usd is None
        assert books.unpriced_calls == books.calls
    else:
        assert (books.cost_status in ("exact", "override")) == bool(books.cost_nano_usd)


@pytest.mark.skipif(not MOCK or bool(PROFILE), reason="a real model may fail, if it says so")
def test_on_the_mock_every_project_is_finished_and_in_its_goals_language(
    trial: TrialSeen, scenario: Scenario
) -> None:
    assert trial.state is State.FINISHED, trial.message
    assert trial.tasks
    assert all(task.is_sound for task in trial.tasks)
    wanted = scenario.language.partition("-")[0]
    said = [text.language for text in trial.texts_of(TextKind.TASK, TextKind.DELIVERABLE)]
    assert said.count(wanted) / len(said) >= 0.9


def test_something_was_measured_and_no_gate_failed(done: Done) -> None:
    scenarios = [each for each in FILE.scenarios if each.id in IDS]
    name = "mock" if MOCK and not PROFILE else "small-model"
    found = judge(FILE.gates[name], scenarios, list(done.trials.values()), 1)
    assert found[0].name == "measured"
    assert found[0].outcome is Outcome.HELD, found[0].why
    assert [(gate.name, gate.why) for gate in found if gate.outcome is Outcome.FAILED] == []


def test_the_log_has_every_answer_and_every_end(done: Done) -> None:
    lines = [json.loads(line) for line in LOG.read_text("utf-8").splitlines()]
    ends = [line for line in lines if line["event"] == "trial_ended"]
    assert {line["scenario"] for line in ends} == set(IDS)
    logged = {line["call_id"] for line in lines if line["event"] == "answer"}
    assert logged >= {a.call_id for trial in done.trials.values() for a in trial.answers}


def test_the_services_own_logs_agree_with_the_books(done: Done) -> None:
    if done.system is None:
        pytest.skip("the logs of a system that runs already are not here")
    calls = [line for line in done.system.log_lines("model_call") if not line["replayed"]]
    assert len(calls) == done.spent.calls
    assert sum(line["input_tokens"] or 0 for line in calls) == done.spent.usage.input_tokens
    assert sum(line["cost_nano_usd"] or 0 for line in calls) == done.spent.cost.nano_usd
    read = [line for line in done.system.log_lines("structured_answer") if not line["replayed"]]
    assert len(read) == done.spent.call_counts.settled


def test_the_check_for_jargon_finds_it() -> None:
    bodybuilding = next(each for each in FILE.scenarios if each.id == "bodybuilding")
    assert bodybuilding.foreign_words("Track workout KPIs") == ["KPIs"]
    assert bodybuilding.foreign_words("Grow muscle ROI") == ["ROI"]
    assert bodybuilding.foreign_words("Keep a training log") == []
