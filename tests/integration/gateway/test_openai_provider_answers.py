"""Whatever a provider answers with a 200 becomes a value, or is refused as broken."""

from __future__ import annotations

import pytest
import stub_openai as said
from stub_openai import USAGE, Reply, StubOpenAI, completion, in_json

from services.gateway.calls import (
    FinishReason,
    Message,
    ProviderAnswer,
    ProviderFailure,
    ProviderRequest,
    Role,
    Usage,
)
from services.gateway.provider.openai_provider import OpenAIProvider

REQUEST = ProviderRequest((Message(Role.USER, "A strength plan, please."),), "gpt-5-mini")


async def answer_to(reply: Reply) -> ProviderAnswer:
    async with StubOpenAI(reply) as stub:
        provider = OpenAIProvider("sk-test-key-000000", stub.base_url)
        try:
            return await provider.complete(REQUEST)
        finally:
            await provider.close()


async def test_an_answer_comes_back_whole():
    assert await answer_to(completion()) == ProviderAnswer(
        text="Squat, press, pull.",
        model="gpt-5-mini-2025-08-07",
        finish_reason=FinishReason.STOP,
        usage=Usage(21, 5, cached_input_tokens=8, reasoning_output_tokens=2),
    )


async def test_a_refusal_is_an_answer():
    answer = await answer_to(said.REFUSAL)
    assert (answer.text, answer.refusal) == ("", "I can't help with that.")
    assert answer.finish_reason is FinishReason.REFUSAL


@pytest.mark.parametrize(
    ("reply", "reason", "text"),
    [
        (said.CUT_AT_LIMIT, FinishReason.LENGTH, "Squat, pre"),
        (said.FILTERED, FinishReason.CONTENT_FILTER, ""),
        (completion(None, finish_reason="tool_calls"), FinishReason.OTHER, ""),
        (completion(finish_reason="eos_token"), FinishReason.OTHER, "Squat, press, pull."),
        (completion(finish_reason=None), FinishReason.UNKNOWN, "Squat, press, pull."),
        (completion(finish_reason={"odd": 1}), FinishReason.OTHER, "Squat, press, pull."),
    ],
    ids=["length", "filter", "tools", "unknown word", "missing", "no text"],
)
async def test_however_it_ended_what_was_said_is_kept(reply, reason, text):
    answer = await answer_to(reply)
    assert (answer.finish_reason, answer.text) == (reason, text)


async def test_a_filtered_answer_without_any_content_is_an_answer():
    choice = {"index": 0, "message": {"role": "assistant"}, "finish_reason": "content_filter"}
    answer = await answer_to(in_json({"choices": [choice]}))
    assert (answer.text, answer.finish_reason) == ("", FinishReason.CONTENT_FILTER)


async def test_without_counts_the_usage_is_not_invented():
    assert (await answer_to(completion(usage=None))).usage is None


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt_tokens": -1},
        {"prompt_tokens": 0},
        {"prompt_tokens": "21"},
        {"prompt_tokens": 21.0},
        {"prompt_tokens": True},
        {"prompt_tokens": None},
        {"completion_tokens": 0},
        {"completion_tokens": 10**12},
        {"completion_tokens": None},
        {"prompt_tokens_details": {"cached_tokens": 22}},
        {"prompt_tokens_details": {"cached_tokens": -1}},
        {"prompt_tokens_details": [8]},
        {"completion_tokens_details": {"reasoning_tokens": 6}},
        {"completion_tokens_details": {"reasoning_tokens": 0.5}},
    ],
    ids=str,
)
async def test_counts_that_cannot_be_true_are_taken_as_not_reported(changed):
    assert (await answer_to(completion(usage={**USAGE, **changed}))).usage is None


async def test_counts_without_details_are_taken_as_they_are():
    usage = {"prompt_tokens": 21, "completion_tokens": 5, "prompt_tokens_details": None}
    assert (await answer_to(completion(usage=usage))).usage == Usage(21, 5)


async def test_text_that_a_database_could_not_store_is_made_storable():
    reply = Reply(body=completion("a\x00b MARK c").body.replace(b"MARK", rb"\ud83d"))
    assert (
        await answer_to(reply)
    ).text == "a\N{REPLACEMENT CHARACTER}b \N{REPLACEMENT CHARACTER} c"


async def test_a_character_that_json_writes_as_two_halves_stays_whole():
    assert (await answer_to(completion("💪🏽"))).text == "💪🏽"


@pytest.mark.parametrize("model", [None, 7, "", "x" * 201, "gpt\n5"])
async def test_a_model_name_that_is_none_is_that_of_the_request(model):
    assert (await answer_to(completion(model=model))).model == "gpt-5-mini"


BROKEN = {
    "half JSON": said.BROKEN_JSON,
    "HTML": said.HTML,
    "an empty object": said.EMPTY_OBJECT,
    "no choices": said.NO_CHOICES,
    "a list": in_json([]),
    "choices are no list": in_json({"choices": {"0": 1}}),
    "a choice without message": in_json({"choices": [{}]}),
    "an empty message": in_json({"choices": [{"message": {}}]}),
    "a choice that is null": in_json({"choices": [None]}),
    "content is a list": completion(["a list"]),
    "content is a number": completion(7),
    "refusal is a number": completion(refusal=7),
    "no body": Reply(),
    "no content": Reply(204),
    "nested without end": Reply(body=b"[" * 1_000_000),
    "a huge number": Reply(body=b'{"choices": ' + b"9" * 5_000 + b"}"),
    "no known encoding": Reply(body=b"\xff\xfe{"),
    "packed": Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_an_answer_that_cannot_be_read_is_a_failure_that_may_have_been_charged(name):
    with pytest.raises(ProviderFailure) as caught:
        await answer_to(BROKEN[name])
    assert caught.value.error.reason == "PROVIDER_BROKEN_ANSWER"
    assert caught.value.charged is None
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 500])
async def test_a_body_larger_than_any_answer_is_not_read_to_its_end(status):
    with pytest.raises(ProviderFailure, match="larger than 32,000,000 bytes") as caught:
        await answer_to(said.gigantic(60_000_000, status))
    assert caught.value.error.reason == "PROVIDER_BROKEN_ANSWER"


async def test_after_a_broken_answer_the_next_call_works():
    async with StubOpenAI(said.gigantic(33_000_000), said.BROKEN_JSON, completion()) as stub:
        provider = OpenAIProvider("sk-test-key-000000", stub.base_url)
        for _ in range(2):
            with pytest.raises(ProviderFailure):
                await provider.complete(REQUEST)
        assert (await provider.complete(REQUEST)).text == "Squat, press, pull."
        await provider.close()
