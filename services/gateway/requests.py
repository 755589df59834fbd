"""Checks a CompleteRequest, every field of it, and turns it into values."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import jsonschema_rs
from attune.gateway.v1 import gateway_pb2 as pb
from pydantic_core import from_json

from services.gateway.calls import Message, ProviderRequest, Role
from shared.rpc.checks import MAX_NAME_CHARACTERS, RequestChecks

MAX_MESSAGES = 1_000
MAX_CONTENT_CHARACTERS = 1_000_000
MAX_SCHEMA_CHARACTERS = 200_000
MAX_SCHEMA_DEPTH = 64
MAX_OUTPUT_TOKENS = 1_000_000
MAX_STOPS = 4
MAX_STOP_CHARACTERS = 1_000

_ROLES = {
    pb.ROLE_SYSTEM: Role.SYSTEM,
    pb.ROLE_USER: Role.USER,
    pb.ROLE_ASSISTANT: Role.ASSISTANT,
}
MAX_PATTERN_WORK = 50_000
"""Characters of regular expressions with their repeats written out: a second, at worst."""
_REPEAT = re.compile(r"\{([0-9]{1,9})(?:,([0-9]{0,9}))?\}")
_DRAFTS = {
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A checked call: who asks for what, and what the provider will be asked."""

    request_id: str
    project_id: str
    agent: str
    purpose: str
    provider: ProviderRequest
    body_hash: str = ""
    """SHA-256 of all that the caller sent for the model; who asks and what for is not in it."""


@dataclass(frozen=True, slots=True)
class Models:
    """Which model is asked when the caller names none."""

    default: str
    by_purpose: Mapping[str, str]

    def of(self, purpose: str) -> str:
        """The model of a purpose."""
        return self.by_purpose.get(purpose, self.default)


def read_request(request: pb.CompleteRequest, models: Models, prefix: str = "") -> CallRequest:
    """The values of a request. Raises InvalidArgument naming every faulty field."""
    checks = RequestChecks()
    for name, most in (("request_id", 200), ("project_id", 200), ("agent", 100), ("purpose", 100)):
        checks.text(f"{prefix}{name}", getattr(request, name), most=most)
    checks.text(f"{prefix}model", request.model, most=MAX_NAME_CHARACTERS)
    _check_messages(request, checks, prefix)
    _check_numbers(request, checks, prefix)
    checks.count(f"{prefix}stop", request.stop, most=MAX_STOPS)
    for index, stop in enumerate(request.stop[:MAX_MESSAGES]):
        checks.text(f"{prefix}stop[{index}]", stop, most=MAX_STOP_CHARACTERS, required=True)
    schema = _read_schema(request.response_schema, checks, f"{prefix}response_schema")
    checks.done()
    provider = ProviderRequest(
        messages=tuple(Message(_ROLES[m.role], m.content) for m in request.messages),
        model=request.model or models.of(request.purpose),
        temperature=request.temperature if request.HasField("temperature") else None,
        max_output_tokens=(
            request.max_output_tokens if request.HasField("max_output_tokens") else None
        ),
        seed=request.seed if request.HasField("seed") else None,
        stop=tuple(request.stop),
        response_schema=schema,
    )
    key = _body_hash(provider, request.model)
    return CallRequest(
        request_id=request.request_id,
        project_id=request.project_id,
        agent=request.agent,
        purpose=request.purpose,
        provider=replace(provider, key=key),
        body_hash=key,
    )


def request_text(asked: ProviderRequest) -> str:
    """What a provider is asked, as JSON: all that is set, by our contract's names."""
    said: dict[str, Any] = {
        "model": asked.model,
        "messages": [{"role": m.role.value, "content": m.content} for m in asked.messages],
    }
    for name in ("temperature", "max_output_tokens", "seed", "stop", "response_schema"):
        value = getattr(asked, name)
        if value is not None and value != ():
            said[name] = value
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _body_hash(asked: ProviderRequest, model: str) -> str:
    """With the model as the caller named it, so that another default changes no body."""
    body = [
        [[message.role, message.content] for message in asked.messages],
        model,
        asked.temperature,
        asked.max_output_tokens,
        asked.seed,
        asked.stop,
        asked.response_schema,
    ]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _check_messages(request: pb.CompleteRequest, checks: RequestChecks, prefix: str) -> None:
    checks.count(f"{prefix}messages", request.messages, least=1, most=MAX_MESSAGES)
    for index, message in enumerate(request.messages[:MAX_MESSAGES]):
        field = f"{prefix}messages[{index}]"
        if message.role not in _ROLES:
            checks.fault(
                f"{field}.role", f"is {message.role}; use ROLE_SYSTEM, ROLE_USER or ROLE_ASSISTANT"
            )
        checks.text(f"{field}.content", message.content, most=MAX_CONTENT_CHARACTERS, required=True)


