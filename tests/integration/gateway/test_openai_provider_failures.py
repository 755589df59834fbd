"""What a caller hears when the provider says no: the right status, a reason, and no key."""

from __future__ import annotations

import email.utils
import time
import traceback

import pytest
import stub_openai as said
from stub_openai import Reply, StubOpenAI, error, in_json

from services.gateway.calls import Message, ProviderFailure, ProviderRequest, Role
from services.gateway.provider.openai_provider import OpenAIProvider
from shared.rpc.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
    to_status,
)

KEY = "sk-proj-Abc123456789DefGhi"
REQUEST = ProviderRequest((Message(Role.USER, "A strength plan."),), "gpt-0", temperature=0.3)


async def failure_of(reply: Reply, key: str = KEY) -> ProviderFailure:
    async with StubOpenAI(reply) as stub:
        provider = OpenAIProvider(key, stub.base_url)
        with pytest.raises(ProviderFailure) as caught:
            await provider.complete(REQUEST)
        await provider.close()
    assert len(stub.requests) == 1, "one call is one try"
    assert "\n" not in str(caught.value)
    return caught.value


DETAIL = {"detail": [{"loc": ["body", "seed"], "msg": "Input should be a valid integer"}]}
TABLE = {
    "too long, OpenAI": (said.TOO_LONG, InvalidArgument, "CONTEXT_LENGTH_EXCEEDED"),
    "too long, llama.cpp": (
        said.TOO_LONG_FOR_LLAMA_CPP,
        InvalidArgument,
        "CONTEXT_LENGTH_EXCEEDED",
    ),
    "400": (error(400), InvalidArgument, "PROVIDER_REJECTED_REQUEST"),
    "400 of a temperature": (
        said.TEMPERATURE_REFUSED,
        InvalidArgument,
        "PROVIDER_REJECTED_REQUEST",
    ),
    "401": (error(401, code="invalid_api_key"), FailedPrecondition, "PROVIDER_CREDENTIALS"),
    "402": (error(402, "Insufficient Balance"), ResourceExhausted, "PROVIDER_QUOTA"),
    "403": (error(403), FailedPrecondition, "PROVIDER_CREDENTIALS"),
    "403 of a model": (error(403, code="model_not_found"), NotFound, "MODEL_NOT_FOUND"),
    "404 of a model": (said.NO_SUCH_MODEL, NotFound, "MODEL_NOT_FOUND"),
    "404 of a model, Ollama": (error(404, 'model "gpt-0" not found'), NotFound, "MODEL_NOT_FOUND"),
    "404 of a path": (error(404, "File Not Found"), FailedPrecondition, "PROVIDER_ENDPOINT"),
    "404 of no API": (Reply(404, b"<html>model</html>"), FailedPrecondition, "PROVIDER_ENDPOINT"),
    "405": (Reply(405), FailedPrecondition, "PROVIDER_ENDPOINT"),
    "408": (error(408), Unavailable, "PROVIDER_UNAVAILABLE"),
    "409": (error(409), Unavailable, "PROVIDER_UNAVAILABLE"),
    "413": (Reply(413), InvalidArgument, "PROVIDER_REJECTED_REQUEST"),
    "418": (Reply(418), InvalidArgument, "PROVIDER_REJECTED_REQUEST"),
    "422": (in_json(DETAIL, 422), InvalidArgument, "PROVIDER_REJECTED_REQUEST"),
    "429": (error(429), ResourceExhausted, "PROVIDER_RATE_LIMITED"),
    "429 of a quota": (said.QUOTA, ResourceExhausted, "PROVIDER_QUOTA"),
    "500": (error(500), Unavailable, "PROVIDER_UNAVAILABLE"),
    "503": (Reply(503, b"busy"), Unavailable, "PROVIDER_UNAVAILABLE"),
}


@pytest.mark.parametrize("name", TABLE)
async def test_an_http_error_has_its_status_and_reason_and_what_is_certain_of_its_charge(name):
    reply, kind, reason = TABLE[name]
    failure = await failure_of(reply)
    assert type(failure.error) is kind
    assert failure.error.reason == reason
    assert failure.error.metadata["http_status"] == str(reply.status)
    # A refusal charges nothing; behind a time-out or a server's fault the model may have run.
    assert failure.charged is (None if reply.status in (408, 500, 503) else False)


@pytest.mark.parametrize("status", [502, 504, 520, 524])
async def test_what_a_proxy_says_after_it_lost_the_provider_may_have_been_charged(status):
    failure = await failure_of(Reply(status, b"<html>Bad gateway</html>"))
    assert failure.error.reason == "PROVIDER_UNAVAILABLE"
    assert failure.charged is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_prompt_is_never_sent_on_to_where_a_provider_redirects(status):
    async with StubOpenAI() as elsewhere:
        location = {"Location": f"{elsewhere.base_url}/chat/completions"}
        failure = await failure_of(Reply(status, headers=location))
        assert not elsewhere.requests
    assert failure.error.reason == "PROVIDER_BROKEN_ANSWER"


