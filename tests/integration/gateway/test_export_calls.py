"""ExportCalls: what a project asked and was answered, the oldest first, and nobody's secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from services.gateway.bootstrap import build
from services.gateway.recorded import AT_ONCE
from services.gateway.settings import GatewaySettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import FailedPrecondition, InvalidArgument, RemoteError
from shared.rpc.server import serving


@pytest.fixture
async def gateway(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[GatewayServiceStub]:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "true")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    async with (
        build(GatewaySettings()) as served,
        serving(served, "127.0.0.1", 0, grace=1) as port,
        open_channel("gateway", f"127.0.0.1:{port}") as channel,
    ):
        yield GatewayServiceStub(channel)


def asked(number: int, project_id: str = "p1") -> pb.CompleteRequest:
    return pb.CompleteRequest(
        request_id=f"r-{number}", project_id=project_id, agent="analyst", purpose="analyze_goal",
        messages=[pb.Message(role=pb.ROLE_SYSTEM, content="Be brief."),
                  pb.Message(role=pb.ROLE_USER, content=f"Goal: tune {number} harps")],
        max_output_tokens=50, temperature=0.5, seed=number, stop=["END"],
        response_schema='{"type": "object"}',
    )  # fmt: skip


async def exported(gateway: GatewayServiceStub, project_id: str = "p1") -> list[pb.RecordedCall]:
    request = pb.ExportCallsRequest(project_id=project_id)
    return [reply.call async for reply in gateway.ExportCalls(request, timeout=30)]


async def test_every_call_of_a_project_comes_as_it_was_asked_and_answered(
    gateway: GatewayServiceStub,
) -> None:
    replies = [await gateway.Complete(asked(number)) for number in range(3)]
    await gateway.Complete(asked(9, "another"))
    again = await gateway.Complete(asked(0))
    assert again.replayed

    calls = await exported(gateway)

    assert [call.response for call in calls] == replies
    for number, call in enumerate(calls):
        expected = asked(number)
        expected.model = "gpt-6-luna"
        assert call.request == expected
        assert call.state == pb.CALL_STATE_SETTLED
        assert call.content_kept
        assert call.duration.ToMicroseconds() >= 0
    assert len({call.key for call in calls}) == 3


async def test_more_calls_than_are_read_at_once_come_in_their_order(
    gateway: GatewayServiceStub,
) -> None:
    count = 2 * AT_ONCE + 1
    for number in range(count):
        await gateway.Complete(asked(number))
    calls = await exported(gateway)
    assert [call.request.seed for call in calls] == list(range(count))


async def test_a_key_is_that_of_the_request_and_not_of_who_asks(
    gateway: GatewayServiceStub,
) -> None:
    await gateway.Complete(asked(1))
    other = asked(1, "p2")
    other.request_id, other.agent = "another", "director"
    await gateway.Complete(other)
    (one,), (two,) = await exported(gateway), await exported(gateway, "p2")
    assert one.key == two.key


async def test_a_project_must_be_named(gateway: GatewayServiceStub) -> None:
    with pytest.raises(RemoteError) as raised:
        await exported(gateway, "")
    assert raised.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert raised.value.reason == InvalidArgument.default_reason


async def test_production_gives_no_prompts_over_the_network(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", "production")
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "none-needed")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    async with (
        build(GatewaySettings()) as served,
        serving(served, "127.0.0.1", 0, grace=1) as port,
        open_channel("gateway", f"127.0.0.1:{port}") as channel,
    ):
        with pytest.raises(RemoteError) as raised:
            await exported(GatewayServiceStub(channel))
    assert raised.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert raised.value.reason == "EXPORT_NOT_ALLOWED"
    assert FailedPrecondition.default_reason != raised.value.reason
