"""Recorded calls for tests of cassettes, made as the books would give them."""

from __future__ import annotations

from pathlib import Path

import pytest
from attune.gateway.v1 import gateway_pb2 as pb

from services.gateway.calls import ProviderFailure, ProviderRequest
from services.gateway.cassette.provider import CassetteProvider
from services.gateway.cassette.recordings import Recordings
from services.gateway.requests import Models, read_request
from shared.cassette import Cassette
from shared.rpc.errors import MAX_MESSAGE_BYTES, FailedPrecondition

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
