"""Calls are recorded from one gateway, written down, and served by another as they were."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import grpc
import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from stub_openai import QUOTA, REFUSAL, StubOpenAI, completion

from services.gateway import admin
from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.cassette import write_cassette
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError
from shared.rpc.process import StartError
from shared.rpc.server import serving

Opening = Callable[..., AbstractAsyncContextManager[GatewayServiceStub]]


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opening:
    """Opens a gateway with these variables, on books of its own."""

    @asynccontextmanager
    async def opened(books: str, **variables: str) -> AsyncIterator[GatewayServiceStub]:
        with monkeypatch.context() as environment:
            environment.setenv("USE_MOCK_AI_PROVIDER", "true")
            environment.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{tmp_path}/{books}.db")
            for name, value in variables.items():
                environment.setenv(name, value)
            settings = GatewaySettings()
        async with (
            build(settings) as served,
            serving(served, "127.0.0.1", 0, grace=1) as port,
            open_channel("gateway", f"127.0.0.1:{port}") as channel,
        ):
            yield GatewayServiceStub(channel)

    return opened


def asked(number: int, **more: str) -> pb.CompleteRequest:
    return pb.CompleteRequest(
        request_id=f"r-{number}", project_id="p1", agent="analyst", purpose="analyze_goal",
        messages=[pb.Message(role=pb.ROLE_SYSTEM, content="Be brief."),
                  pb.Message(role=pb.ROLE_USER, content=f"Goal: tune {number} harps")],
        max_output_tokens=50, **more,
    )  # fmt: skip


async def write(stub: GatewayServiceStub, path: Path) -> list[pb.RecordedCall]:
    """Writes down the calls of project p1."""
    request = pb.ExportCallsRequest(project_id="p1")
    calls = [reply.call async for reply in stub.ExportCalls(request, timeout=30)]
    write_cassette(path, calls)
    return calls


def same(reply: pb.CompleteResponse, recorded: pb.CompleteResponse) -> bool:
    """Whether what was answered is equal, whatever it cost and whoever served it."""
    names = ("text", "refusal", "finish_reason", "usage", "model")
    return all(getattr(reply, name) == getattr(recorded, name) for name in names)


def verified(
    books: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What `attune journal verify` prints of clean books."""
    monkeypatch.setenv("ATTUNE_DATABASE_URL", f"sqlite:///{tmp_path}/{books}.db")
    capsys.readouterr()
    code = admin.main(["journal", "verify"])
    out = capsys.readouterr().out
    assert code == 0, out
    return out


