"""Budgets over gRPC: set, read, listed, refused with every fault, and heard of by callers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry, generate_latest

from services.gateway.books.budgets import Budgets
from services.gateway.books.database import open_database
from services.gateway.bootstrap import build
from services.gateway.budget_gauges import BudgetGauges
from services.gateway.calls import ServedBy
from services.gateway.settings import GatewaySettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError
from shared.rpc.server import serving

DAY, MONTH, TOTAL = pb.BUDGET_PERIOD_DAY, pb.BUDGET_PERIOD_MONTH, pb.BUDGET_PERIOD_TOTAL


@pytest.fixture
async def target(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "true")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    monkeypatch.setenv("ATTUNE_PROJECT_BUDGET_USD", "0.5")
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(build(GatewaySettings()))
        port = await stack.enter_async_context(serving(served, "127.0.0.1", 0, grace=1))
        yield f"127.0.0.1:{port}"


@pytest.fixture
async def gateway(target: str) -> AsyncIterator[GatewayServiceStub]:
    async with open_channel("gateway", target) as channel:
        yield GatewayServiceStub(channel)


def a_call(**more: object) -> pb.CompleteRequest:
    message = pb.Message(role=pb.ROLE_USER, content="Goal: bake sourdough bread")
    fields = {"project_id": "p1", "agent": "analyst", "purpose": "analyze_goal",
              "messages": [message], "max_output_tokens": 200}  # fmt: skip
    return pb.CompleteRequest(**(fields | more))


async def put(gateway: GatewayServiceStub, **fields: object) -> pb.Budget:
    return (await gateway.SetBudget(pb.SetBudgetRequest(budget=pb.Budget(**fields)))).budget


async def test_a_budget_says_what_is_spent_and_what_is_left(gateway: GatewayServiceStub) -> None:
    budget = await put(gateway, project_id="p1", period=MONTH, limit_nano_usd=10**9)
    assert (budget.spent_nano_usd, budget.reserved_nano_usd) == (0, 0)
    assert (len(budget.span), budget.served_by) == (7, pb.SERVED_BY_MOCK)
    reply = await gateway.Complete(a_call())
    read = (await gateway.GetBudget(pb.GetBudgetRequest(project_id="p1", period=MONTH))).budget
    assert read.spent_nano_usd == reply.cost.shadow_nano_usd > 0
    assert read.spent_tokens == reply.usage.input_tokens + reply.usage.output_tokens
    assert read.reserved_nano_usd == 0
    assert (read.limit_nano_usd, read.from_environment) == (10**9, False)
    assert not read.HasField("limit_tokens")


async def test_a_budget_is_replaced_by_the_next_of_its_period(gateway: GatewayServiceStub) -> None:
    await put(gateway, agent="analyst", period=DAY, limit_nano_usd=1, soft_limit_nano_usd=1)
    await put(gateway, agent="analyst", period=DAY, limit_tokens=5)
    (only,) = (await gateway.ListBudgets(pb.ListBudgetsRequest())).budgets
    assert (only.agent, only.limit_tokens) == ("analyst", 5)
    assert not only.HasField("limit_nano_usd")


async def test_a_project_without_a_budget_has_the_environments(gateway: GatewayServiceStub) -> None:
    read = (await gateway.GetBudget(pb.GetBudgetRequest(project_id="any", period=TOTAL))).budget
    assert (read.limit_nano_usd, read.from_environment) == (500_000_000, True)
    with pytest.raises(RemoteError) as raised:
        await gateway.GetBudget(pb.GetBudgetRequest(project_id="any", period=DAY))
    assert (raised.value.code, raised.value.reason) == (
        grpc.StatusCode.NOT_FOUND, "BUDGET_NOT_FOUND",
    )  # fmt: skip


async def test_all_pages_together_hold_every_budget_once(gateway: GatewayServiceStub) -> None:
    names = [f"project {number} \N{SNOWMAN}" for number in range(7)]
    for name in names:
        await put(gateway, project_id=name, period=TOTAL, limit_tokens=1)
    found, token = [], ""
    while True:
        page = await gateway.ListBudgets(pb.ListBudgetsRequest(page_size=3, page_token=token))
        found += [budget.project_id for budget in page.budgets]
        assert len(page.budgets) <= 3
        if not (token := page.next_page_token):
            break
    assert sorted(found) == sorted(names)


async def test_every_fault_of_a_budget_is_named(gateway: GatewayServiceStub) -> None:
    with pytest.raises(RemoteError) as raised:
        await put(
            gateway, project_id="p", agent="a", limit_nano_usd=-1, soft_limit_nano_usd=5,
            limit_tokens=2**63 - 1,
        )  # fmt: skip
    assert [item.field for item in raised.value.violations] == [
        "budget.project_id", "budget.period", "budget.limit_nano_usd", "budget.limit_tokens",
        "budget.soft_limit_nano_usd",
    ]  # fmt: skip
    for token in ("!", "bm90IG91cnM=", "W10=", "\N{SNOWMAN}"):
        with pytest.raises(RemoteError) as raised:
            await gateway.ListBudgets(pb.ListBudgetsRequest(page_size=-1, page_token=token))
        assert [item.field for item in raised.value.violations] == ["page_size", "page_token"]


async def test_an_exhausted_budget_tells_clients_not_to_try_again(
    gateway: GatewayServiceStub, target: str
) -> None:
    await put(gateway, project_id="p1", period=TOTAL, limit_nano_usd=1)
    with pytest.raises(RemoteError) as raised:
        await gateway.Complete(a_call())
    assert raised.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert raised.value.reason == "BUDGET_EXHAUSTED"
    assert raised.value.metadata["limit_nano_usd"] == "1"
    async with grpc.aio.insecure_channel(target) as plain:
        call = GatewayServiceStub(plain).Complete(a_call())
        with pytest.raises(grpc.aio.AioRpcError) as seen:
            await call
    trailers = dict(seen.value.trailing_metadata())
    assert trailers["grpc-retry-pushback-ms"] == "-1"
    failure = error_details_pb2.QuotaFailure()
    assert any(item.Unpack(failure) for item in rpc_status.from_call(seen.value).details)
    assert failure.violations[0].subject == "project:p1"
    assert "limit 1, spent 0" in failure.violations[0].description


async def test_a_call_without_a_limit_is_refused_and_says_what_is_missing(
    gateway: GatewayServiceStub,
) -> None:
    request = a_call()
    request.ClearField("max_output_tokens")
    with pytest.raises(RemoteError) as raised:
        await gateway.Complete(request)
    assert raised.value.reason == "UNBOUNDED_UNDER_BUDGET"
    assert [item.field for item in raised.value.violations] == ["max_output_tokens"]


async def test_what_an_agent_has_left_is_a_metric(
    gateway: GatewayServiceStub, database_url: str
) -> None:
    await put(gateway, agent="analyst", period=TOTAL, limit_nano_usd=10**9, limit_tokens=5_000)
    await put(gateway, agent="somebody", period=TOTAL, limit_nano_usd=10**9)
    reply = await gateway.Complete(a_call())
    engine, registry = open_database(database_url), CollectorRegistry()
    gauges = BudgetGauges(registry, Budgets(), engine, ServedBy.MOCK)
    await gauges.refresh()
    labels = {"agent": "analyst", "period": "total"}
    left = registry.get_sample_value("attune_budget_left_usd", labels)
    assert left == (10**9 - reply.cost.shadow_nano_usd) / 1e9
    used = reply.usage.input_tokens + reply.usage.output_tokens
    assert registry.get_sample_value("attune_budget_left_tokens", labels) == 5_000 - used
    await put(gateway, agent="analyst", period=TOTAL, limit_tokens=5_000)
    await gauges.refresh()
    assert registry.get_sample_value("attune_budget_left_usd", labels) is None
    assert "somebody" not in generate_latest(registry).decode()
    engine.dispose()


async def test_a_soft_limit_is_in_the_reply(gateway: GatewayServiceStub) -> None:
    await put(gateway, project_id="p1", period=DAY, soft_limit_nano_usd=0)
    assert list((await gateway.Complete(a_call())).warnings) == []
    (warning,) = (await gateway.Complete(a_call())).warnings
    assert warning.startswith("project:p1 is past its soft limit")