def _check_numbers(request: pb.CompleteRequest, checks: RequestChecks, prefix: str) -> None:
    if request.HasField("temperature"):
        checks.number(f"{prefix}temperature", request.temperature, least=0, most=2)
    if request.HasField("max_output_tokens"):
        checks.number(
            f"{prefix}max_output_tokens", request.max_output_tokens, least=1, most=MAX_OUTPUT_TOKENS
        )
    if request.HasField("seed"):
        checks.number(f"{prefix}seed", request.seed, least=0, most=2**63 - 1)


def _read_schema(text: str, checks: RequestChecks, field: str) -> Mapping[str, Any] | bool | None:
    if not text:
        return None
    checks.text(field, text, most=MAX_SCHEMA_CHARACTERS)
    if len(text) > MAX_SCHEMA_CHARACTERS:
        return None
    try:
        schema = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        checks.fault(field, f"is not JSON: {error}")
        return None
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        checks.fault(field, "is not a JSON Schema: it must be an object or a boolean")
    elif _depth(schema) > MAX_SCHEMA_DEPTH:
        checks.fault(field, f"is nested more than {MAX_SCHEMA_DEPTH} levels deep")
    elif any(isinstance(value, float) and not math.isfinite(value) for value in _values(schema)):
        checks.fault(field, "has a number that is too large for JSON's readers")
    elif _work_of_patterns(schema) > MAX_PATTERN_WORK:
        checks.fault(field, "has patterns that take too long to read: fewer, or smaller repeats")
    else:
        fault = _schema_fault(schema)
        if fault is None:
            return schema
        checks.fault(field, fault)
    return None


def _values(value: object) -> Iterator[object]:
    """Every value inside, itself included."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        yield inner
        if isinstance(inner, dict):
            waiting += inner.values()
        elif isinstance(inner, list):
            waiting += inner


def _work_of_patterns(schema: object) -> int:
    """About how much a validator has to build for all regular expressions, in characters.

    A counted repeat is built as often as it may occur, and so is one inside of another.
    """
    work = 0
    for inner in _values(schema):
        if not isinstance(inner, dict):
            continue
        by_name = inner.get("patternProperties")
        patterns = [inner.get("pattern"), *(by_name if isinstance(by_name, dict) else ())]
        for pattern in patterns:
            if isinstance(pattern, str):
                repeats = (max(1, int(most or least)) for least, most in _REPEAT.findall(pattern))
                work += min(MAX_PATTERN_WORK + 1, len(pattern) * math.prod(islice(repeats, 50)))
    return work


def _depth(value: object) -> int:
    """How deep objects and arrays nest."""
    deepest, open_values = 0, [(value, 1)]
    while open_values:
        inner, depth = open_values.pop()
        children = (
            inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
        )
        deepest = max(deepest, depth)
        open_values.extend((child, depth + 1) for child in children)
    return deepest


def _schema_fault(schema: dict[str, Any]) -> str | None:
    """Why a value is no usable JSON Schema. Nothing is fetched for a remote $ref."""
    draft = schema.get("$schema")
    if draft is not None and str(draft).rstrip("#") not in _DRAFTS:
        return f"$schema {str(draft)[:100]!r} is not known; use one of {', '.join(_DRAFTS)}"
    kind = _DRAFTS[str(draft).rstrip("#")] if draft else jsonschema_rs.Draft202012Validator
    try:
        kind(schema, retriever=_fetch_nothing)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        where = "/".join(str(step) for step in getattr(error, "instance_path", ()))
        said = getattr(error, "message", None) or str(error)
        return f"is not a JSON Schema: {f'{where}: ' if where else ''}{said[:300]}"
    return None


def _fetch_nothing(uri: str) -> Any:
    raise ValueError(f"a schema must hold all that it refers to, and {uri} is outside")
