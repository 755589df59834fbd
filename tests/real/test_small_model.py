"""What only a real model shows: reported usage, unknown prices, over-long prompts."""

from __future__ import annotations

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from grpc_status import rpc_status

from shared.rpc.errors import RemoteError, from_status


def a_request(content: str, **more: object) -> pb.CompleteRequest:
    return pb.CompleteRequest(
        messages=[pb.Message(role=pb.ROLE_USER, content=content)], max_output_tokens=24, **more
    )


def refused(call: grpc.RpcError) -> RemoteError:
    status = rpc_status.from_call(call)
    error = from_status(status) if status else None
    assert error is not None
    return error


def test_an_answer_is_real_counted_by_the_provider_and_priced_by_the_operator(
    gateway: GatewayServiceStub,
) -> None:
    reply = gateway.Complete(a_request("Name a knot."), timeout=120)
    assert reply.served_by == pb.SERVED_BY_REAL
    assert reply.text
    assert reply.usage.source == pb.USAGE_SOURCE_PROVIDER
    assert reply.cost.status == pb.COST_STATUS_OVERRIDE
    expected = reply.usage.input_tokens * 3_000 + reply.usage.output_tokens * 7_000
    assert reply.cost.nano_usd == expected


def test_the_same_seed_repeats_an_answer(gateway: GatewayServiceStub) -> None:
    texts = {
        gateway.Complete(a_request("Name a knot.", seed=seed), timeout=120).text
        for seed in (5, 5, 5)
    }
    assert len(texts) == 1


def test_an_answer_that_reaches_its_limit_says_so(gateway: GatewayServiceStub) -> None:
    request = a_request("Tell me a long story about a ship.")
    request.max_output_tokens = 3
    reply = gateway.Complete(request, timeout=120)
    assert reply.finish_reason == pb.FINISH_REASON_LENGTH
    assert reply.usage.output_tokens == 3


def test_an_estimate_bounds_what_the_provider_counts(gateway: GatewayServiceStub) -> None:
    request = a_request("Nenne drei Knoten. 请说出三个绳结。")
    estimate = gateway.EstimateCost(pb.EstimateCostRequest(request=request), timeout=30)
    reply = gateway.Complete(request, timeout=120)
    assert estimate.max_input_tokens >= reply.usage.input_tokens
    assert estimate.cost.nano_usd >= reply.cost.nano_usd


def test_a_prompt_that_is_too_long_is_the_callers_fault(gateway: GatewayServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        gateway.Complete(a_request("word " * 20_000), timeout=120)
    error = refused(raised.value)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert error.reason == "CONTEXT_LENGTH_EXCEEDED"
    spent = gateway.GetSpend(pb.GetSpendRequest(), timeout=30).total
    assert spent.call_counts.failed == 1
