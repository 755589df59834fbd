"""StreamComplete from a provider's socket to a caller's, and what is left when it is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from stub_openai import (
    NO_SUCH_MODEL,
    Play,
    Reply,
    StubOpenAI,
    chunk,
    completion,
    last_chunk,
    streamed,
)

from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError
from shared.rpc.server import serving

WORDS = [chunk("Squat, "), chunk("press, "), chunk("pull.")]
STOP = chunk(finish_reason="stop")


@dataclass
class Gateway:
    stub: GatewayServiceStub
    provider: StubOpenAI

    async def stream(self, reply: Reply) -> list[pb.StreamCompleteResponse]:
        self.provider.then(reply)
        return [part async for part in self.stub.StreamComplete(a_call(), timeout=20)]

    async def after_the_cut(self) -> pb.SpendRow:
        """The books when upstream is closed and no call is in flight."""
        async with asyncio.timeout(10):
            await self.provider.closed.wait()
            total = await self.total()
            while total.call_counts.in_flight:
                total = await self.total()
        return total

    async def total(self) -> pb.SpendRow:
        return (await self.stub.GetSpend(pb.GetSpendRequest(), timeout=10)).total


def a_call() -> pb.StreamCompleteRequest:
    message = pb.Message(role=pb.ROLE_USER, content="Create a bodybuilding training program")
    request = pb.CompleteRequest(messages=[message], model="gpt-5-mini", max_output_tokens=100)
    return pb.StreamCompleteRequest(request=request)


@pytest.fixture
async def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(StubOpenAI())
        for name, value in {
            "USE_MOCK_AI_PROVIDER": "false",
            "OPENAI_API_KEY": "sk-the-secret-of-this-test",
            "OPENAI_BASE_URL": provider.base_url,
            "ATTUNE_DATABASE_URL": f"sqlite:///{tmp_path}/gateway.db",
            "ATTUNE_MAX_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(name, value)
        served = await stack.enter_async_context(build(GatewaySettings()))
        port = await stack.enter_async_context(serving(served, "127.0.0.1", 0, grace=1))
        channel = await stack.enter_async_context(open_channel("gateway", f"127.0.0.1:{port}"))
        yield Gateway(GatewayServiceStub(channel), provider)


async def test_the_text_comes_first_and_its_cost_last(gateway: Gateway) -> None:
    parts = await gateway.stream(streamed(*WORDS, STOP, last_chunk()))
    *texts, last = parts
    assert "".join(part.text_delta for part in texts) == "Squat, press, pull."
    assert (last.text_delta, last.completion.text) == ("", "Squat, press, pull.")
    assert last.completion.finish_reason == pb.FINISH_REASON_STOP
    assert (last.completion.usage.input_tokens, last.completion.usage.output_tokens) == (21, 5)
    assert last.completion.cost.nano_usd > 0
    assert (await gateway.total()).cost.nano_usd == last.completion.cost.nano_usd
    sent = gateway.provider.requests[0].json
    assert (sent["stream"], sent["stream_options"]) == (True, {"include_usage": True})


async def test_a_server_that_does_not_stream_is_read_all_the_same(gateway: Gateway) -> None:
    *texts, last = await gateway.stream(completion("All at once."))
    assert "".join(part.text_delta for part in texts) == last.completion.text == "All at once."
    assert last.completion.usage.source == pb.USAGE_SOURCE_PROVIDER


async def test_a_refusal_is_in_the_last_message(gateway: Gateway) -> None:
    (last,) = await gateway.stream(streamed(chunk(refusal="No."), STOP, last_chunk()))
    assert (last.completion.refusal, last.completion.text) == ("No.", "")
    assert last.completion.finish_reason == pb.FINISH_REASON_REFUSAL


async def test_an_error_before_the_stream_is_what_complete_gives(gateway: Gateway) -> None:
    with pytest.raises(RemoteError) as raised:
        await gateway.stream(NO_SUCH_MODEL)
    assert (raised.value.code, raised.value.reason) == (
        grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND",
    )  # fmt: skip
    assert (await gateway.total()).call_counts.failed == 1


@pytest.mark.parametrize(
    "reply",
    [
        streamed(*WORDS, done=False),
        streamed(*WORDS, *WORDS, STOP, play=Play.CUT_INSIDE),
        streamed(*WORDS, {"error": {"message": "overloaded", "code": 500}}),
        Reply(body=b"data: {nonsense\n\n", headers={"Content-Type": "text/event-stream"}),
    ],
    ids=["no end", "cut", "error", "nonsense"],
)
async def test_a_stream_that_breaks_off_is_an_error_and_on_the_books(
    gateway: Gateway, reply: Reply
) -> None:
    with pytest.raises(RemoteError) as raised:
        await gateway.stream(reply)
    assert raised.value.code is grpc.StatusCode.UNAVAILABLE
    total = await gateway.total()
    assert total.call_counts.lost == 1
    assert total.cost.status == pb.COST_STATUS_AT_MOST


async def test_after_the_end_of_the_answer_only_its_usage_can_be_missing(gateway: Gateway) -> None:
    whole = streamed(*WORDS, STOP, last_chunk()).body
    cut = whole[: whole.index(b'"finish_reason": "stop"') + 60]
    reply = Reply(body=cut + b" " * len(cut), headers={"Content-Type": "text/event-stream"},
                  play=Play.CUT_INSIDE)  # fmt: skip
    *_, last = await gateway.stream(reply)
    assert last.completion.text == "Squat, press, pull."
    assert last.completion.usage.source == pb.USAGE_SOURCE_ESTIMATED


async def test_who_leaves_a_stream_closes_it_upstream(gateway: Gateway) -> None:
    gateway.provider.then(replace(streamed(*WORDS * 20, play=Play.DRIPPING), drip_seconds=0.0001))
    call = gateway.stub.StreamComplete(a_call(), timeout=30)
    async for part in call:
        assert part.text_delta
        break
    call.cancel()
    total = await gateway.after_the_cut()
    assert (total.call_counts.lost, total.cost.status) == (1, pb.COST_STATUS_AT_MOST)
    assert total.usage.source == pb.USAGE_SOURCE_ESTIMATED


async def test_a_deadline_closes_a_stream_upstream(gateway: Gateway) -> None:
    gateway.provider.then(replace(streamed(*WORDS * 20, play=Play.DRIPPING), drip_seconds=0.0001))
    with pytest.raises(RemoteError) as raised:
        async for _ in gateway.stub.StreamComplete(a_call(), timeout=1):
            pass
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    total = await gateway.after_the_cut()
    assert total.call_counts.lost == 1
