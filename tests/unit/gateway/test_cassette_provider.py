"""A cassette gives what was recorded, in its order and at its pace, and says what it has not."""

from __future__ import annotations

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from cassette_calls import asked, cassette, failed, missed, provider_request, recorded, recordings
from structlog.testing import capture_logs

from services.gateway.calls import (
    FinishReason,
    FormerCost,
    ProviderFailure,
    Received,
    ServedBy,
    Usage,
    UsageSource,
)
from services.gateway.cassette.provider import GENERATED, CassetteProvider
from services.gateway.mock import MockProvider
from services.gateway.pricing.cost import Pricing
from services.gateway.pricing.prices import PriceBook
from services.gateway.requests import Models, read_request
from shared.cassette import CassetteError
from shared.rpc.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    status_code,
)


def test_it_is_named_by_its_file_and_never_by_a_path() -> None:
    provider = cassette()
    assert provider.served_by is ServedBy.CASSETTE
    assert (provider.name, provider.endpoint) == ("cassette", "harps.jsonl")


async def test_an_answer_is_given_as_it_was() -> None:
    call = recorded(asked(), finish_reason=pb.FINISH_REASON_LENGTH)
    call.response.usage.cached_input_tokens = 7
    call.response.usage.source = pb.USAGE_SOURCE_ESTIMATED
    answer = await cassette(call).complete(provider_request(asked()))
    assert answer.text == "Turn each pin."
    assert answer.model == "gpt-6-luna-2026-09-01"
    assert answer.finish_reason is FinishReason.LENGTH
    assert answer.usage == Usage(40, 9, 7, source=UsageSource.ESTIMATED)
    assert answer.notes == ()


async def test_a_refusal_is_given_as_it_was() -> None:
    call = recorded(asked(), "", refusal="I cannot.", finish_reason=pb.FINISH_REASON_REFUSAL)
    provider = cassette(call)
    answer = await provider.complete(provider_request(asked()))
    assert (answer.refusal, answer.finish_reason) == ("I cannot.", FinishReason.REFUSAL)
    received = Received("m")
    assert [part async for part in provider.stream(provider_request(asked()), received)] == []
    assert received.answer() == answer


async def test_a_streamed_answer_comes_in_pieces_and_is_the_same_in_the_end() -> None:
    provider = cassette(recorded(asked(), "Turn each pin a little. " * 20))
    received = Received("m")
    pieces = [part async for part in provider.stream(provider_request(asked()), received)]
    assert len(pieces) > 10
    assert received.complete
    assert received.answer() == await provider.complete(provider_request(asked()))


async def test_another_default_model_changes_no_answer_and_a_named_one_does() -> None:
    provider = cassette(recorded(asked()))
    other = read_request(asked(), Models("another", {})).provider
    assert (await provider.complete(other)).text == "Turn each pin."
    told = await missed(provider, asked(model="another"))
    assert 'It differs in model. model: asked "another", recorded "gpt-6-luna".' in told
    # The same model, named here and the default there: what was kept is equal.
    assert "names its model" in await missed(provider, asked(model="gpt-6-luna"))


async def test_recordings_of_one_request_come_in_their_order_round_and_round() -> None:
    texts = ["first", "second", "third"]
    other = asked("Goal: string a lute")
    provider = cassette(recorded(asked(), "first"), recorded(other, "other"),
                        recorded(asked(), "second"), recorded(asked(), "third"))  # fmt: skip
    given = []
    for _ in range(7):
        given.append((await provider.complete(provider_request(asked()))).text)
        await provider.complete(provider_request(other))
    assert given == [*texts, *texts, "first"]


