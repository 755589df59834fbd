"""`attune up --replay`: what the services are told, and what is refused before any starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from attune.gateway.v1 import gateway_pb2 as pb

from shared.cassette import write_cassette
from shared.cli import up_command
from shared.cli.cost_view import cost_text
from shared.cli.exits import ExitCode, Stop
from shared.cli.gateway_call import check_served_by, provider_text
from shared.cli.project_live import short_cost
from shared.cli.system import Blueprint
from shared.cli.up_command import Replay, up
from shared.cli.wanted import Expect, Wanted
from shared.rpc.settings import SERVICE_NAMES


def test_the_services_are_told_which_file_and_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("plan.jsonl")
    write_cassette(file, [pb.RecordedCall(key="k")])
    profile = {"ATTUNE_MOCK_PROFILE": f"replay:{tmp_path}/plan.jsonl"}
    assert Replay(file, lenient=False, recorded_latency=False).variables() == profile
    assert Replay(file, lenient=True, recorded_latency=True).variables() == {
        **profile, "ATTUNE_REPLAY_LENIENT": "true", "ATTUNE_REPLAY_LATENCY": "true",
    }  # fmt: skip


async def test_up_gives_it_to_every_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Blueprint] = []

    async def run_system(blueprint: Blueprint, load: object, watchers: object) -> None:
        seen.append(blueprint)

    monkeypatch.setattr(up_command, "run_system", run_system)
    for name in SERVICE_NAMES:
        monkeypatch.setenv(f"ATTUNE_{name.upper()}_PORT", "0")
        monkeypatch.setenv(f"ATTUNE_{name.upper()}_METRICS_PORT", "0")
    file = tmp_path / "plan.jsonl"
    write_cassette(file, [pb.RecordedCall(key="k")])
    replay = Replay(file, lenient=False, recorded_latency=True)
    await up(tmp_path, replay)
    await up(tmp_path)
    with_it, without = (blueprint.environment for blueprint in seen)
    assert replay.variables().items() <= with_it.items()
    assert "ATTUNE_REPLAY_LENIENT" not in with_it
    assert "ATTUNE_MOCK_PROFILE" not in without


@pytest.mark.parametrize("text", [None, "", "nonsense\n"], ids=["missing", "empty", "no cassette"])
async def test_a_file_that_is_no_cassette_is_refused_before_anything_starts(
    text: str | None, tmp_path: Path
) -> None:
    file, logs = tmp_path / "plan.jsonl", tmp_path / "logs"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Stop) as stopped:
        await up(logs, Replay(file, lenient=False, recorded_latency=False))
    assert stopped.value.code == ExitCode.USAGE
    assert stopped.value.what.startswith(f"--replay {file}")
    assert "nothing was started" in stopped.value.todo
    assert not logs.exists()


@pytest.mark.parametrize("expect", Expect)
def test_a_cassette_is_neither_mock_nor_real(expect: Expect) -> None:
    wanted = Wanted(expect=expect)
    with pytest.raises(Stop) as stopped:
        check_served_by(wanted, pb.SERVED_BY_CASSETTE, "the gateway is", "nothing was spent")
    assert stopped.value.code == ExitCode.EXPECTATION
    assert "a cassette, which is neither mock nor real; nothing was spent" in stopped.value.what
    assert "without ATTUNE_MOCK_PROFILE" in stopped.value.todo


def test_who_answers_is_the_cassette_by_its_name() -> None:
    provider = pb.DescribeProviderResponse(
        served_by=pb.SERVED_BY_CASSETTE, provider="cassette", endpoint="plan.jsonl"
    )
    told = provider_text(provider)
    assert told == "answers come from the cassette plan.jsonl, nothing is spent"


def test_a_replayed_answer_cost_nothing_and_says_what_it_had_cost() -> None:
    cost = pb.Cost(nano_usd=0, status=pb.COST_STATUS_MOCK, shadow_nano_usd=1_200_000)
    spent = pb.Accounting(calls=1, cost=cost, served_by=pb.SERVED_BY_CASSETTE)
    said = "cassette: nothing was spent; the recorded answers had cost $0.0012 (calls 1"
    assert cost_text(spent, ["gpt-x"]).startswith(said)
    assert short_cost(cost, pb.SERVED_BY_CASSETTE) == "nothing (cassette; would be $0.0012)"
    spent.cost.ClearField("shadow_nano_usd")
    assert "what the recorded answers had cost is not known" in cost_text(spent, ["gpt-x"])
