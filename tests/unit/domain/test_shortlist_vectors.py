"""The vectors' cache may be missing, old, broken or unwritable: ranking is the same."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from services.domain.field_vectors import Floats
from services.domain.field_words import FieldWords
from services.domain.fields import Field, FieldCatalogue, Words
from services.domain.shortlist import SENTENCES, WHOLE_CHARACTERS, Candidate, Shortlist

GOAL = "Something that you rank with the rest of the things"
GERMAN = "Etwas, das man mit den anderen Dingen in der Liste ordnet"
CACHE_FILES = ["english-en.bin", "multilingual-de.bin", "multilingual-en.bin"]


class SeededEncoder:
    """Vectors that depend on nothing but the text; remembers what it was given."""

    version = "1"
    dimensions = 64

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[list[str]] = []

    def encode(self, texts: list[str]) -> Floats:
        self.seen.append(texts)
        rows = [
            np.random.default_rng(zlib.crc32(text.encode())).normal(size=self.dimensions)
            for text in texts
        ]
        return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)

    @property
    def batches(self) -> int:
        """How often more than a goal or a language's few texts was embedded."""
        return sum(len(texts) > SENTENCES for texts in self.seen)


def field(slug: str, word: str = "") -> Field:
    return Field(
        slug=slug,
        label=slug.title(),
        aliases=(f"{slug} craft",),
        goals=(f"A {slug} goal", f"Another {slug} goal"),
        descriptions=(f"Doing {slug}",),
        topics=(f"{slug} things, {word or slug}",),
        vocabulary=(f"{slug} term",),
        examples={"en": (f"An example of {slug}",)},
        words={"de": Words(f"{slug}-de", (f"{slug}kunde",), (f"{slug}wort",), (f"{slug}ziel",))},
    )


def catalogue(*slugs: str) -> FieldCatalogue:
    unknown = Field(slug="unknown", label="Unknown", aliases=("none",), goals=("Do it", "That"))
    fields = (*(field(slug) for slug in slugs), unknown)
    return FieldCatalogue(fields, {item.slug: item for item in fields}, {})


def start(
    folder: Path | None, goal: str = GOAL, slugs: tuple[str, ...] = ("alpha", "beta")
) -> tuple[tuple[Candidate, ...], SeededEncoder]:
    """A ranking, and the encoder that sees every language."""
    encoder = SeededEncoder("multilingual")
    shortlist = Shortlist.load(
        folder,
        catalogue=catalogue(*slugs),
        multilingual=encoder,
        english=SeededEncoder("english"),
    )
    return shortlist.rank(goal), encoder


def test_the_second_start_reads_the_vectors_and_ranks_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    first, made = start(folder)
    second, read = start(folder)
    assert (made.batches, read.batches) == (1, 0)
    assert first == second == start(None)[0]
    assert sorted(path.name for path in folder.iterdir()) == CACHE_FILES


BREAKS = {
    "empty": lambda whole: b"",
    "shorter than a checksum": lambda whole: whole[:5],
    "cut off": lambda whole: whole[:-2],
    "one bit flipped": lambda whole: whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
    "too long": lambda whole: whole + b"\0\0",
}


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_cache_is_made_anew(tmp_path: Path, how: str) -> None:
    expected, _ = start(tmp_path)
    path = tmp_path / "multilingual-en.bin"
    whole = path.read_bytes()
    path.write_bytes(BREAKS[how](whole))
    ranking, encoder = start(tmp_path)
    assert encoder.batches == 1
    assert ranking == expected
    assert path.read_bytes() == whole


def test_vectors_of_other_texts_are_made_anew(tmp_path: Path) -> None:
    other = ("alpha", "gamma")
    start(tmp_path)
    assert start(tmp_path, slugs=other)[1].batches == 1
    assert start(tmp_path, slugs=other)[1].batches == 0


def test_a_folder_that_cannot_be_written_to_costs_only_time(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    ranking, encoder = start(in_the_way / "cache")
    assert encoder.batches == 1
    assert ranking == start(None)[0]


def test_a_cache_that_is_a_folder_is_left_alone(tmp_path: Path) -> None:
    for name in CACHE_FILES:
        (tmp_path / name / "inside").mkdir(parents=True)
    assert start(tmp_path)[0] == start(None)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == CACHE_FILES


def test_a_goal_that_is_an_example_of_a_field_is_of_that_field() -> None:
    for goal in ("An example of beta", "An example of alpha"):
        ranking, _ = start(None, goal=goal)
        assert ranking[0].slug == goal.rpartition(" ")[2]
        assert ranking[0].share > 0.9


def test_however_long_a_goal_is_a_bounded_part_is_embedded() -> None:
    encoder = SeededEncoder("multilingual")
    shortlist = Shortlist.load(
        None,
        catalogue=catalogue("alpha", "beta"),
        multilingual=encoder,
        english=SeededEncoder("english"),
    )
    for goal in ("word " * 1_600, "One. " * 1_600, "。" * 8_000, "x" * 8_000):
        shortlist.rank(goal)
        assert 1 <= len(encoder.seen[-1]) <= SENTENCES
        assert all(0 < len(text) <= WHOLE_CHARACTERS for text in encoder.seen[-1])


def test_a_word_that_one_field_has_speaks_for_it_alone() -> None:
    words = FieldWords([field("alpha", "escapement"), field("beta"), field("gamma")], "en")
    scores = words.score("Clean the Escapements")
    assert scores[0] > 0
    assert list(scores[1:]) == [0, 0]


def test_a_word_that_many_fields_have_says_less_than_a_rare_one() -> None:
    words = FieldWords(
        [field("alpha", "rare"), field("beta", "both"), field("gamma", "both")], "en"
    )
    assert words.score("both")[1] < words.score("rare")[0]
    assert not words.score("something else").any()


def test_in_german_a_compound_speaks_for_its_parts_too() -> None:
    fields = [field("alpha", "Solaranlage"), field("beta"), field("gamma")]
    assert FieldWords(fields, "de").score("die Anlage auf dem Dach")[0] > 0
    assert FieldWords(fields, "de").score("eine Großanlage")[0] > 0
    assert not FieldWords(fields, "nl").score("die Anlage auf dem Dach").any()
