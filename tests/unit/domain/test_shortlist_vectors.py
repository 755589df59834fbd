"""The vectors' cache may be missing, old, broken or unwritable: ranking is the same."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from services.domain.field_vectors import CACHE_FILE, DIMENSIONS, Floats
from services.domain.field_words import FieldWords
from services.domain.fields import Field, FieldCatalogue
from services.domain.shortlist import SENTENCES, WHOLE_CHARACTERS, Ranking, Shortlist

GOAL = "Something to rank"


class SeededEncoder:
    """Vectors that depend on nothing but the text; remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[list[str]] = []

    def encode(self, texts: list[str]) -> Floats:
        self.seen.append(texts)
        rows = [
            np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIMENSIONS)
            for text in texts
        ]
        return np.stack([row / np.linalg.norm(row) for row in rows]).astype(np.float32)

    @property
    def batches(self) -> int:
        """How often more was embedded than one goal."""
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
    )


def catalogue(*slugs: str, digest: str = "one") -> FieldCatalogue:
    unknown = Field(slug="unknown", label="Unknown", aliases=("none",), goals=("Do it", "That"))
    fields = (*(field(slug) for slug in slugs), unknown)
    return FieldCatalogue(fields, digest, {item.slug: item for item in fields}, {})


def start(folder: Path | None, digest: str = "one") -> tuple[Ranking, SeededEncoder]:
    encoder = SeededEncoder()
    fields = catalogue("alpha", "beta", digest=digest)
    return Shortlist.load(folder, catalogue=fields, encoder=encoder).rank(GOAL), encoder


def test_the_second_start_reads_the_vectors_and_ranks_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    first, made = start(folder)
    second, read = start(folder)
    assert (made.batches, read.batches) == (1, 0)
    assert first == second == start(None)[0]
    assert [path.name for path in folder.iterdir()] == [CACHE_FILE]


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
    path = tmp_path / CACHE_FILE
    whole = path.read_bytes()
    path.write_bytes(BREAKS[how](whole))
    ranking, encoder = start(tmp_path)
    assert encoder.batches == 1
    assert ranking == expected
    assert path.read_bytes() == whole


def test_vectors_of_other_data_are_made_anew(tmp_path: Path) -> None:
    start(tmp_path, digest="one")
    assert start(tmp_path, digest="two")[1].batches == 1
    assert start(tmp_path, digest="two")[1].batches == 0


def test_a_folder_that_cannot_be_written_to_costs_only_time(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    ranking, encoder = start(in_the_way / "cache")
    assert encoder.batches == 1
    assert ranking == start(None)[0]


def test_a_cache_that_is_a_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / CACHE_FILE / "inside").mkdir(parents=True)
    assert start(tmp_path)[0] == start(None)[0]
    assert [path.name for path in tmp_path.iterdir()] == [CACHE_FILE]


def test_however_long_a_goal_is_a_bounded_part_is_embedded() -> None:
    encoder = SeededEncoder()
    shortlist = Shortlist.load(None, catalogue=catalogue("alpha", "beta"), encoder=encoder)
    for goal in ("word " * 1_600, "One. " * 1_600, "。" * 8_000, "x" * 8_000):
        shortlist.rank(goal)
        assert 1 <= len(encoder.seen[-1]) <= SENTENCES
        assert all(0 < len(text) <= WHOLE_CHARACTERS for text in encoder.seen[-1])


def test_a_word_that_one_field_has_speaks_for_it_alone() -> None:
    words = FieldWords([field("alpha", "escapement"), field("beta"), field("gamma")])
    scores = words.score("Clean the Escapements")
    assert scores[0] > 0
    assert list(scores[1:]) == [0, 0]


def test_a_word_that_many_fields_have_says_less_than_a_rare_one() -> None:
    words = FieldWords([field("alpha", "rare"), field("beta", "both"), field("gamma", "both")])
    assert words.score("both")[1] < words.score("rare")[0]
    assert not words.score("something else").any()
