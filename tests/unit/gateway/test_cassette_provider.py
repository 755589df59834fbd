"""A cassette gives what was recorded, in its order and at its pace, and says what it has not."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from structlog.testing import capture_logs

from services.gateway.calls import (
    FinishReason,
    FormerCost,
    ProviderFailure,
    ProviderRequest,
    Received,
    ServedBy,
    Usage,
    UsageSource,
)
from services.gateway.cassette.provider import GENERATED, CassetteProvider
from services.gateway.cassette.recordings import Recordings
from services.gateway.mock import MockProvider
from services.gateway.pricing.cost import Pricing
from services.gateway.pricing.prices import PriceBook
from services.gateway.requests import Models, read_request
from shared.cassette import Cassette, CassetteError
from shared.rpc.errors import (
    MAX_MESSAGE_BYTES,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    status_code,
)

MODELS = Models("gpt-6-luna", {})
SYSTEM = "You plan work.\nBe brief, and name every step."


def asked(user: str = "Goal: tune a harp", **more: object) -> pb.CompleteRequest:
    request = pb.CompleteRequest(purpose="analyze_goal", max_output_tokens=50)
    request.messages.add(role=pb.ROLE_SYSTEM, content=SYSTEM)
    request.messages.add(role=pb.ROLE_USER, content=user)
    for name, value in more.items():
        setattr(request, name, value)
    return request


def provider_request(request: pb.CompleteRequest) -> ProviderRequest:
    return read_request(request, MODELS).provider


def recorded(
    request: pb.CompleteRequest, text: str = "Turn each pin.", **response: object
) -> pb.RecordedCall:
    """A call as the books give it: with the model that was asked, and the caller's key."""
    call = pb.RecordedCall(
        key=provider_request(request).key, request=request, state=pb.CALL_STATE_SETTLED,
        content_kept=True,
    )  # fmt: skip
    call.request.model = request.model or MODELS.default
    call.response.text = text
    call.response.model = "gpt-6-luna-2026-09-01"
    call.response.finish_reason = pb.FINISH_REASON_STOP
    call.response.served_by = pb.SERVED_BY_REAL
    call.response.cost.nano_usd = 1_234
    call.response.usage.input_tokens, call.response.usage.output_tokens = 40, 9
    for name, value in response.items():
        setattr(call.response, name, value)
    return call


def failed(
    request: pb.CompleteRequest, reason: str, state: pb.CallState.ValueType = pb.CALL_STATE_FAILED
) -> pb.RecordedCall:
    call = recorded(request)
    call.ClearField("response")
    call.state, call.error_reason = state, reason
    return call


def recordings(*calls: pb.RecordedCall) -> Recordings:
    return Recordings.of(Cassette(Path("some/where/harps.jsonl"), calls))


def cassette(*calls: pb.RecordedCall, **more: object) -> CassetteProvider:
    return CassetteProvider(recordings(*calls), **more)  # type: ignore[arg-type]


async def missed(provider: CassetteProvider, request: pb.CompleteRequest) -> str:
    """What is said of a request that was not recorded."""
    with pytest.raises(ProviderFailure) as raised:
        await provider.complete(provider_request(request))
    error = raised.value.error
    assert (error.reason, raised.value.charged) == ("NOT_IN_CASSETTE", False)
    assert isinstance(error, FailedPrecondition)
    assert len(error.message.encode()) <= MAX_MESSAGE_BYTES
    return error.message


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


async def test_what_is_missing_is_told_by_the_nearest_recording_and_its_first_other_line() -> None:
    provider = cassette(
        recorded(asked("Goal: bake rye bread\nFor: a family\nLanguage: de")),
        recorded(asked("Goal: tune a harp\nFor: an orchestra\nLanguage: en")),
        recorded(asked("Write a poem about the sea")),
    )
    told = await missed(provider, asked("Goal: tune a harp\nFor: a school\nLanguage: en"))
    assert told.startswith("not in the cassette harps.jsonl (3 recordings). Nearest: line 3, ")
    assert "for analyze_goal" in told
    assert "It differs in user message." in told
    assert 'user message, line 2: asked "For: a school", recorded "For: an orchestra".' in told
    assert "ATTUNE_REPLAY_LENIENT" in told


async def test_every_part_that_differs_is_named() -> None:
    provider = cassette(recorded(asked(response_schema='{"type": "object", "minProperties": 1}')))
    told = await missed(
        provider, asked(response_schema='{"type": "object", "minProperties": 2}', seed=4,
                        max_output_tokens=60),
    )  # fmt: skip
    assert "It differs in response_schema, max_output_tokens, seed." in told
    assert "response_schema, line 2" in told
    assert "100% alike" in told

    told = await missed(provider, asked())
    assert "response_schema is only recorded" in told


async def test_a_message_that_is_only_asked_is_named() -> None:
    more = asked()
    more.messages.add(role=pb.ROLE_USER, content="And be quick.")
    told = await missed(cassette(recorded(asked())), more)
    assert "It differs in user message 2. user message 2 is only asked." in told


@pytest.mark.parametrize("ends", ["", "\n", "\n\n"])
async def test_a_line_that_only_one_of_both_has_is_told(ends: str) -> None:
    told = await missed(cassette(recorded(asked("Goal"))), asked(f"Goal\n{ends}"))
    assert 'user message, line 2: asked "", recorded nothing.' in told


async def test_the_message_stays_short_in_every_script() -> None:
    long = "琴を調律する手順を書く。" * 400
    provider = cassette(recorded(asked(f"{long}夏{long}")))
    told = await missed(provider, asked(f"{long}冬{long}"))
    assert "冬" in told
    assert "夏" in told
    assert "�" not in told
    huge = Recordings("x" * 255, provider._recordings.by_key, Counter())
    await missed(CassetteProvider(huge), asked(f"{long}冬{long}"))


async def test_where_texts_are_not_kept_none_is_quoted() -> None:
    provider = cassette(recorded(asked("Goal: tune a harp")), quotes=False)
    told = await missed(provider, asked("Goal: tune a lute"))
    assert "First in user message" in told
    assert "lute" not in told
    assert "harp." not in told


async def test_a_cassette_without_prompts_has_nothing_near() -> None:
    call = failed(asked(), "PROVIDER_QUOTA")
    call.ClearField("request")
    told = await missed(cassette(call), asked("Goal: string a lute"))
    assert "it holds no prompt to compare with" in told


async def test_the_nearest_of_thousands_is_found_in_the_time_of_a_call() -> None:
    prompts = [
        f"Goal {n}: " + " ".join(f"w{(n * k) % 997}" for k in range(400)) for n in range(2000)
    ]
    provider = cassette(*(recorded(asked(prompt)) for prompt in prompts))
    await missed(provider, asked("once, to read them all"))
    began = time.perf_counter()
    told = await missed(provider, asked(f"{prompts[1234]} and more"))
    assert f"Nearest: line {1234 + 2}," in told
    assert time.perf_counter() - began < 5


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