@pytest.mark.parametrize(
    ("reply", "field"),
    [
        (said.TEMPERATURE_REFUSED, "temperature"),
        (error(400, param="max_completion_tokens"), "max_output_tokens"),
        (error(400, param="max_tokens"), "max_output_tokens"),
        (error(400, param="stop"), "stop"),
        (error(400, param="seed"), "seed"),
        (error(400, param="model"), "model"),
        (error(400, param="response_format.json_schema.schema"), "response_schema"),
        (error(400, param="messages[3].content"), "messages[3].content"),
        (error(400, param="messages.[0].tool"), "messages"),
        (error(400, param="prompt", code="content_filter"), "messages"),
        (error(400, param="logit_bias\n"), "request"),
        (error(400, param={"odd": 1}), "request"),
        (Reply(413), "messages"),
        (said.TOO_LONG, "messages"),
        (in_json(DETAIL, 422), "seed"),
    ],
    ids=range(15),
)
async def test_a_refused_field_is_named_as_our_contract_names_it(reply, field):
    failure = await failure_of(reply)
    assert isinstance(failure.error, InvalidArgument)
    assert [violation.field for violation in failure.error.violations] == [field]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        ({"retry_after_ms": "soon", "retry_after": "9"}, 9.0),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "-3"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "1e99"}, 86_400.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Sun, 01 Jan 2023 00:00:00 GMT"}, None),
        ({"retry_after": "Sun, 99 Jan 99999 00:00:00 GMT"}, None),
        ({}, None),
    ],
    ids=str,
)
async def test_a_rate_limit_says_when_to_come_back(headers, seconds):
    failure = await failure_of(error(429, **headers))
    assert failure.error.retry_after == seconds
    assert to_status(failure.error).code == 8


async def test_a_rate_limit_until_a_moment_says_how_far_away_it_is():
    moment = email.utils.formatdate(time.time() + 90, usegmt=True)
    failure = await failure_of(error(429, retry_after=moment))
    assert 85 < failure.error.retry_after <= 90


async def test_no_wait_is_promised_to_heal_an_empty_account():
    failure = await failure_of(
        error(429, code="insufficient_quota", kind="insufficient_quota", retry_after="7")
    )
    assert failure.error.reason == "PROVIDER_QUOTA"
    assert failure.error.retry_after is None


async def test_the_providers_words_reach_the_caller():
    failure = await failure_of(said.TEMPERATURE_REFUSED)
    assert "'temperature' does not support 0.3 with this model" in failure.error.message
    failure = await failure_of(in_json(DETAIL, 422))
    assert "Input should be a valid integer" in failure.error.message
    failure = await failure_of(Reply(503, b"busy, come back later"))
    assert "busy, come back later" in failure.error.message


async def test_the_providers_words_are_one_short_line():
    failure = await failure_of(error(400, "one\r\ntwo\x1b[31m \u202e three " + "word " * 5_000))
    assert "one two [31m three word" in failure.error.message
    assert len(failure.error.message) < 400
    assert failure.error.message.isprintable()


async def test_a_page_of_html_is_not_quoted():
    failure = await failure_of(Reply(500, b"  <!doctype html><p>Oops</p>"))
    assert failure.error.message.endswith("fails (HTTP 500)")


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}. You can find it at the console.",
        f"Authorization: Bearer {KEY}",
        f"{'x' * 280} {KEY}",
        f"{' ' * 1_990}{KEY}",
        f"key={KEY}&x=1",
        "Incorrect API key provided: sk-proj-*************DefGhi.",
        "Received key ****************DefGhi",
        f"{KEY[:18]}...",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_the_key_is_never_quoted_even_when_the_provider_echoes_it(text, status):
    failure = await failure_of(error(status, text, code=KEY, x_request_id=KEY))
    shown = "".join(traceback.format_exception(failure)) + repr(to_status(failure.error))
    assert "sk-" not in shown
    assert KEY[8:14] not in shown
    assert "DefGhi" not in shown
    assert failure.__context__ is None


async def test_a_key_that_is_none_does_not_garble_what_is_quoted():
    failure = await failure_of(error(400, "temperature: e is not a number"), key="e")
    assert "temperature: [key] is not a number" in failure.error.message


async def test_the_providers_own_names_for_the_error_are_kept_for_programs():
    failure = await failure_of(error(429, code="rate_limit_exceeded", x_request_id="req_0a1B"))
    assert failure.error.metadata == {
        "http_status": "429",
        "provider_code": "rate_limit_exceeded",
        "provider_request_id": "req_0a1B",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"error": []}',
        b'{"error": {"message": 7, "type": [], "code": {}, "param": 3}}',
        b'{"detail": [7]}',
        b'{"detail": []}',
        b"\xff\xfe",
        b"",
    ],
)
async def test_an_error_that_makes_no_sense_is_still_an_error(body):
    failure = await failure_of(Reply(400, body, {"Content-Type": "application/json; charset=odd"}))
    assert failure.error.reason == "PROVIDER_REJECTED_REQUEST"
    assert failure.error.violations[0].field == "request"
