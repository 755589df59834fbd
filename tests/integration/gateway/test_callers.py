"""Who may call: nobody from elsewhere, this machine as long as there are no tokens, then tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc
import pytest
import sqlalchemy as sa
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from services.gateway.books import callers
from services.gateway.books.callers import Callers, create_token, revoke_tokens
from services.gateway.books.database import open_database
from services.gateway.books.tables import calls, tokens
from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError, Unauthenticated
from shared.rpc.server import serving


@dataclass
class Gateway:
    target: str
    engine: sa.Engine

    async def ask(self, bearer: str = "") -> pb.CompleteResponse:
        message = pb.Message(role=pb.ROLE_USER, content="hello")
        async with open_channel("gateway", self.target, bearer) as channel:
            request = pb.CompleteRequest(messages=[message], request_id="id-1")
            return await GatewayServiceStub(channel).Complete(request, timeout=10)

    def create(self, name: str) -> str:
        with self.engine.execution_options(writes=True).begin() as connection:
            return create_token(connection, name)

    def revoke(self, name: str) -> int:
        with self.engine.execution_options(writes=True).begin() as connection:
            return revoke_tokens(connection, name)


@pytest.fixture
async def gateway(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "true")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    monkeypatch.setattr(callers, "FRESH_SECONDS", 0.0)
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(build(GatewaySettings()))
        port = await stack.enter_async_context(serving(served, "127.0.0.1", 0, grace=1))
        engine = open_database(database_url)
        yield Gateway(f"127.0.0.1:{port}", engine)
        engine.dispose()


async def test_without_tokens_this_machine_is_local(gateway: Gateway) -> None:
    await gateway.ask()
    with gateway.engine.connect() as connection:
        assert connection.execute(sa.select(calls.c.caller)).scalar_one() == "local"


async def test_with_a_token_the_caller_has_its_name_in_the_books(gateway: Gateway) -> None:
    one, two = gateway.create("payroll"), gateway.create("shop")
    first = await gateway.ask(one)
    second = await gateway.ask(two)
    assert not second.replayed  # the same request_id of another caller is another call
    assert (await gateway.ask(one)).replayed
    with gateway.engine.connect() as connection:
        rows = connection.execute(sa.select(calls.c.call_id, calls.c.caller)).all()
    named = {row.call_id: row.caller for row in rows}
    assert named == {first.call_id: "payroll", second.call_id: "shop"}


@pytest.mark.parametrize("bearer", ["", "attune_wrong", " ", "x" * 5_000])
async def test_from_the_first_token_on_every_call_needs_one(gateway: Gateway, bearer: str) -> None:
    gateway.create("payroll")
    with pytest.raises(RemoteError) as raised:
        await gateway.ask(bearer)
    assert raised.value.code is grpc.StatusCode.UNAUTHENTICATED
    assert raised.value.reason in ("TOKEN_REQUIRED", "TOKEN_UNKNOWN")


async def test_every_rpc_asks_who_is_calling(gateway: Gateway) -> None:
    gateway.create("payroll")
    async with grpc.aio.insecure_channel(gateway.target) as channel:
        stub = GatewayServiceStub(channel)
        for method in pb.DESCRIPTOR.services_by_name["GatewayService"].methods:
            request = getattr(pb, method.input_type.name)()
            call = getattr(stub, method.name)(request, timeout=10)
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await (call.read() if method.server_streaming else call)
            assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED, method.name


async def test_a_revoked_token_opens_nothing_and_neither_does_none(gateway: Gateway) -> None:
    token = gateway.create("payroll")
    await gateway.ask(token)
    assert gateway.revoke("payroll") == 1
    for bearer in (token, ""):
        with pytest.raises(RemoteError) as raised:
            await gateway.ask(bearer)
        assert raised.value.code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_caller_may_have_two_tokens_while_one_replaces_the_other(gateway: Gateway) -> None:
    old, new = gateway.create("payroll"), gateway.create("payroll")
    first = await gateway.ask(old)
    assert (await gateway.ask(new)).call_id == first.call_id
    with gateway.engine.connect() as connection:
        ids = [row[:12] for row in connection.execute(sa.select(tokens.c.token_sha256)).scalars()]
    assert len(ids) == 2
    assert sum(gateway.revoke(id_) for id_ in ids) == 2


async def test_no_token_is_kept(gateway: Gateway) -> None:
    token = gateway.create("payroll")
    with gateway.engine.connect() as connection:
        rows = connection.execute(sa.select(tokens)).all()
    assert token not in repr(rows)
    assert token.removeprefix("attune_") not in repr(rows)


class FromElsewhere:
    """The context of a call that came over the network."""

    def peer(self) -> str:
        return "ipv4:192.0.2.7:50000"

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ()


async def test_without_tokens_nobody_from_another_machine_may_call(gateway: Gateway) -> None:
    with pytest.raises(Unauthenticated) as raised:
        await Callers(gateway.engine).of(FromElsewhere())
    assert raised.value.reason == "TOKEN_REQUIRED"
    assert "attune token create" in raised.value.message


@pytest.mark.parametrize("name", ["", "local", "a b", "-x", "é", "x" * 101, "a\n"])
async def test_a_caller_has_a_name_that_books_and_shells_take(gateway: Gateway, name: str) -> None:
    with pytest.raises(ValueError, match="name of"):
        gateway.create(name)
