"""A request that was not recorded is told by the recording that is nearest to it."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from cassette_calls import asked, cassette, failed, missed, recorded

from services.gateway.cassette.provider import CassetteProvider
from services.gateway.cassette.recordings import Recordings


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
