"""What happens to a call when the connection does not do what it should."""

from __future__ import annotations

import asyncio
import time

import pytest
import stub_openai as said
from stub_openai import StubOpenAI, completion, refusing_url

from services.gateway.calls import Message, ProviderFailure, ProviderRequest, Role
from services.gateway.provider.openai_provider import OpenAIProvider
from shared.rpc.errors import Unavailable

REQUEST = ProviderRequest((Message(Role.USER, "A strength plan."),), "gpt-5-mini")
KEY = "sk-test-key-000000"


async def test_a_provider_that_refuses_connections_is_unavailable_and_charges_nothing():
    with refusing_url() as url:
        provider = OpenAIProvider(KEY, url)
        with pytest.raises(ProviderFailure, match="cannot be reached") as caught:
            await provider.complete(REQUEST)
        await provider.close()
    assert isinstance(caught.value.error, Unavailable)
    assert caught.value.error.reason == "PROVIDER_UNAVAILABLE"
    assert caught.value.charged is False
    assert provider.endpoint in str(caught.value)


async def test_a_host_that_does_not_exist_is_unavailable_and_charges_nothing():
    provider = OpenAIProvider(KEY, "http://no-such-host.invalid/v1")
    with pytest.raises(ProviderFailure, match="cannot be reached") as caught:
        await provider.complete(REQUEST)
    await provider.close()
    assert caught.value.charged is False


async def test_a_server_that_speaks_no_tls_is_unavailable_and_charges_nothing():
    async def answer_in_plain_http(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_in_plain_http, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        provider = OpenAIProvider(KEY, f"https://127.0.0.1:{port}/v1")
        with pytest.raises(ProviderFailure, match="cannot be reached") as caught:
            await provider.complete(REQUEST)
        await provider.close()
    assert caught.value.charged is False


@pytest.mark.parametrize(
    "reply", [said.CUT_BEFORE_ANSWER, said.CUT_INSIDE_BODY], ids=["before a byte", "in mid-body"]
)
async def test_a_cut_after_the_request_is_out_may_have_been_charged(reply):
    async with StubOpenAI(reply, completion()) as stub:
        provider = OpenAIProvider(KEY, stub.base_url)
        with pytest.raises(ProviderFailure, match="before its answer was complete") as caught:
            await provider.complete(REQUEST)
        assert caught.value.error.reason == "PROVIDER_UNAVAILABLE"
        assert caught.value.charged is None
        assert (await provider.complete(REQUEST)).text
        await provider.close()


@pytest.mark.parametrize("reply", [said.SILENT, said.DRIPPING], ids=["silent", "dripping"])
async def test_when_the_caller_leaves_the_connection_is_closed_at_once(reply):
    async with StubOpenAI(reply) as stub:
        provider = OpenAIProvider(KEY, stub.base_url)
        call = asyncio.create_task(provider.complete(REQUEST))
        await stub.asked.wait()
        left = time.perf_counter()
        call.cancel()
        await asyncio.wait_for(stub.closed.wait(), 5)
        assert time.perf_counter() - left < 0.2
        with pytest.raises(asyncio.CancelledError):
            await call
        await provider.close()


@pytest.mark.parametrize("reply", [said.SILENT, said.DRIPPING], ids=["silent", "dripping"])
async def test_the_callers_deadline_holds_however_slowly_a_provider_answers(reply):
    async with StubOpenAI(reply) as stub:
        provider = OpenAIProvider(KEY, stub.base_url)
        began = time.perf_counter()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.25):
                await provider.complete(REQUEST)
        assert 0.2 < time.perf_counter() - began < 1
        await asyncio.wait_for(stub.closed.wait(), 5)
        await provider.close()


async def test_calls_that_follow_each_other_share_a_connection():
    ports = set()

    class Counting(StubOpenAI):
        async def _talk(self, reader, writer):
            ports.add(writer.get_extra_info("peername"))
            await super()._talk(reader, writer)

    async with Counting() as stub:
        provider = OpenAIProvider(KEY, stub.base_url)
        for _ in range(5):
            await provider.complete(REQUEST)
        await provider.close()
    assert len(ports) == 1


async def test_many_calls_run_side_by_side_and_get_their_own_answers():
    async with StubOpenAI(*(completion(f"answer {n}") for n in range(64))) as stub:
        provider = OpenAIProvider(KEY, stub.base_url)
        answers = await asyncio.gather(*(provider.complete(REQUEST) for _ in range(64)))
        await provider.close()
    assert {answer.text for answer in answers} == {f"answer {n}" for n in range(64)}
