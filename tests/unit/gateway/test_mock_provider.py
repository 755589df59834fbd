"""The mock behaves as a provider does: repeatable, limited, stoppable, metered, slow if told."""

import asyncio
import json

import pytest
from mock_prompts import TASKS, ask, prompt, words

from services.gateway.calls import (
    FinishReason,
    Message,
    Provider,
    ProviderRequest,
    Role,
    ServedBy,
    UsageSource,
)
from services.gateway.mock import MockProvider
from services.gateway.pricing.tokens import count

GOAL = prompt(
    "Plan a wedding for 80 guests", "You plan.\nWords: vows, venue, ceremony, rings, music"
)


def test_it_is_a_provider_that_says_it_is_a_mock():
    provider: Provider = MockProvider()
    assert (provider.served_by, provider.name, provider.endpoint) == (ServedBy.MOCK, "mock", "")
    assert ask(GOAL).model == "m"


@pytest.mark.parametrize("schema", [None, TASKS])
@pytest.mark.parametrize("temperature", [None, 0.0, 0.8])
def test_the_same_seed_and_prompt_give_the_same_answer(schema, temperature):
    first = ask(GOAL, schema, temperature=temperature)
    assert ask(GOAL, schema, temperature=temperature) == first


def test_another_seed_of_the_provider_or_the_request_gives_another_answer():
    answers = {ask(GOAL, TASKS, seed=seed, temperature=0.8).text for seed in range(4)}
    requests = [ProviderRequest(GOAL, "m", 0.8, seed=n, response_schema=TASKS) for n in range(4)]
    answers |= {asyncio.run(MockProvider().complete(request)).text for request in requests}
    assert len(answers) == 8


def test_another_prompt_gives_another_answer():
    assert ask(prompt("Plan a funeral")).text != ask(prompt("Plan a wedding")).text


@pytest.mark.parametrize("schema", [None, TASKS])
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_an_answer_longer_than_its_limit_is_cut_there(schema, limit):
    whole = ask(GOAL, schema)
    cut = ask(GOAL, schema, max_output_tokens=limit)
    assert cut.finish_reason is FinishReason.LENGTH
    assert whole.text.startswith(cut.text)
    assert cut.usage.output_tokens == count(cut.text) == limit < whole.usage.output_tokens


def test_an_answer_within_its_limit_is_whole():
    whole = ask(GOAL, TASKS)
    same = ask(GOAL, TASKS, max_output_tokens=whole.usage.output_tokens)
    assert (same.text, same.finish_reason) == (whole.text, FinishReason.STOP)


def test_it_stops_in_front_of_the_first_stop_text():
    whole = ask(GOAL).text
    assert ask(GOAL, stop=("\n1. ", "no such text")).text == whole.partition("\n1. ")[0]
    early = ask(GOAL, stop=("\n2. ", "\n1. "))
    assert early.text == whole.partition("\n1. ")[0]
    assert early.finish_reason is FinishReason.STOP
    assert early.usage.output_tokens == count(early.text)


def test_a_limit_counts_before_a_stop_text_that_comes_later():
    cut = ask(GOAL, stop=("\n2. ",), max_output_tokens=3)
    assert cut.finish_reason is FinishReason.LENGTH


def test_usage_is_the_providers_and_grows_with_prompt_and_schema():
    short, long = (
        ask(prompt("Plan a wedding")),
        ask(prompt("Plan a wedding", "Use plain words. " * 50)),
    )
    with_schema = ask(prompt("Plan a wedding"), TASKS)
    assert short.usage.source is UsageSource.PROVIDER
    assert short.usage.input_tokens < with_schema.usage.input_tokens
    assert 180 < long.usage.input_tokens - short.usage.input_tokens < 260


def test_latency_passes_before_the_answer_and_can_be_cancelled():
    async def cancelled():
        request = ProviderRequest(GOAL, "m")
        waiting = asyncio.create_task(MockProvider(latency_seconds=60).complete(request))
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(cancelled())


def test_closing_it_frees_nothing_and_breaks_nothing():
    async def closed():
        provider = MockProvider()
        await provider.close()
        return await provider.complete(ProviderRequest(GOAL, "m"))

    assert asyncio.run(closed()).text


def test_without_a_schema_it_writes_prose_of_the_prompts_words():
    text = ask(GOAL).text
    assert 40 < len(text.split()) < 250
    assert {"wedding", "vows"} & words(text)


@pytest.mark.parametrize(
    ("request_in_words", "keys"),
    [
        ('Extract the field as JSON {"domain":..., "confidence":...}.', {"domain", "confidence"}),
        ('Answer with JSON only: {"title": "...", "steps": ["..."]}', {"title", "steps"}),
        ("Answer with one JSON object and nothing else.", {"answer"}),
        ('Reply as JSON of this form: {"title": <what>, "done": true}', {"title", "done"}),
    ],
)
def test_json_asked_for_in_words_is_answered_in_that_form(request_in_words, keys):
    found = json.loads(ask(prompt(f"{request_in_words}\nGoal: Plan a wedding")).text)
    assert set(found) == keys
    assert "wedding" in words(json.dumps(found))


def test_an_array_asked_for_in_words_is_an_array():
    asked = 'Split this goal into tasks as a JSON array of {"title", "description"}.'
    found = json.loads(ask(prompt(f"{asked}\nGoal: Plan a wedding")).text)
    assert [set(entry) for entry in found] == [{"title", "description"}] * len(found)
    assert len(found) >= 3


def test_a_goal_about_json_is_no_request_for_it():
    text = ask(prompt("Learn JSON")).text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_json_that_a_user_shows_is_no_request_for_json():
    text = ask(prompt('Explain this setting to me: {"colour": "green", "size": "7"}')).text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_a_schema_written_into_the_prompt_is_followed():
    written = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "parts": {"type": "array", "items": {"type": "string"}},
        },
    }
    asked = f"Answer with JSON of this schema: {json.dumps(written)}"
    found = json.loads(ask(prompt(f"{asked}\nGoal: Plan a wedding")).text)
    assert isinstance(found["parts"], list)


def test_a_conversation_of_a_thousand_messages_is_answered():
    many = tuple(Message(Role.USER, f"Plan the wedding of my aunt {n}") for n in range(1000))
    assert "wedding" in words(ask(many, TASKS).text)


@pytest.mark.parametrize(
    "hostile",
    ["{" * 50_000, "[" * 50_000, '[{"a":' * 10_000, "(" * 50_000, "a" + " " * 50_000, "- a: b,\n" * 9_000,
     '"' * 50_000, "answer " * 9_000, "\n" * 50_000, "的" * 50_000, "l'" * 20_000],
    ids=["braces", "brackets", "json", "parentheses", "spaces", "bullets", "quotes", "answers", "lines",
         "han", "elisions"],
)  # fmt: skip
def test_a_prompt_made_to_be_slow_is_answered(hostile):
    assert ask(prompt(hostile), TASKS).finish_reason is FinishReason.STOP


async def test_a_form_of_bars_alone_is_still_answered() -> None:
    message = Message(Role.USER, 'Bake bread. Return JSON: {"status": "|", "x": "a|a"}')
    answer = await MockProvider().complete(ProviderRequest((message,), "m"))
    assert answer.text
