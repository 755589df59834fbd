"""No prompt has more tokens than its bound, whoever counts them."""

from __future__ import annotations

import pytest
import quicktok
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.calls import FinishReason, Message, ProviderAnswer, ProviderRequest, Role
from services.gateway.pricing.prompt_bounds import MOST_PER_MESSAGE, PromptBounds
from services.gateway.pricing.tokens import count, estimate_usage

TEXT = "Squat, bench press and deadlift, three times a week, with a day of rest between. "
texts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=5)


def asking(model: str, *contents: str, **more: object) -> ProviderRequest:
    messages = tuple(Message(Role.USER, content) for content in contents)
    return ProviderRequest(messages, model, **more)


@given(texts)
def test_of_an_unknown_tokenizer_no_byte_is_two_tokens(contents: list[str]) -> None:
    given_bytes = sum(len(text.encode()) for text in contents)
    bound = PromptBounds("openai").most_input_tokens(asking("nobody-knows-me", *contents))
    assert bound == given_bytes + (len(contents) + 1) * MOST_PER_MESSAGE


@pytest.fixture(scope="module")
def loaded() -> PromptBounds:
    bounds = PromptBounds("openai")
    bounds.load("gpt-4o")
    bounds.load("gpt-4")
    return bounds


@pytest.mark.parametrize(
    "model", ["gpt-4o", "GPT-4.1-nano", "gpt-5-mini-2025-08-07", "o3", "o4-mini", "gpt-4-turbo"]
)
def test_a_known_tokenizer_makes_the_bound_several_times_tighter(
    model: str, loaded: PromptBounds
) -> None:
    tight = loaded.most_input_tokens(asking(model, TEXT * 10))
    loose = loaded.most_input_tokens(asking("nobody-knows-me", TEXT * 10))
    assert tight < loose / 3


@settings(max_examples=50)
@given(texts)
def test_a_known_tokenizers_own_count_is_within_the_bound(contents: list[str]) -> None:
    bounds = PromptBounds("openai")
    bounds.load("gpt-4o")
    tokenizer = quicktok.get_encoding("o200k_base")
    counted = sum(len(tokenizer.encode_ordinary(text)) for text in contents)
    assert counted < bounds.most_input_tokens(asking("gpt-4o", *contents))


def test_special_tokens_in_a_text_are_text(loaded: PromptBounds) -> None:
    assert loaded.most_input_tokens(asking("gpt-4o", "<|endoftext|>" * 100)) > 100


def test_a_model_of_that_name_elsewhere_may_have_another_tokenizer(loaded: PromptBounds) -> None:
    elsewhere = PromptBounds("openai_compatible")
    elsewhere.load("gpt-4o")
    request = asking("gpt-4o", TEXT)
    assert elsewhere.most_input_tokens(request) > loaded.most_input_tokens(request)


def test_a_schema_counts_by_its_bytes() -> None:
    bounds = PromptBounds("openai")
    without = bounds.most_input_tokens(asking("m", "hi"))
    schema = {"type": "string", "title": "\N{SNOWMAN}"}
    more = bounds.most_input_tokens(asking("m", "hi", response_schema=schema))
    assert more - without == len('{"type": "string", "title": "\N{SNOWMAN}"}'.encode())


@given(texts, st.integers(1, 50))
def test_no_estimate_is_above_the_bound(contents: list[str], limit: int) -> None:
    request = asking("m", *contents, max_output_tokens=limit)
    answer = ProviderAnswer(TEXT, "m", FinishReason.STOP, None)
    usage = estimate_usage(request, answer, 7)
    assert 0 < usage.input_tokens <= 7
    assert usage.output_tokens == min(limit, count(TEXT))
