"""What a caller gets when a real provider fails: the contract's table, and the books."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import stub_openai as said
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from google.rpc import error_details_pb2
from stub_openai import Reply, StubOpenAI, error

from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError, to_status
from shared.rpc.server import serving

KEY = "sk-the-secret-of-this-test"


@dataclass
class Gateway:
    stub: GatewayServiceStub
    provider: StubOpenAI

    async def refusal(self, reply: Reply, seconds: float = 10) -> RemoteError:
        self.provider.then(reply)
        message = pb.Message(role=pb.ROLE_USER, content="hello")
        with pytest.raises(RemoteError) as raised:
            await self.stub.Complete(
                pb.CompleteRequest(messages=[message], request_id="r"), timeout=seconds
            )
        assert KEY not in str(to_status(raised.value))
        return raised.value

    async def counts(self) -> pb.SpendRow:
        return (await self.stub.GetSpend(pb.GetSpendRequest(), timeout=10)).total


@pytest.fixture
async def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(StubOpenAI())
        for name, value in {
            "USE_MOCK_AI_PROVIDER": "false",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": provider.base_url,
            "ATTUNE_DATABASE_URL": f"sqlite:///{tmp_path}/gateway.db",
            "ATTUNE_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        served = await stack.enter_async_context(build(GatewaySettings()))
        port = await stack.enter_async_context(serving(served, "127.0.0.1", 0, grace=1))
        channel = await stack.enter_async_context(open_channel("gateway", f"127.0.0.1:{port}"))
        yield Gateway(GatewayServiceStub(channel), provider)


@pytest.mark.parametrize(
    ("reply", "code", "reason", "state"),
    [
        (said.TOO_LONG, "INVALID_ARGUMENT", "CONTEXT_LENGTH_EXCEEDED", "failed"),
        (said.NO_SUCH_MODEL, "NOT_FOUND", "MODEL_NOT_FOUND", "failed"),
        (error(401, f"bad key {KEY}"), "FAILED_PRECONDITION", "PROVIDER_CREDENTIALS", "failed"),
        (error(500), "UNAVAILABLE", "PROVIDER_UNAVAILABLE", "lost"),
        (error(503), "UNAVAILABLE", "PROVIDER_UNAVAILABLE", "lost"),
        (error(429), "RESOURCE_EXHAUSTED", "PROVIDER_RATE_LIMITED", "failed"),
    ],
    ids=["too long", "no such model", "bad key", "500", "503", "429"],
)
async def test_a_providers_failure_is_told_as_the_contract_says_and_is_on_the_books(
    gateway: Gateway, reply: Reply, code: str, reason: str, state: str
) -> None:
    refusal = await gateway.refusal(reply)
    assert (refusal.code.name, refusal.reason) == (code, reason)
    assert refusal.metadata["call_id"]
    counts = await gateway.counts()
    assert getattr(counts.call_counts, state) == counts.calls == 1


async def test_a_rate_limit_says_when_to_come_back(gateway: Gateway) -> None:
    slow_down = error(429)
    slow_down.headers["Retry-After"] = "7"
    refusal = await gateway.refusal(slow_down)
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in refusal.status.details)
    assert retry.retry_delay.seconds == 7


async def test_a_passed_deadline_closes_upstream(gateway: Gateway) -> None:
    refusal = await gateway.refusal(said.SILENT, seconds=0.5)
    assert refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED
    await gateway.provider.closed.wait()
    assert (await gateway.counts()).call_counts.lost == 1


async def test_after_a_failure_the_same_id_may_be_tried_again(gateway: Gateway) -> None:
    await gateway.refusal(error(503))
    gateway.provider.then(said.completion())
    message = pb.Message(role=pb.ROLE_USER, content="hello")
    reply = await gateway.stub.Complete(
        pb.CompleteRequest(messages=[message], request_id="r"), timeout=10
    )
    assert reply.served_by == pb.SERVED_BY_REAL
    assert not reply.replayed
    counts = (await gateway.counts()).call_counts
    assert (counts.lost, counts.settled) == (1, 1)
