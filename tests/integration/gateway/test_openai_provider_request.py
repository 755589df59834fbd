"""What of a call reaches the provider: all of it, under the names that the server knows."""

from __future__ import annotations

import pytest
from stub_openai import StubOpenAI

from services.gateway.calls import (
    Message,
    Provider,
    ProviderFailure,
    ProviderRequest,
    Role,
    ServedBy,
)
from services.gateway.provider.openai_provider import OpenAIProvider
from shared.rpc.errors import InvalidArgument

KEY = "sk-proj-Abc123456789DefGhi"
MESSAGES = (
    Message(Role.SYSTEM, "Du bist Schreiner."),
    Message(Role.USER, "Ein Tisch aus Eiche, bitte 🪵"),
    Message(Role.ASSISTANT, "Welche Maße?"),
    Message(Role.USER, "80 × 160"),
)
CLOSED = {
    "type": "object",
    "properties": {"steps": {"type": "array", "items": {"type": "string"}}},
    "required": ["steps"],
    "additionalProperties": False,
}


async def sent(request: ProviderRequest, **options):
    async with StubOpenAI() as stub:
        provider: Provider = OpenAIProvider(KEY, stub.base_url, **options)
        try:
            await provider.complete(request)
        finally:
            await provider.close()
    (recorded,) = stub.requests
    return recorded


async def test_a_bare_call_sends_the_messages_and_nothing_that_was_not_set():
    recorded = await sent(ProviderRequest(MESSAGES, "gpt-5-mini"))
    assert (recorded.method, recorded.path) == ("POST", "/v1/chat/completions")
    assert recorded.json == {
        "model": "gpt-5-mini",
        "messages": [
            {"role": "system", "content": "Du bist Schreiner."},
            {"role": "user", "content": "Ein Tisch aus Eiche, bitte 🪵"},
            {"role": "assistant", "content": "Welche Maße?"},
            {"role": "user", "content": "80 × 160"},
        ],
    }
    assert recorded.headers["authorization"] == f"Bearer {KEY}"
    assert recorded.headers["accept-encoding"] == "identity"


async def test_every_parameter_of_a_call_is_sent():
    request = ProviderRequest(
        MESSAGES,
        "gpt-5-mini",
        temperature=0.0,
        max_output_tokens=700,
        seed=0,
        stop=("END", "\n\n"),
        response_schema=CLOSED,
    )
    body = (await sent(request)).json
    assert body.pop("model") == "gpt-5-mini"
    assert len(body.pop("messages")) == 4
    assert body == {
        "temperature": 0.0,
        "max_tokens": 700,
        "seed": 0,
        "stop": ["END", "\n\n"],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": CLOSED, "strict": True},
        },
    }


async def test_a_schema_outside_of_strict_mode_is_sent_as_it_is_and_not_strict():
    schema = {"type": "array", "items": {"type": "string", "minLength": 1}}
    body = (await sent(ProviderRequest(MESSAGES, "m", response_schema=schema))).json
    assert body["response_format"]["json_schema"] == {
        "name": "answer",
        "schema": schema,
        "strict": False,
    }


@pytest.mark.parametrize("schema", [True, False])
async def test_a_boolean_schema_is_refused_before_anything_is_sent(schema):
    async with StubOpenAI() as stub:
        provider = OpenAIProvider(KEY, stub.base_url)
        with pytest.raises(ProviderFailure) as caught:
            await provider.complete(ProviderRequest(MESSAGES, "m", response_schema=schema))
        await provider.close()
    assert isinstance(caught.value.error, InvalidArgument)
    assert caught.value.error.violations[0].field == "response_schema"
    assert caught.value.charged is False
    assert not stub.requests


async def test_the_operators_reasoning_effort_is_sent_with_every_call():
    body = (await sent(ProviderRequest(MESSAGES, "m"), reasoning_effort="none")).json
    assert body["reasoning_effort"] == "none"


@pytest.mark.parametrize(
    ("base_url", "name", "limit"),
    [
        (None, "openai", "max_completion_tokens"),
        ("https://eu.api.openai.com/v1", "openai", "max_completion_tokens"),
        (
            "https://mine.openai.azure.com/openai/v1/",
            "azure.ai.openai",
            "max_completion_tokens",
        ),
        ("https://api.groq.com/openai/v1", "groq", "max_tokens"),
        ("http://127.0.0.1:8080/v1", "openai_compatible", "max_tokens"),
        ("https://api.openai.com.example.org/v1", "openai_compatible", "max_tokens"),
    ],
)
async def test_the_output_limit_has_the_name_that_the_server_knows(base_url, name, limit):
    provider = OpenAIProvider(KEY, base_url)
    body = provider._body(ProviderRequest(MESSAGES, "m", max_output_tokens=9))
    await provider.close()
    assert provider.name == name
    assert {key: body[key] for key in body if "tokens" in key} == {limit: 9}


@pytest.mark.parametrize(
    ("base_url", "endpoint"),
    [
        (None, "api.openai.com"),
        ("https://Models.Example:8443/path/v1?version=3", "models.example:8443"),
        ("http://[::1]:9000/v1", "[::1]:9000"),
    ],
)
async def test_the_endpoint_is_host_and_port_and_nothing_else(base_url, endpoint):
    provider = OpenAIProvider(KEY, base_url)
    await provider.close()
    assert provider.endpoint == endpoint
    assert provider.served_by is ServedBy.REAL


async def test_the_base_url_of_the_environment_is_not_taken_behind_our_back(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example/v1")
    provider = OpenAIProvider(KEY)
    await provider.close()
    assert provider._client.base_url.host == "api.openai.com"


@pytest.mark.parametrize("key", ["", "sk-abc\n", "sk abc", "sk-ä", "sk-\x00"])
def test_a_key_that_no_header_takes_is_refused_without_showing_it(key):
    with pytest.raises(ValueError, match="the API key") as caught:
        OpenAIProvider(key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "localhost:8080/v1",
        "ftp://host/v1",
        "http:///v1",
        "https://user:pa55word@host/v1",
        "http://h:x",
    ],
)
def test_a_base_url_that_cannot_work_is_refused_without_its_password(base_url):
    with pytest.raises(ValueError, match="base URL") as caught:
        OpenAIProvider(KEY, base_url)
    assert "pa55word" not in str(caught.value)


async def test_the_key_is_not_in_the_providers_repr():
    provider = OpenAIProvider(KEY)
    await provider.close()
    assert repr(provider) == "OpenAIProvider(name='openai', endpoint='api.openai.com')"
    assert KEY not in repr(vars(provider))
