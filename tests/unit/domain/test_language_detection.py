"""The language of short goals, and "und" where nobody could tell."""

from __future__ import annotations

import pytest

from services.domain.language import READ_CHARACTERS, detect
from shared.context.language import is_language_tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("Plan a garden for a rainy climate", "en"),
        ("Replace the roof of our farmhouse before winter", "en"),
        ("Organizzare una gita scolastica a Firenze", "it"),
        ("Preparare il pranzo della domenica", "it"),
        ("Organizar la biblioteca del pueblo", "es"),
        ("Quiero aprender a bailar tango", "es"),
        ("Den Garten winterfest machen", "de"),
        ("Eine Wanderung durch die Alpen planen", "de"),
        ("Repeindre la chambre des enfants", "fr"),
        ("Trouver un stage en boulangerie", "fr"),
        ("Organizar uma horta comunitária no bairro", "pt"),
        ("Quero aprender a tocar violão", "pt"),
        ("Een feest voor de buurt organiseren", "nl"),
        ("Leren schaatsen voor de winter", "nl"),
        ("制定一个健身计划", "zh"),
        ("学习Python编程语言", "zh"),
        ("健康的な朝食の献立を考える", "ja"),
        ("iPhoneアプリを作る", "ja"),
        ("تعلم السباحة في الصيف", "ar"),
        ("Zaplanować remont kuchni na wiosnę", "pl"),
        ("Составить план ремонта кухни", "ru"),
        ("Bahçede sebze yetiştirmek için plan yap", "tr"),
        ("Planera en resa till fjällen med barnen", "sv"),
        ("기타를 배우고 싶어요", "ko"),
        ("یادگیری گیتار در سه ماه", "fa"),
    ],
)
def test_a_short_goal_shows_its_language(text: str, tag: str) -> None:
    assert detect(text) == tag


@pytest.mark.parametrize(
    "text",
    ["", "   ", "?!", "12345", "10k", "VO2max", "x", "🙂🙂", "https://example.org/a/b", "a@b.org"],
)
def test_what_has_no_words_is_undetermined(text: str) -> None:
    assert detect(text) == "und"


def test_a_foreign_name_does_not_change_the_language() -> None:
    assert detect("Brew a Belgian dubbel with my brother in the garage") == "en"
    assert detect("Learn how to write 日本 and other names with a brush, step by step") == "en"


def test_line_breaks_capitals_and_broken_characters_do_no_harm() -> None:
    assert detect("EINE HOCHZEIT\nIM GARTEN\r\nPLANEN") == "de"
    assert detect("Plan a garden \ud800 for a rainy climate") == "en"
    assert detect("Plan a garden\x00 for a rainy climate") == "en"


def test_of_a_long_text_the_beginning_counts() -> None:
    start = "Plan a garden for a rainy climate. " * (READ_CHARACTERS // 30)
    assert detect(start + "Den Garten winterfest machen. " * 500) == "en"


@pytest.mark.parametrize("text", ["Plan a garden", "Den Garten planen", "制定计划", "?", "qq ww"])
def test_the_answer_is_always_a_well_formed_tag(text: str) -> None:
    assert is_language_tag(detect(text))