@pytest.mark.parametrize(
    ("served_by", "cost", "former"),
    [
        (pb.SERVED_BY_REAL, {"nano_usd": 7}, 7),
        (pb.SERVED_BY_REAL, {"status": pb.COST_STATUS_UNPRICED}, None),
        (pb.SERVED_BY_MOCK, {"nano_usd": 0, "shadow_nano_usd": 9}, 9),
        (pb.SERVED_BY_MOCK, {"nano_usd": 0}, None),
        (pb.SERVED_BY_CASSETTE, {"nano_usd": 0, "shadow_nano_usd": 9}, 9),
    ],
    ids=["real", "unpriced", "mock", "mock without a price", "replayed before"],
)
async def test_what_it_had_cost_is_its_shadow_and_nothing_is_spent(
    served_by: pb.ServedBy.ValueType, cost: dict[str, int], former: int | None
) -> None:
    call = recorded(asked(), served_by=served_by)
    call.response.cost.CopyFrom(pb.Cost(**cost))  # type: ignore[arg-type]
    answer = await cassette(call).complete(provider_request(asked()))
    assert answer.former == FormerCost(former)
    assert answer.usage is not None
    pricing = Pricing(PriceBook(None), ServedBy.CASSETTE)
    booked = pricing.of_answer(
        asked="gpt-5", answered=answer.model, usage=answer.usage, former=answer.former
    )
    assert (booked.nano_usd, booked.status, booked.shadow_nano_usd) == (0, "mock", former)
    assert booked.note.startswith("replayed from a cassette: ")
    assert pricing.counted(booked) == (former or 0)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("PROVIDER_RATE_LIMITED", ResourceExhausted),
        ("PROVIDER_QUOTA", ResourceExhausted),
        ("MODEL_NOT_FOUND", NotFound),
        ("CONTEXT_LENGTH_EXCEEDED", InvalidArgument),
        ("PROVIDER_REJECTED_REQUEST", InvalidArgument),
        ("UNSATISFIABLE_SCHEMA", InvalidArgument),
        ("PROVIDER_CREDENTIALS", FailedPrecondition),
        ("PROVIDER_UNAVAILABLE", Unavailable),
        ("OF_ANOTHER_VERSION", FailedPrecondition),
    ],
)
async def test_a_failure_is_replayed_for_its_reason_at_no_charge_and_for_good(
    reason: str, kind: type[Exception]
) -> None:
    provider = cassette(failed(asked(), reason), recorded(asked(), "later"))
    for _ in range(2):
        with pytest.raises(ProviderFailure) as raised:
            await provider.complete(provider_request(asked()))
        failure = raised.value
        assert isinstance(failure.error, kind)
        assert failure.error.reason == reason
        assert status_code(failure.error) is not None
        assert (failure.charged, failure.again) == (False, False)
        assert (await provider.complete(provider_request(asked()))).text == "later"


@pytest.mark.parametrize(
    "call",
    [
        failed(asked(), "PROVIDER_UNAVAILABLE", pb.CALL_STATE_LOST),
        failed(asked(), "", pb.CALL_STATE_IN_FLIGHT),
        failed(asked(), "CANCELLED"),
        failed(asked(), "DEADLINE_EXCEEDED"),
        failed(asked(), "NOT_IN_CASSETTE"),
        pb.RecordedCall(key=provider_request(asked()).key, state=pb.CALL_STATE_SETTLED),
    ],
    ids=["lost", "in flight", "cancelled", "late", "not in a cassette", "not kept"],
)
async def test_what_nobody_knows_the_answer_of_is_left_out(call: pb.RecordedCall) -> None:
    found = recordings(call, recorded(asked("Goal: string a lute")))
    assert (len(found), found.left_out.total()) == (1, 1)
    told = await missed(CassetteProvider(found), asked())
    assert "it is there, and ended without an answer" in told


def with_tokens(count: int) -> pb.RecordedCall:
    call = recorded(asked())
    call.response.usage.input_tokens = count
    return call


def that_took(seconds: int) -> pb.RecordedCall:
    call = recorded(asked())
    call.duration.seconds = seconds
    return call


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (with_tokens(-1), "its usage or its cost is negative"),
        (failed(asked(), "", pb.CALL_STATE_SETTLED), "it is settled, and has no response"),
        (that_took(-1), "its duration is negative"),
    ],
    ids=["tokens", "no response", "duration"],
)
def test_a_call_that_cannot_be_is_named_by_its_line(fault: pb.RecordedCall, told: str) -> None:
    with pytest.raises(CassetteError, match=rf"harps.jsonl, line 3: {told}"):
        recordings(recorded(asked("Goal: string a lute")), fault)


async def test_each_call_takes_as_long_as_it_took_where_that_is_wanted() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    answered, refused = recorded(asked()), failed(asked(), "PROVIDER_QUOTA")
    answered.duration.FromMilliseconds(2_500)
    refused.duration.FromMilliseconds(125)
    slow = cassette(answered, refused, recorded_latency=True, sleep=sleep)
    await slow.complete(provider_request(asked()))
    with pytest.raises(ProviderFailure):
        await slow.complete(provider_request(asked()))
    assert [part async for part in slow.stream(provider_request(asked()), Received("m"))]
    assert slept == [2.5, 0.125, 2.5]

    quick = cassette(answered, sleep=sleep)
    await quick.complete(provider_request(asked()))
    assert len(slept) == 3


async def test_a_lenient_cassette_has_the_mock_answer_and_says_so() -> None:
    provider = cassette(recorded(asked()), fallback=MockProvider())
    other = provider_request(asked("Goal: string a lute"))
    with capture_logs() as logs:
        answer = await provider.complete(other)
    assert answer.notes == (GENERATED,)
    assert GENERATED == "not in the cassette: generated by the mock"
    assert (answer.model, answer.former) == ("gpt-6-luna", None)
    assert answer.text == (await MockProvider().complete(other)).text
    (line,) = [line for line in logs if line["event"] == "cassette_miss"]
    assert line["key"] == other.key

    received = Received("m")
    assert "".join([part async for part in provider.stream(other, received)]) == answer.text
    assert received.answer().notes == (GENERATED,)
    assert (await provider.complete(provider_request(asked()))).notes == ()
    await provider.close()
