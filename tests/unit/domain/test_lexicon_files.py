"""A lexicon file that is wrong stops the start with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.domain.catalogue_files import load_catalogue
from services.domain.fields import DATA_FOLDER
from services.domain.leakage.lexicon import LexiconError, by_field, load_lexicons
from services.domain.leakage.neighbours import Neighbours, load_neighbours
from services.domain.leakage.subjects import load_subjects

HEAD = "field,term,needs,home\n"
SLUGS = {"marketing", "sales", "baking"}


def load(folder: Path, content: str | bytes, name: str = "en/one.csv") -> dict:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_lexicons(folder, SLUGS)


def test_rows_become_terms(tmp_path: Path) -> None:
    (term,) = load(tmp_path, f'{HEAD}sales,Lead,"Generat*|sign-up",baking\n')["en"]
    assert (term.text, term.words, term.unmistakable) == ("Lead", ("Lead",), False)
    assert term.senses[0].needs == ("generat*", "sign up")
    assert (term.fields, term.home) == ({"sales"}, {"baking"})


def test_a_term_of_two_fields_is_at_home_in_both(tmp_path: Path) -> None:
    load(tmp_path, f"{HEAD}sales,lead,generat*,\n")
    (term,) = load(tmp_path, f"{HEAD}marketing,Lead,,\n", "en/two.csv")["en"]
    assert [sense.field for sense in term.senses] == ["sales", "marketing"]
    assert term.fields == {"sales", "marketing"}
    assert term.unmistakable
    assert by_field([term]) == {"sales": [term], "marketing": [term]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "line 1: must be field,term,needs,home"),
        ("field;term\n", "line 1: must be field,term,needs,home"),
        (f"{HEAD}sales,lead,\n", "line 2: has 3 columns instead of 4"),
        (f"{HEAD}sales,lead,,\nmagic,wand,,tricks\n", "line 3: 'magic' is no field; 'tricks' is"),
        (f"{HEAD}sales,,,\n", "line 2: the term '' must have 1 to 6 words"),
        (f"{HEAD}sales,a b c d e f g,,\n", "line 2: the term 'a b c d e f g' must"),
        (f"{HEAD}sales,lead,*|x,\n", "line 2: the needs '*|x' must be words"),
        (f"{HEAD}sales,lead,,\nsales,LEAD s,,\nsales,Lead,,\n", "line 4: 'Lead' stands for sales"),
        (f'{HEAD}sales,"lead"x,,\n', "line 2: is not CSV"),
        (f"{HEAD}sales,caf".encode() + b"\xe9,,\n", "line 2: is not UTF-8"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(LexiconError) as raised:
        load(tmp_path, content)
    assert "one.csv" in str(raised.value)
    assert told in str(raised.value)


def test_neighbours_are_of_one_group_and_do_not_chain() -> None:
    near = Neighbours([("a", "b"), ("b", "c")])
    assert near.of("a") == {"a", "b"}
    assert near.of("b") == {"a", "b", "c"}
    assert near.of("z") == {"z"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("one = ]", "line 1"),
        ("one = ['magic']", "group one: magic: no such field"),
        ("one = 1", "one"),
    ],
)
def test_a_broken_file_of_neighbours_is_told(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "neighbours.toml"
    path.write_text(content)
    with pytest.raises(LexiconError, match=told):
        load_neighbours(path, SLUGS)


def test_the_lexicons_cover_twenty_fields_in_five_languages_business_the_deepest() -> None:
    slugs = {field.slug for field in load_catalogue().fields}
    lexicons = load_lexicons(DATA_FOLDER / "lexicons", slugs)
    assert {"en", "de", "fr", "es", "it"} <= lexicons.keys()
    for terms in lexicons.values():
        sizes = {field: len(own) for field, own in by_field(terms).items()}
        assert sum(size >= 15 for size in sizes.values()) >= 20
        assert max(sizes, key=sizes.__getitem__) == "marketing"
    assert (DATA_FOLDER / "lexicons" / "SOURCES.md").is_file()


SUBJECT = """
[[subject]]
field = 'sales'
[subject.signs]
en = ['company', 'product line']
"""


def test_the_signs_of_a_subject_are_found_in_a_goal(tmp_path: Path) -> None:
    path = tmp_path / "subjects.toml"
    path.write_text(SUBJECT)
    matcher = load_subjects(path, SLUGS)["en"]
    assert [match.sense.field for match in matcher.matches("Start companies")] == ["sales"]
    assert not list(matcher.matches("Accompany a line of products"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("x = ]", "line 1"),
        (SUBJECT.replace("sales", "magic"), "magic: no such field"),
        (SUBJECT.replace("signs", "sings"), "sings"),
        (SUBJECT.replace("product line", "--"), "sales: the sign '--' has no word in it"),
    ],
)
def test_a_broken_file_of_subjects_is_told(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "subjects.toml"
    path.write_text(content)
    with pytest.raises(LexiconError, match=told):
        load_subjects(path, SLUGS)
