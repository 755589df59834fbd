"""Token counts of the mock are plausible and always the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.calls import Message, Role
from services.gateway.pricing.tokens import PER_MESSAGE, count, count_prompt, cut

PARAGRAPH = (
    "The moon has no air of its own, so its days are hot and its nights are cold. People have"
    " walked there six times, brought back rocks and left mirrors that still send light home. "
)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        (PARAGRAPH * 3, 3.6, 4.8),
        (
            "月球没有自己的空气，所以白天很热，夜晚很冷。人们去过那里六次，带回了岩石。" * 3,
            0.9,
            1.3,
        ),
        ("القمر ليس له هواء خاص به، لذلك أيامه حارة ولياليه باردة." * 3, 1.5, 4.0),
        ('{"tasks": [{"id": "t1", "title": "Look at the moon", "depends_on": []}]}' * 3, 1.8, 4.0),
    ],
    ids=["english", "chinese", "arabic", "json"],
)
def test_characters_per_token_are_those_of_common_tokenizers(text, least, most):
    assert least <= len(text) / count(text) <= most


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.integers(0, 60))
def test_a_cut_text_has_as_many_tokens_as_it_was_cut_to(text, limit):
    part = cut(text, limit)
    assert text.startswith(part)
    assert count(part) <= limit
    if count(text) <= limit:
        assert part == text


@given(st.text(max_size=200))
def test_no_text_has_more_tokens_than_bytes(text):
    assert count(text) <= len(text.encode("utf-8", "surrogatepass"))


def test_a_prompt_counts_its_messages_and_its_schema():
    message = Message(Role.USER, PARAGRAPH)
    one = count_prompt((message,), None)
    assert one == count(PARAGRAPH) + PER_MESSAGE
    assert count_prompt((message, message), None) == 2 * one
    assert count_prompt((message,), {"type": "string"}) == one + count('{"type": "string"}')


def test_very_long_texts_are_counted_by_a_part_of_them():
    text = PARAGRAPH * 4_000
    assert abs(count(text) - 4_000 * count(PARAGRAPH)) < 0.05 * count(text)
