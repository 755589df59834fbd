"""A call's request: every fault is named, every field arrives, equal bodies hash alike."""

from __future__ import annotations

import json

import pytest
from attune.gateway.v1 import gateway_pb2 as pb

from services.gateway.calls import Message, Role
from services.gateway.requests import MAX_SCHEMA_DEPTH, Models, read_request
from shared.rpc.errors import InvalidArgument

MODELS = Models("default-model", {"analyze_goal": "other-model"})
HELLO = pb.Message(role=pb.ROLE_USER, content="hello")


def faults(request: pb.CompleteRequest) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as raised:
        read_request(request, MODELS)
    return {item.field: item.description for item in raised.value.violations}


def test_every_field_arrives() -> None:
    request = pb.CompleteRequest(
        request_id="r", project_id="p", agent="analyst", purpose="analyze_goal",
        messages=[pb.Message(role=pb.ROLE_SYSTEM, content="be brief"), HELLO],
        temperature=0.0, max_output_tokens=5, seed=0, stop=["END"],
        response_schema='{"type": "object"}',
    )  # fmt: skip
    call = read_request(request, MODELS)
    asked = call.provider
    assert (call.request_id, call.project_id, call.agent) == ("r", "p", "analyst")
    assert asked.messages == (Message(Role.SYSTEM, "be brief"), Message(Role.USER, "hello"))
    assert (asked.temperature, asked.max_output_tokens, asked.seed) == (0.0, 5, 0)
    assert (asked.stop, asked.response_schema) == (("END",), {"type": "object"})
    assert asked.model == "other-model"


def test_what_is_not_set_is_none() -> None:
    asked = read_request(pb.CompleteRequest(messages=[HELLO]), MODELS).provider
    assert asked.model == "default-model"
    assert asked.temperature is asked.max_output_tokens is asked.seed is None
    assert asked.response_schema is None


def test_all_faults_are_named_at_once() -> None:
    found = faults(
        pb.CompleteRequest(
            request_id="x" * 201,
            agent="a\x00",
            messages=[pb.Message(content=" "), pb.Message(role=9, content="x")],  # type: ignore[arg-type]
            temperature=2.1,
            max_output_tokens=0,
            seed=-1,
            stop=["a", "b", "c", "d", ""],
            response_schema="{",
        )
    )
    assert set(found) == {
        "request_id", "agent", "messages[0].role", "messages[0].content", "messages[1].role",
        "temperature", "max_output_tokens", "seed", "stop", "stop[4]", "response_schema",
    }  # fmt: skip


def test_no_messages_is_a_fault() -> None:
    assert faults(pb.CompleteRequest()) == {"messages": "must not be empty"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("nope", "is not JSON"),
        ("[1]", "must be an object or a boolean"),
        ('{"a": NaN}', "is not JSON"),
        ('{"title": "\\ud800"}', "is not JSON"),
        ('{"type": "strin"}', "type: "),
        ('{"minimum": "x"}', "minimum: "),
        ('{"$ref": "#/$defs/missing"}', "is not a JSON Schema"),
        ('{"$ref": "https://example.com/schema"}', "is outside"),
        ('{"$schema": "https://example.com/meta"}', "is not known"),
        ('{"pattern": "("}', "pattern"),
        ('{"not":' * (MAX_SCHEMA_DEPTH + 1) + "{}" + "}" * (MAX_SCHEMA_DEPTH + 1), "levels deep"),
        ("[" * 100_000, "is not JSON"),
        ('"' + "x" * 200_000 + '"', "at most 200,000"),
    ],
)
def test_a_schema_that_is_none_is_refused_with_its_reason(schema: str, said: str) -> None:
    found = faults(pb.CompleteRequest(messages=[HELLO], response_schema=schema))
    assert list(found) == ["response_schema"]
    assert said in found["response_schema"]


@pytest.mark.parametrize(
    "schema",
    [True, {}, {"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"},
     {"$defs": {"n": {"properties": {"n": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"}],
)  # fmt: skip
def test_a_usable_schema_is_taken_as_it_is(schema: object) -> None:
    request = pb.CompleteRequest(messages=[HELLO], response_schema=json.dumps(schema))
    assert read_request(request, MODELS).provider.response_schema == schema


def test_bodies_hash_alike_exactly_when_the_model_is_asked_the_same() -> None:
    def hashed(**fields: object) -> str:
        return read_request(pb.CompleteRequest(messages=[HELLO], **fields), MODELS).body_hash

    same = hashed()
    assert hashed(request_id="other") == same
    assert hashed(project_id="other") == same
    assert len({same, hashed(seed=1), hashed(temperature=0), hashed(model="m")}) == 4


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ('{"const": 1e999}', "too large for JSON's readers"),
        (json.dumps({"allOf": [{"pattern": r"[\p{L}]{100}N"}] * 60}), "patterns"),
        ('{"patternProperties": {"((a{99}){99}){99}": true}}', "patterns"),
        ('{"pattern": "a{1,999999}"}', "patterns"),
    ],
)
def test_a_schema_that_would_hold_up_others_is_refused(schema: str, said: str) -> None:
    request = pb.CompleteRequest(
        messages=[pb.Message(role=pb.ROLE_USER, content="x")], response_schema=schema
    )
    assert said in faults(request)["response_schema"]


@pytest.mark.parametrize("pattern", ["^t[1-9][0-9]?$", "^.{1,2000}$", "[0-9]{4}-[0-9]{2}-[0-9]{2}"])
def test_a_usual_pattern_is_taken(pattern: str) -> None:
    schema = json.dumps({"type": "string", "pattern": pattern})
    request = pb.CompleteRequest(
        messages=[pb.Message(role=pb.ROLE_USER, content="x")], response_schema=schema
    )
    assert read_request(request, MODELS).provider.response_schema == json.loads(schema)


def test_a_request_of_a_million_faults_is_refused_with_some_of_them() -> None:
    request = pb.CompleteRequest(messages=[pb.Message()] * 100_000)
    assert len(faults(request)) <= 200
