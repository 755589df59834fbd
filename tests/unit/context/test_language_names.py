"""Tags that callers send, and what prompts call the languages."""

import pytest

from shared.context.language import is_language_tag, language_name


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant", "zh-Hant-TW", "gsw", "es-419", "de-x-a"])
def test_well_formed_tags_pass(tag: str) -> None:
    assert is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "english",
        "english language",
        "en_US",
        "en-",
        "-en",
        "12",
        "en-US-",
        "a" * 61,
        "d\x00e",
    ],
)
def test_malformed_tags_do_not(tag: str) -> None:
    assert not is_language_tag(tag)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("de", "German"),
        ("DE", "German"),
        ("pt-BR", "Portuguese (BR)"),
        ("zh-Hant-TW", "Chinese (traditional, TW)"),
        ("tlh", "tlh"),
        ("und", ""),
        ("", ""),
    ],
)
def test_prompts_call_a_language_by_its_english_name(tag: str, name: str) -> None:
    assert language_name(tag) == name