async def test_what_a_model_answered_is_served_again_with_its_quirks(
    gateway: Opening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "harps.jsonl"
    script = (completion("Turn each pin.", model="gpt-5-mini"), REFUSAL, QUOTA)
    async with (
        StubOpenAI(*script) as upstream,
        gateway(
            "real",
            USE_MOCK_AI_PROVIDER="false",
            OPENAI_API_KEY="none-needed",
            OPENAI_BASE_URL=upstream.base_url,
            ATTUNE_DEFAULT_MODEL="gpt-5-mini",
        ) as stub,
    ):
        replies = [await stub.Complete(asked(number)) for number in range(2)]
        with pytest.raises(RemoteError) as quota:
            await stub.Complete(asked(2))
        calls = await write(stub, path)
        assert len(upstream.requests) == 3
    assert [call.response for call in calls[:2]] == replies
    assert replies[0].cost.nano_usd > 0

    async with gateway("replayed", ATTUNE_MOCK_PROFILE=f"replay:{path}") as stub:
        told = await stub.DescribeProvider(pb.DescribeProviderRequest())
        assert (told.served_by, told.provider, told.endpoint) == (
            pb.SERVED_BY_CASSETTE, "cassette", "harps.jsonl",
        )  # fmt: skip
        for number, recorded in enumerate(replies):
            reply = await stub.Complete(asked(number))
            assert same(reply, recorded)
            assert reply.served_by == pb.SERVED_BY_CASSETTE
            assert reply.cost == pb.Cost(
                nano_usd=0, status=pb.COST_STATUS_MOCK, shadow_nano_usd=recorded.cost.nano_usd,
                note="replayed from a cassette: shadow is what it had cost",
            )  # fmt: skip
            assert not reply.warnings
        with pytest.raises(RemoteError) as raised:
            await stub.Complete(asked(2))
        assert raised.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert raised.value.reason == quota.value.reason == "PROVIDER_QUOTA"

        streamed = [part async for part in stub.StreamComplete(
            pb.StreamCompleteRequest(request=asked(0, model="")))]  # fmt: skip
        assert "".join(part.text_delta for part in streamed) == "Turn each pin."
        other = asked(0)
        other.request_id = "streamed"
        streamed = [part async for part in stub.StreamComplete(
            pb.StreamCompleteRequest(request=other))]  # fmt: skip
        assert same(streamed[-1].completion, replies[0])
        assert streamed[-1].completion.cost.shadow_nano_usd == replies[0].cost.nano_usd

        spent = await stub.GetSpend(pb.GetSpendRequest(
            served_by=pb.SERVED_BY_CASSETTE, group_by=[pb.SPEND_GROUP_SERVED_BY]))  # fmt: skip
        assert spent.total.calls == 4
        assert spent.total.cost.nano_usd == 0
        assert spent.rows[0].served_by == pb.SERVED_BY_CASSETTE
        again = await write(stub, tmp_path / "again.jsonl")

    out = verified("replayed", tmp_path, monkeypatch, capsys)
    assert "3 left out: replayed from a cassette, at what they had cost" in out

    # A recording of a replay is as good as the first one.
    async with gateway("twice", ATTUNE_MOCK_PROFILE=f"replay:{tmp_path / 'again.jsonl'}") as stub:
        reply = await stub.Complete(asked(0))
        assert same(reply, replies[0])
        assert reply.cost.shadow_nano_usd == again[0].response.cost.shadow_nano_usd
        assert reply.cost.shadow_nano_usd == replies[0].cost.nano_usd


async def test_a_budget_counts_a_replayed_call_at_what_it_had_cost(
    gateway: Opening, tmp_path: Path
) -> None:
    path = tmp_path / "harps.jsonl"
    async with gateway("recorded") as stub:
        recorded = await stub.Complete(asked(1))
        await write(stub, path)
    async with gateway("replayed", ATTUNE_MOCK_PROFILE=f"replay:{path}") as stub:
        budget = pb.Budget(project_id="p1", period=pb.BUDGET_PERIOD_TOTAL, limit_nano_usd=10**12)
        await stub.SetBudget(pb.SetBudgetRequest(budget=budget))
        reply = await stub.Complete(asked(1))
        assert reply.cost.shadow_nano_usd == recorded.cost.shadow_nano_usd > 0
        found = await stub.GetBudget(
            pb.GetBudgetRequest(project_id="p1", period=pb.BUDGET_PERIOD_TOTAL)
        )
        assert found.budget.spent_nano_usd == recorded.cost.shadow_nano_usd
        assert found.budget.reserved_nano_usd == 0
        assert found.budget.served_by == pb.SERVED_BY_CASSETTE


async def test_a_request_that_was_not_recorded_is_refused_and_says_what_differs(
    gateway: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = tmp_path / "harps.jsonl"
    async with gateway("recorded") as stub:
        for number in range(3):
            await stub.Complete(asked(number))
        await write(stub, path)
    async with gateway("replayed", ATTUNE_MOCK_PROFILE=f"replay:{path}") as stub:
        with pytest.raises(RemoteError) as raised:
            await stub.Complete(asked(77))
        assert raised.value.code is grpc.StatusCode.FAILED_PRECONDITION
        assert raised.value.reason == "NOT_IN_CASSETTE"
        assert 'user message: asked "Goal: tune 77 harps", recorded "' in raised.value.message
    assert "clean" in verified("replayed", tmp_path, monkeypatch, capsys)

    # Where the books keep no texts, an error's message brings none there.
    variables = {"ATTUNE_MOCK_PROFILE": f"replay:{path}", "ATTUNE_KEEP_CONTENT": "hashes"}
    async with gateway("hashes", **variables) as stub:
        with pytest.raises(RemoteError) as raised:
            await stub.Complete(asked(77))
    assert "First in user message" in raised.value.message
    assert "77" not in raised.value.message


async def test_a_lenient_gateway_lets_the_mock_answer_and_warns(
    gateway: Opening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "harps.jsonl"
    async with gateway("recorded") as stub:
        mocked = await stub.Complete(asked(7))
        await write(stub, path)
        of_the_mock = await stub.Complete(asked(8))
    variables = {"ATTUNE_MOCK_PROFILE": f"replay:{path}", "ATTUNE_REPLAY_LENIENT": "true"}
    async with gateway("lenient", **variables) as stub:
        reply = await stub.Complete(asked(7))
        assert same(reply, mocked)
        assert list(reply.warnings) == []
        missed = await stub.Complete(asked(8))
        assert same(missed, of_the_mock)
        assert list(missed.warnings) == ["not in the cassette: generated by the mock"]
        assert missed.served_by == pb.SERVED_BY_CASSETTE
        assert missed.cost == of_the_mock.cost
        named = asked(9, model="gpt-5")
        assert (await stub.Complete(named)).model == "gpt-5"
        parts = [part async for part in stub.StreamComplete(
            pb.StreamCompleteRequest(request=asked(10)))]  # fmt: skip
        assert list(parts[-1].completion.warnings) == list(missed.warnings)
    out = verified("lenient", tmp_path, monkeypatch, capsys)
    assert "1 left out: replayed" in out
    assert "every price is what the price list says (3 checked)" in out


async def test_recorded_time_is_taken_within_the_deadline(
    gateway: Opening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "harps.jsonl"
    async with gateway("recorded") as stub:
        await stub.Complete(asked(1))
        (call,) = await write(stub, path)
    call.duration.FromSeconds(3_600)
    write_cassette(path, [call])
    variables = {"ATTUNE_MOCK_PROFILE": f"replay:{path}", "ATTUNE_REPLAY_LATENCY": "true"}
    async with gateway("slow", **variables) as stub:
        with pytest.raises(RemoteError) as raised:
            await stub.Complete(asked(1), timeout=0.3)
        assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
        (left,) = await write(stub, tmp_path / "left.jsonl")
        assert left.state in (pb.CALL_STATE_LOST, pb.CALL_STATE_FAILED)
    assert "clean" in verified("slow", tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file or directory"),
        ("", "line 1: is empty"),
        ('{"attune_cassette": 1, "contract": "attune.gateway.v1"}\n{"key": 3}\n', "line 2: is no"),
        ('{"attune_cassette": 1, "contract": "attune.gateway.v1"}\n', "none of its 0 calls has"),
    ],
    ids=["missing", "empty", "broken", "without calls"],
)
async def test_a_file_that_cannot_be_replayed_keeps_it_from_starting(
    text: str | None, said: str, gateway: Opening, tmp_path: Path
) -> None:
    path = tmp_path / "harps.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StartError) as raised:
        async with gateway("never", ATTUNE_MOCK_PROFILE=f"replay:{path}"):
            pytest.fail("it started")
    assert str(raised.value).startswith(f"ATTUNE_MOCK_PROFILE: {path}")
    assert said in str(raised.value)
    assert not (tmp_path / "never.db").exists()
