"""No body, however odd, gets past the reader as anything but an answer or BrokenAnswer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.calls import ProviderAnswer
from services.gateway.provider.openai_answers import BrokenAnswer, read_answer, read_usage

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
ODD = st.sampled_from(["x", "\ud800", "a\x00", ""]) | JSON
COUNTS = st.sampled_from([-1, 0, 1, 5, 10**12, 2.0, "3", True, None]) | JSON


@st.composite
def completions(draw):
    message = {"content": draw(ODD), "refusal": draw(st.none() | ODD)}
    choice = {"message": draw(st.just(message) | JSON), "finish_reason": draw(ODD)}
    return {
        "model": draw(ODD),
        "choices": draw(st.just([choice]) | JSON),
        "usage": draw(usages() | JSON),
    }


@st.composite
def usages(draw):
    return {
        "prompt_tokens": draw(COUNTS),
        "completion_tokens": draw(COUNTS),
        "prompt_tokens_details": draw(st.fixed_dictionaries({"cached_tokens": COUNTS}) | JSON),
        "completion_tokens_details": draw(
            st.fixed_dictionaries({"reasoning_tokens": COUNTS}) | JSON
        ),
    }


def read(body: bytes) -> ProviderAnswer | None:
    try:
        return read_answer(body, "asked-model")
    except BrokenAnswer as broken:
        assert str(broken).startswith("it")
        return None


@given(st.binary())
def test_bytes_that_are_no_completion_are_refused(body):
    assert read(body) is None


@given(completions())
def test_whatever_a_completion_holds_an_answer_can_be_stored_and_sent(completion):
    answer = read(json.dumps(completion).encode())
    if answer is not None:
        for text in (answer.text, answer.refusal, answer.model):
            assert "\x00" not in text
            text.encode("utf-8")
        assert answer.model
        assert not (answer.refusal and answer.text)


@given(usages())
def test_counts_are_possible_or_not_there(reported):
    usage = read_usage(reported)
    if usage is not None:
        assert 0 <= usage.cached_input_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_output_tokens <= usage.output_tokens
        assert 1 <= usage.input_tokens <= 100_000_000
        assert all(type(n) is int for n in (usage.input_tokens, usage.output_tokens))
