"""What every service does around a call: errors, deadlines, cancellation, end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import (
    GatewayServiceServicer,
    GatewayServiceStub,
    add_GatewayServiceServicer_to_server,
)
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from prometheus_client import CollectorRegistry

from shared.rpc.channel import open_channel
from shared.rpc.deadline import remaining, serving_within
from shared.rpc.errors import (
    AttuneError,
    DeadlineExceeded,
    NotFound,
    RemoteError,
    Unavailable,
    to_status,
)
from shared.rpc.server import PortTaken, Served, serving

Answer = Callable[[pb.CompleteRequest], Awaitable[pb.CompleteResponse]]
NAME = "attune.gateway.v1.GatewayService"


class Scripted(GatewayServiceServicer):
    """Answers Complete as the test says."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def Complete(self, request, context):  # noqa: N802
        return await self._answer(request)


@asynccontextmanager
async def a_server(answer: Answer, *, grace: float = 5.0) -> AsyncIterator[tuple[int, Served]]:
    registry = CollectorRegistry()
    served = Served(
        NAME,
        lambda server: add_GatewayServiceServicer_to_server(Scripted(answer), server),
        registry,
    )
    async with serving(served, "127.0.0.1", 0, grace=grace) as port:
        yield port, served


async def complete(port: int, seconds: float = 5.0) -> pb.CompleteResponse:
    async with open_channel("gateway", f"127.0.0.1:{port}") as channel:
        return await GatewayServiceStub(channel).Complete(pb.CompleteRequest(), timeout=seconds)


async def test_our_errors_arrive_as_they_were_raised() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        raise NotFound("no such model", reason="MODEL_NOT_FOUND", metadata={"model": "x"})

    async with a_server(answer) as (port, _):
        with pytest.raises(RemoteError) as raised:
            await complete(port)
    assert raised.value.code is grpc.StatusCode.NOT_FOUND
    assert (raised.value.reason, raised.value.metadata) == ("MODEL_NOT_FOUND", {"model": "x"})


async def test_an_unforeseen_error_keeps_its_text_and_gives_an_id() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        raise RuntimeError("the secret is 1234")

    async with a_server(answer) as (port, _):
        with pytest.raises(RemoteError) as raised:
            await complete(port)
    assert raised.value.code is grpc.StatusCode.INTERNAL
    assert "1234" not in str(to_status(raised.value))
    assert raised.value.metadata["error_id"] in raised.value.message


async def test_what_a_version_does_not_serve_is_unimplemented() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        return pb.CompleteResponse()

    async with (
        a_server(answer) as (port, _),
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        stub = GatewayServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as unary:
            await stub.SetBudget(pb.SetBudgetRequest(), timeout=5)
        with pytest.raises(grpc.aio.AioRpcError) as stream:
            await stub.StreamComplete(pb.StreamCompleteRequest(), timeout=5).read()
    assert unary.value.code() is stream.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_request_with_bad_text_names_the_field() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        raise AssertionError("must not be reached")

    async with (
        a_server(answer) as (port, _),
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        call = channel.unary_unary(f"/{NAME}/Complete")
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await call(b"\x1a\x03\xed\xa0\x80", timeout=5)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "agent: is not UTF-8" in (raised.value.details() or "")


async def test_the_server_answers_just_before_its_caller_gives_up() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        await asyncio.Event().wait()
        raise AssertionError("never")

    async with a_server(answer) as (port, _):
        with pytest.raises(RemoteError) as raised:
            await complete(port, seconds=0.5)
    assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_calls_onward_have_what_is_left_of_the_deadline() -> None:
    left: list[float] = []

    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        left.append(remaining())
        return pb.CompleteResponse()

    async with a_server(answer) as (port, _), serving_within(2.0):
        await complete(port, seconds=60.0)
    assert 0 < left[0] < 2.0


async def test_a_caller_who_leaves_cancels_the_work() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        raise AssertionError("never")

    async with a_server(answer) as (port, _):
        caller = asyncio.create_task(complete(port))
        await begun.wait()
        caller.cancel()
        async with asyncio.timeout(5):
            await cancelled.wait()
        assert (await asyncio.gather(caller, return_exceptions=True))[0].__class__ is (
            asyncio.CancelledError
        )


async def test_a_service_that_is_down_is_named() -> None:
    with pytest.raises(Unavailable) as raised:
        await complete(1)
    assert raised.value.metadata == {"service": "gateway"}
    assert "127.0.0.1:1" in raised.value.message


async def test_a_service_that_never_answers_is_named_when_time_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(AttuneError) as raised:
        await complete(silent.getsockname()[1], seconds=0.3)
    assert isinstance(raised.value, DeadlineExceeded | Unavailable)
    assert raised.value.metadata["service"] == "gateway"


async def test_at_the_end_health_says_so_and_calls_in_flight_finish() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        begun.set()
        await go_on.wait()
        return pb.CompleteResponse(text="done")

    server = a_server(answer)
    port, _ = await server.__aenter__()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=NAME)
        )
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        caller = asyncio.create_task(complete(port))
        await begun.wait()
        ending = asyncio.create_task(server.__aexit__(None, None, None))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        go_on.set()
        assert (await caller).text == "done"
        watch.cancel()
        await ending


async def test_a_taken_port_is_an_error_that_names_it() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        return pb.CompleteResponse()

    async with a_server(answer) as (port, _):
        second = Served(NAME, lambda server: None, CollectorRegistry())
        with pytest.raises(PortTaken, match=str(port)):
            async with serving(second, "127.0.0.1", port, grace=0):
                pytest.fail("must not serve")


async def test_reflection_tells_the_whole_contract() -> None:
    async def answer(_: pb.CompleteRequest) -> pb.CompleteResponse:
        return pb.CompleteResponse()

    async with a_server(answer) as (port, _):

        def ask() -> list[str]:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                return list(ProtoReflectionDescriptorDatabase(channel).get_services())

        assert NAME in await asyncio.to_thread(ask)
