"""What the shortlist promises, on the real encoder and the data that ships."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from services.domain.shortlist import Shortlist

SMALL_TALK = (
    "Good morning, I hope that you had a nice weekend. I found you through a friend of mine who"
    " told me that you are very kind. I have never done anything like this, so please bear with"
    " me. "
)


def best(shortlist: Shortlist, goal: str) -> str:
    return shortlist.rank(goal, k=1)[0].slug


@pytest.mark.parametrize(
    ("goal", "slug"),
    [
        ("Create a bodybuilding training program", "strength-training"),
        ("Write a research paper about black holes and galaxies", "astronomy"),
        ("Grow potatoes and carrots in my back garden", "gardening"),
        ("Sue my employer for unpaid overtime", "employment-law"),
        ("Knit a woollen hat for the winter", "knitting"),
        ("Fly solo and get my private pilot licence", "aviation"),
        ("Fix a bug in our REST API", "backend-development"),
        ("Imparare a cucinare la pasta fresca", "cooking"),
        ("Criar galinhas e vender ovos no sítio", "livestock-farming"),
        ("Mejorar mi apertura de ajedrez", "chess"),
        ("Eine Steuererklärung für Selbstständige abgeben", "taxation"),
        ("Apprendre à jouer de la guitare", "music-performance"),
        ("Mijn hond leren zitten en blijven", "pet-care"),
        ("学习用陶轮做花瓶", "pottery"),
        ("フルートの練習をする", "music-performance"),
        ("تعلم لعب الشطرنج", "chess"),
    ],
)
def test_a_plain_goal_finds_its_field_in_any_of_ten_languages(
    shortlist: Shortlist, goal: str, slug: str
) -> None:
    assert best(shortlist, goal) == slug


@pytest.mark.parametrize(
    ("goal", "slug"),
    [
        ("practise lead guitar", "music-performance"),
        ("churn butter", "dairy-craft"),
        ("a barn conversion", "building-conversion"),
        ("inspect a gas pipeline", "pipelines"),
        ("launch a weather balloon", "meteorology"),
        ("language acquisition of toddlers", "child-development"),
    ],
)
def test_words_that_other_fields_use_do_not_mislead(
    shortlist: Shortlist, goal: str, slug: str
) -> None:
    assert best(shortlist, goal) == slug


@pytest.mark.parametrize(
    "goal",
    [
        "Help me do it better this time",
        "What we said last week, please",
        "Fammi questo favore",
        "Haz lo de siempre pero mejor",
        "Mach das einfach nochmal",
        "Fais pour le mieux",
        "Quero que isso funcione logo",
        "Kun je me daarmee helpen?",
        "请帮我完成它",
        "それをやってください",
        "افعل ذلك من أجلي",
        "",
        "?!",
    ],
)
def test_a_goal_without_a_field_is_vague(shortlist: Shortlist, goal: str) -> None:
    ranking = shortlist.rank(goal)
    assert ranking[0].slug == "unknown"


def test_a_goal_with_a_field_is_not_vague(shortlist: Shortlist) -> None:
    assert shortlist.rank("Bake a chocolate cake")[0].slug == "baking"


@pytest.mark.parametrize("goal", ["Bake a chocolate cake", "Do it", "Plan a trip to the mountains"])
def test_shares_are_probabilities_and_the_likeliest_comes_first(
    shortlist: Shortlist, goal: str
) -> None:
    everything = shortlist.rank(goal, k=1_000)
    shares = [candidate.share for candidate in everything]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert all(0 <= share <= 1 for share in shares)
    assert all(first >= second for first, second in pairwise(shares))
    assert len({candidate.slug for candidate in everything}) == len(everything)
    assert shortlist.rank(goal, k=3) == everything[:3]


def test_a_goal_between_two_fields_says_so_by_its_shares(shortlist: Shortlist) -> None:
    clear = shortlist.rank("Bake sourdough bread")[0].share
    between = shortlist.rank("A website with recipes for my bakery")[0].share
    assert clear > 0.9
    assert between < clear


def test_small_talk_around_a_goal_does_not_hide_it(shortlist: Shortlist) -> None:
    long = SMALL_TALK + "I want to learn to play the violin. " + "Thank you so much. " * 300
    assert "music-performance" in [item.slug for item in shortlist.rank(long, k=3)]


def test_a_long_goal_without_a_full_stop_is_read_from_its_beginning(shortlist: Shortlist) -> None:
    assert best(shortlist, "prune roses and plant tulips and " * 240) == "gardening"


def test_candidates_carry_labels_and_lead_to_their_fields(shortlist: Shortlist) -> None:
    first = shortlist.rank("Play better chess endgames")[0]
    field = shortlist.field(first.slug)
    assert field is not None
    assert first.label == field.label
    assert shortlist.resolve(first.label) is field


def test_threads_may_share_a_shortlist(shortlist: Shortlist) -> None:
    goals = ["Bake bread", "Sail to Corsica", "Train for a marathon", "Do it"] * 5
    alone = [shortlist.rank(goal) for goal in goals]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shortlist.rank, goals)) == alone
