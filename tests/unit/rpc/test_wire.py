"""A request that protobuf refuses is answered with the fields at fault."""

from __future__ import annotations

import pytest
from attune.director.v1.director_pb2 import CreatePlanRequest
from attune.gateway.v1.gateway_pb2 import CompleteRequest, Message
from hypothesis import given
from hypothesis import strategies as st

from shared.rpc.wire import Unreadable, reading

LONE_SURROGATE = b"\xed\xa0\x80"


def field(number: int, payload: bytes) -> bytes:
    return bytes([number << 3 | 2, len(payload)]) + payload


def faults(data: bytes, kind: type = CompleteRequest) -> dict[str, str]:
    result = reading(kind)(data)
    assert isinstance(result, Unreadable)
    return {item.field: item.description for item in result.error.violations}


def test_a_good_request_is_read() -> None:
    request = CompleteRequest(agent="domain", messages=[Message(content="é")])
    assert reading(CompleteRequest)(request.SerializeToString()) == request


def test_every_text_that_is_not_utf8_is_named_by_its_path() -> None:
    message = field(2, b"ok" + LONE_SURROGATE)
    data = field(3, b"\xff") + field(5, field(2, b"fine")) + field(5, message)
    assert set(faults(data)) == {"agent", "messages[1].content"}


def test_a_text_in_a_map_is_named() -> None:
    assert set(faults(field(6, field(1, b"\xff")), CreatePlanRequest)) == {"models[0].key"}


def test_bytes_that_are_no_message_say_so() -> None:
    assert faults(b"\xff\xff\xff") == {"": "the request is not a valid protobuf message"}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    result = reading(CreatePlanRequest)(data)
    if isinstance(result, Unreadable):
        assert result.error.violations


@pytest.mark.parametrize("depth", [10, 50_000])
def test_deep_nesting_ends_in_a_refusal(depth: int) -> None:
    data = b"\xff"
    for _ in range(min(depth, 60)):
        data = field(1, data)
    assert faults(data * (depth // 60 + 1))
