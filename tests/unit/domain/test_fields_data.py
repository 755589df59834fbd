"""The fields' data: what ships is complete, and what is broken is named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from services.domain.catalogue_files import load_catalogue
from services.domain.fields import DATA_FOLDER, FieldDataError
from shared.context.profile import UNKNOWN_DOMAIN

SHIPPED = load_catalogue()
BUSINESS_FILE = "business.toml"
BUSINESS_TERMS = (
    "kpi", "key performance indicator", "roi", "return on investment", "stakeholder", "lead",
    "leads", "lead generation", "conversion rate", "brand awareness", "sales funnel", "upsell",
    "market segment", "business plan", "business model", "competitive advantage", "synergy",
)  # fmt: skip

ENTRY = """
[[field]]
slug = '{slug}'
label = '{label}'
aliases = ['{alias}', '{slug} two', '{slug} three']
descriptions = '''
Doing it
Doing it well
'''
goals = '''
One
Two
Three
Four
Five
'''
topics = '''
this, that
here, there
'''
vocabulary = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
"""
NOWHERE = "label = 'Unknown'\naliases = ['none', 'vague', 'unclear']\n[goals]\nen = 'Do it'\n"


def entry(slug: str, label: str = "", alias: str = "") -> str:
    return ENTRY.format(slug=slug, label=label or slug.title(), alias=alias or f"{slug} one")


def data(folder: Path, content: str | bytes, name: str = "sample.toml") -> Path:
    fields = folder / "fields"
    fields.mkdir(exist_ok=True)
    (folder / "unknown.toml").write_text(NOWHERE)
    raw = content.encode() if isinstance(content, str) else content
    (fields / name).write_bytes(raw)
    return folder


def test_enough_fields_ship_and_every_one_is_complete() -> None:
    known = [field for field in SHIPPED.fields if field.slug != UNKNOWN_DOMAIN]
    assert len(known) >= 110
    for field in known:
        assert len(field.goals) >= 5, field.slug
        assert len(field.descriptions) >= 2, field.slug
        assert len(field.vocabulary) >= 10, field.slug
        assert any(not goal.isascii() or len(goal.split()) > 1 for goal in field.goals)


def test_every_name_that_ships_leads_to_its_own_field() -> None:
    for field in SHIPPED.fields:
        for name in (field.slug, *field.names):
            assert SHIPPED.resolve(name) is field, name


def test_goals_without_a_field_are_one_pseudo_field_in_ten_languages() -> None:
    unknown = SHIPPED.fields[-1]
    assert unknown.slug == UNKNOWN_DOMAIN
    assert len(unknown.goals) >= 60
    assert not unknown.vocabulary
    with (DATA_FOLDER / "unknown.toml").open("rb") as file:
        assert len(tomllib.load(file)["goals"]) == 10


def test_words_of_business_stay_in_business() -> None:
    for path in (DATA_FOLDER / "fields").glob("*.toml"):
        if path.name == BUSINESS_FILE:
            continue
        with path.open("rb") as file:
            fields = tomllib.load(file)["field"]
        for field in fields:
            terms = {term.casefold() for term in field["vocabulary"]}
            assert not terms.intersection(BUSINESS_TERMS), field["slug"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("strength-training", "strength-training"),
        ("Strength Training", "strength-training"),
        ("strength_training", "strength-training"),
        ("  BODYBUILDING. ", "strength-training"),
        ("Baking & Pastry", "baking"),
        ("data—engineering", "data-engineering"),
        ("Ｃｏｏｋｉｎｇ", "cooking"),
        ("soccer", "football"),
        ("Unknown", "unknown"),
    ],
)
def test_a_name_is_found_whatever_its_case_and_separators(name: str, slug: str) -> None:
    field = SHIPPED.resolve(name)
    assert field is not None
    assert field.slug == slug


@pytest.mark.parametrize("name", ["", "   ", "-", "cooking and law", "cook", "x" * 10_000, "\x00"])
def test_a_name_of_no_field_is_none(name: str) -> None:
    assert SHIPPED.resolve(name) is None


def test_a_slug_is_looked_up_exactly() -> None:
    assert SHIPPED.field("cooking") is SHIPPED.resolve("cooking")
    assert SHIPPED.field("Cooking") is None


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[[field]\n", ["is not TOML"]),
        (b"slug = '\xff'", ["is not UTF-8 at byte 8"]),
        ("", ["must have [[field]] tables"]),
        ("title = 'x'\n" + entry("sample"), ["nothing else", "'title'"]),
        ("field = 'x'", ["must have [[field]] tables"]),
        ("field = [1]", ["field 1"]),
        (entry("sample") + entry("Other One"), ["field 2 (Other One)", "slug"]),
        (entry("sample").replace("label", "labels"), ["field 1 (sample)", "label", "labels"]),
        (entry("sample").replace("label = 'Sample'\n", ""), ["field 1 (sample)", "label"]),
        (entry("sample").replace("'Sample'", "' '"), ["field 1 (sample)", "label"]),
        (entry("sample").replace("Three\nFour\n", ""), ["field 1 (sample)", "goals"]),
        (entry("sample").replace("Four", "Two"), ["field 1 (sample)", "'Two' twice"]),
        (entry("sample").replace("'j'", "7"), ["field 1 (sample)", "vocabulary.9"]),
        (entry("sample").replace("Doing it well", "x" * 201), ["field 1 (sample)", "descript"]),
        (entry("one") + entry("one", "Other"), ["field one", "this slug"]),
        (entry("one") + entry("two", alias="ONE_one"), ["field two", "'ONE_one' is also one's"]),
        (entry("one") + entry("two", "Unclear"), ["unknown.toml", "is also two's"]),
    ],
)
def test_a_broken_file_is_named_with_the_entry_and_the_fault(
    tmp_path: Path, content: str | bytes, named: list[str]
) -> None:
    with pytest.raises(FieldDataError) as caught:
        load_catalogue(data(tmp_path, content))
    for part in ["sample.toml" if "unknown.toml" not in named else "unknown.toml", *named]:
        assert part in str(caught.value)


def test_two_files_may_not_share_a_slug(tmp_path: Path) -> None:
    data(tmp_path, entry("one"), "first.toml")
    data(tmp_path, entry("one", "Other", "other one"), "second.toml")
    with pytest.raises(FieldDataError, match=r"second\.toml: field one"):
        load_catalogue(tmp_path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FieldDataError, match=r"has no \.toml file"):
        load_catalogue(tmp_path)
    data(tmp_path, entry("one"))
    (tmp_path / "unknown.toml").unlink()
    with pytest.raises(FieldDataError, match=r"unknown\.toml: cannot be read"):
        load_catalogue(tmp_path)


WORDS = """
[one]
label = 'Eins'
aliases = ['Erstes']
goals = ['Etwas tun']
vocabulary = ['a', 'b', 'c', 'd', 'e']
"""


def more(folder: Path, name: str, content: str) -> Path:
    path = data(folder, entry("one")) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")
    return folder


def test_examples_and_words_are_added_to_their_fields(tmp_path: Path) -> None:
    more(tmp_path, "goals/en/any.tsv", "one\tDo the first\none\tDo it again\n")
    field = load_catalogue(more(tmp_path, "words/de.toml", WORDS)).field("one")
    assert field is not None
    assert field.examples == {"en": ("Do the first", "Do it again")}
    assert (field.words["de"].label, field.words["de"].goals) == ("Eins", ("Etwas tun",))


def test_a_name_in_another_language_leads_to_its_field(tmp_path: Path) -> None:
    catalogue = load_catalogue(more(tmp_path, "words/de.toml", WORDS))
    assert catalogue.resolve("erstes") is catalogue.field("one")


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("goals/en/a.tsv", "one Do it", ["a.tsv, line 1", "a slug, a tab and a goal"]),
        ("goals/en/a.tsv", "one\tx\ntwo\ty", ["a.tsv, line 2", "'two': there is no such field"]),
        ("goals/en/a.tsv", "one\tx\ty", ["a.tsv, line 1"]),
        ("words/de.toml", WORDS.replace("[one]", "[two]"), ["de.toml", "two", "no such field"]),
        ("words/de.toml", WORDS.replace("'e'", "'a'"), ["de.toml", "field one", "'a' twice"]),
        ("words/de.toml", WORDS.replace("label", "lable"), ["de.toml", "field one", "lable"]),
        ("words/de.toml", "one = ]", ["de.toml", "is not TOML", "line 1"]),
    ],
)
def test_a_fault_in_more_goals_or_words_is_told_with_its_place(
    tmp_path: Path, name: str, content: str, named: list[str]
) -> None:
    with pytest.raises(FieldDataError) as caught:
        load_catalogue(more(tmp_path, name, content))
    for part in named:
        assert part in str(caught.value)
