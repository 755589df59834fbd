"""A plan and the work on it, once recorded, are made again from the cassette alone, the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from attune.gateway.v1 import gateway_pb2
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from services.analyst.bootstrap import build as build_analyst
from services.analyst.settings import AnalystSettings
from services.director.bootstrap import build as build_director
from services.director.settings import DirectorSettings
from services.domain.bootstrap import build as build_domain
from services.domain.settings import DomainSettings
from services.gateway import admin
from services.gateway.bootstrap import build as build_gateway
from services.gateway.settings import GatewaySettings
from shared.cassette import write_cassette
from shared.rpc.channel import open_channel
from shared.rpc.server import serving

HOST = "127.0.0.1"
GOAL = "Create a bodybuilding training program"


@asynccontextmanager
async def gateway(folder: Path, profile: str = "") -> AsyncIterator[str]:
    """A gateway that is mocked or replays, on books of its own; gives its target."""
    settings = GatewaySettings(
        database_url=f"sqlite:///{folder}/gateway.db", mock_profile=profile,
        project_budget_usd="100",
    )  # fmt: skip
    async with (
        build_gateway(settings) as served,
        serving(served, HOST, 0, grace=1) as port,
    ):
        yield f"{HOST}:{port}"


@asynccontextmanager
async def director(folder: Path, target: str) -> AsyncIterator[DirectorServiceStub]:
    """A director, an analyst and a domain service that ask this gateway."""
    async with (
        build_domain(DomainSettings(gateway_target=target)) as domain,
        serving(domain, HOST, 0, grace=1) as domain_port,
        build_analyst(AnalystSettings(gateway_target=target)) as analyst,
        serving(analyst, HOST, 0, grace=1) as analyst_port,
        build_director(
            DirectorSettings(
                gateway_target=target, domain_target=f"{HOST}:{domain_port}",
                analyst_target=f"{HOST}:{analyst_port}",
                projects_database_url=f"sqlite:///{folder}/projects.db",
            )
        ) as served,
        serving(served, HOST, 0, grace=1) as port,
        open_channel("director", f"{HOST}:{port}") as channel,
    ):  # fmt: skip
        yield DirectorServiceStub(channel)


async def worked(
    folder: Path, target: str
) -> tuple[pb.Plan, pb.Project, list[gateway_pb2.RecordedCall]]:
    """A plan, the work on it, and the calls that both took."""
    async with director(folder, target) as stub:
        wanted = pb.CreatePlanRequest(goal=GOAL, project_id="p1")
        wanted.constraints.max_tasks = 4
        plan = (await stub.CreatePlan(wanted, timeout=60)).plan
        await stub.StartProject(pb.StartProjectRequest(plan=plan), timeout=60)
        async for _ in stub.WatchProject(pb.WatchProjectRequest(project_id="p1"), timeout=120):
            pass
        read = pb.GetProjectRequest(project_id="p1")
        project = (await stub.GetProject(read, timeout=30)).project
    async with open_channel("gateway", target) as channel:
        asked = gateway_pb2.ExportCallsRequest(project_id="p1")
        replies = GatewayServiceStub(channel).ExportCalls(asked, timeout=30)
        return plan, project, [reply.call async for reply in replies]


def said(calls: list[gateway_pb2.RecordedCall]) -> list[tuple[str, str]]:
    """What was asked, by its key, and answered; work side by side has no order."""
    return sorted((call.key, call.response.text) for call in calls)


async def test_a_recorded_plan_and_the_work_on_it_are_made_again_from_their_cassette(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "true")
    cassette, recorded, replayed = (tmp_path / name for name in ("c.jsonl", "one", "two"))
    recorded.mkdir()
    replayed.mkdir()
    async with gateway(recorded) as target:
        plan, project, calls = await worked(recorded, target)
    write_cassette(cassette, calls)
    async with gateway(replayed, f"replay:{cassette}") as target:
        same_plan, same_project, again = await worked(replayed, target)

    assert said(again) == said(calls)
    spent, nothing = plan.accounting, same_plan.accounting
    assert nothing.served_by == gateway_pb2.SERVED_BY_CASSETTE
    assert (nothing.calls, nothing.usage) == (spent.calls, spent.usage)
    assert nothing.cost.nano_usd == 0
    assert nothing.cost.shadow_nano_usd == spent.cost.shadow_nano_usd > 0
    for each in (plan, same_plan):
        each.ClearField("accounting")
    assert same_plan == plan

    assert project.state == same_project.state == pb.PROJECT_STATE_FINISHED
    assert len(project.deliverables) == len(plan.tasks) > 2
    assert {each.task_id: each.markdown for each in same_project.deliverables} == {
        each.task_id: each.markdown for each in project.deliverables
    }

    capsys.readouterr()
    monkeypatch.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{replayed}/gateway.db")
    assert admin.main(["journal", "verify"]) == 0
    assert "clean" in capsys.readouterr().out
