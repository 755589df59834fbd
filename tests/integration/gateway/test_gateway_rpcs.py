"""The gateway over gRPC, on the mock: every RPC, and its bad inputs as the contract says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc
import pytest
import structlog
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import CollectorRegistry
from prometheus_client.samples import Sample

from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError
from shared.rpc.server import serving

SCHEMA = json.dumps(
    {"type": "object", "properties": {"steps": {"type": "array", "items": {"type": "string"},
     "minItems": 2, "maxItems": 4}}, "required": ["steps"], "additionalProperties": False}
)  # fmt: skip


@dataclass
class Gateway:
    stub: GatewayServiceStub
    registry: CollectorRegistry

    def samples(self, name: str) -> list[Sample]:
        return [s for metric in self.registry.collect() for s in metric.samples if s.name == name]


@pytest.fixture
async def gateway(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "true")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(build(GatewaySettings()))
        port = await stack.enter_async_context(serving(served, "127.0.0.1", 0, grace=1))
        channel = await stack.enter_async_context(open_channel("gateway", f"127.0.0.1:{port}"))
        yield Gateway(GatewayServiceStub(channel), served.registry)


def a_request(**more: object) -> pb.CompleteRequest:
    fields: dict[str, object] = {
        "project_id": "p1", "agent": "analyst", "purpose": "analyze_goal",
        "messages": [pb.Message(role=pb.ROLE_USER, content="Goal: bake sourdough bread")],
        "response_schema": SCHEMA,
    }  # fmt: skip
    return pb.CompleteRequest(**(fields | more))


async def test_a_mocked_call_says_so_everywhere(gateway: Gateway) -> None:
    with structlog.testing.capture_logs() as lines:
        reply = await gateway.stub.Complete(a_request(), timeout=10)
    assert reply.served_by == pb.SERVED_BY_MOCK
    assert (reply.cost.status, reply.cost.nano_usd) == (pb.COST_STATUS_MOCK, 0)
    assert reply.cost.shadow_nano_usd > 0
    assert reply.finish_reason == pb.FINISH_REASON_STOP
    assert len(json.loads(reply.text)["steps"]) in (2, 3, 4)
    (line,) = [line for line in lines if line["event"] == "model_call"]
    assert (line["call_id"], line["cost_status"]) == (reply.call_id, "mock")
    assert line["served_by"] == "mock"
    (sample,) = gateway.samples("attune_llm_calls_total")
    assert sample.labels["served_by"] == "mock"


async def test_reply_log_journal_and_metrics_agree(gateway: Gateway) -> None:
    with structlog.testing.capture_logs() as lines:
        replies = [
            await gateway.stub.Complete(a_request(seed=number), timeout=10) for number in range(5)
        ]
    spent = (await gateway.stub.GetSpend(pb.GetSpendRequest(), timeout=10)).total
    logged = [line for line in lines if line["event"] == "model_call"]
    shadow = sum(reply.cost.shadow_nano_usd for reply in replies)
    assert spent.cost.shadow_nano_usd == shadow == sum(e["shadow_nano_usd"] for e in logged)
    tokens = {"input": 0.0, "output": 0.0}
    for sample in gateway.samples("attune_llm_tokens_total"):
        if sample.labels["token_type"] in tokens:
            tokens[sample.labels["token_type"]] += sample.value
    assert tokens["input"] == spent.usage.input_tokens
    assert tokens["output"] == spent.usage.output_tokens
    assert gateway.samples("gen_ai_client_token_usage_count")[0].value == 5
    assert gateway.samples("gen_ai_client_operation_duration_seconds_count")[0].value == 5


async def test_labels_never_hold_what_a_caller_wrote(gateway: Gateway) -> None:
    request = a_request(
        agent="my-own-agent", purpose="small-talk", model="made-up", request_id="id-9"
    )
    await gateway.stub.Complete(request, timeout=10)
    exported = [
        value
        for metric in gateway.registry.collect()
        for sample in metric.samples
        for value in sample.labels.values()
    ]
    assert not {"my-own-agent", "small-talk", "made-up", "id-9", "p1"} & set(exported)
    assert "other" in exported


async def test_an_estimate_is_never_below_what_the_call_then_uses(gateway: Gateway) -> None:
    request = a_request(max_output_tokens=300)
    estimate = await gateway.stub.EstimateCost(pb.EstimateCostRequest(request=request), timeout=10)
    reply = await gateway.stub.Complete(request, timeout=10)
    assert estimate.max_input_tokens >= reply.usage.input_tokens
    assert estimate.max_output_tokens == 300
    assert estimate.cost.nano_usd == 0
    assert estimate.cost.shadow_nano_usd >= reply.cost.shadow_nano_usd
    spent = await gateway.stub.GetSpend(pb.GetSpendRequest(), timeout=10)
    assert spent.total.calls == 1


async def test_an_estimate_without_a_limit_has_no_bound_and_says_so(gateway: Gateway) -> None:
    estimate = await gateway.stub.EstimateCost(
        pb.EstimateCostRequest(request=a_request()), timeout=10
    )
    assert not estimate.HasField("max_output_tokens")
    assert not estimate.cost.HasField("shadow_nano_usd")
    assert "max_output_tokens" in estimate.cost.note


async def test_spend_is_grouped_and_filtered_as_asked(gateway: Gateway) -> None:
    for number in range(3):
        await gateway.stub.Complete(
            a_request(project_id=f"p{number % 2}", agent="director", seed=number), timeout=10
        )
    request = pb.GetSpendRequest(group_by=[pb.SPEND_GROUP_PROJECT, pb.SPEND_GROUP_DAY])
    spent = await gateway.stub.GetSpend(request, timeout=10)
    assert sorted((row.project_id, row.calls) for row in spent.rows) == [("p0", 2), ("p1", 1)]
    assert all(len(row.day) == len("2026-01-31") for row in spent.rows)
    assert spent.total.calls == 3
    one = await gateway.stub.GetSpend(pb.GetSpendRequest(project_id="p1"), timeout=10)
    assert one.total.calls == 1
    later = Timestamp(seconds=4_000_000_000)
    none = await gateway.stub.GetSpend(pb.GetSpendRequest(start_time=later), timeout=10)
    assert none.total.calls == 0


async def test_the_same_id_costs_nothing_the_second_time(gateway: Gateway) -> None:
    first = await gateway.stub.Complete(a_request(request_id="r"), timeout=10)
    again = await gateway.stub.Complete(a_request(request_id="r"), timeout=10)
    assert again.replayed
    assert (again.text, again.cost, again.call_id) == (first.text, first.cost, first.call_id)
    with pytest.raises(RemoteError) as raised:
        await gateway.stub.Complete(a_request(request_id="r", seed=5), timeout=10)
    assert raised.value.code is grpc.StatusCode.ALREADY_EXISTS


async def test_the_provider_is_described_without_a_secret(gateway: Gateway) -> None:
    told = await gateway.stub.DescribeProvider(pb.DescribeProviderRequest(), timeout=10)
    assert told.served_by == pb.SERVED_BY_MOCK
    assert told.default_model
    assert told.environment == "local"
    assert told.default_model_cost_status == pb.COST_STATUS_MOCK


BAD = [
    (pb.CompleteRequest(), {"messages"}),
    (a_request(messages=[pb.Message(content="x")]), {"messages[0].role"}),
    (
        a_request(temperature=9, max_output_tokens=-1, seed=-1, response_schema="{"),
        {"temperature", "max_output_tokens", "seed", "response_schema"},
    ),
]


@pytest.mark.parametrize(("request_", "fields"), BAD, ids=["empty", "role", "numbers"])
async def test_bad_calls_are_refused_with_every_field(
    gateway: Gateway, request_: pb.CompleteRequest, fields: set[str]
) -> None:
    with pytest.raises(RemoteError) as completed:
        await gateway.stub.Complete(request_, timeout=10)
    with pytest.raises(RemoteError) as estimated:
        await gateway.stub.EstimateCost(pb.EstimateCostRequest(request=request_), timeout=10)
    assert completed.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {item.field for item in completed.value.violations} == fields
    assert {item.field for item in estimated.value.violations} == {f"request.{f}" for f in fields}
    assert (await gateway.stub.GetSpend(pb.GetSpendRequest(), timeout=10)).total.calls == 0


async def test_a_bad_question_about_spend_names_every_field(gateway: Gateway) -> None:
    request = pb.GetSpendRequest(
        served_by=99,  # type: ignore[arg-type]
        group_by=[pb.SPEND_GROUP_DAY, pb.SPEND_GROUP_DAY, 77],  # type: ignore[list-item]
        start_time=Timestamp(seconds=20),
        end_time=Timestamp(seconds=10),
        agent="x\x00",
    )
    with pytest.raises(RemoteError) as raised:
        await gateway.stub.GetSpend(request, timeout=10)
    assert {item.field for item in raised.value.violations} == {
        "served_by", "group_by[1]", "group_by[2]", "end_time", "agent",
    }  # fmt: skip


async def test_a_thousand_faults_are_still_the_callers_fault(gateway: Gateway) -> None:
    request = pb.CompleteRequest(messages=[pb.Message() for _ in range(1_000)])
    with pytest.raises(RemoteError) as raised:
        await gateway.stub.Complete(request, timeout=10)
    assert raised.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert "more faults" in raised.value.violations[-1].description
