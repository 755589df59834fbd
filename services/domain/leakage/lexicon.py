"""The lexicons: which terms are whose, kept as CSV files that anyone can extend.

    lexicons/LANGUAGE/*.csv     field,term,needs,home

    field   the slug of the field whose term it is
    term    its base form; a word in capitals (ROI) is met in capitals only
    needs   empty: foreign in any other field, whatever the sentence. Else words ("|"
            between them, "*" at the end for any ending) of which one must stand in the same
            sentence: Yarowsky 1993, "One sense per collocation"
    home    slugs of more fields in which the term is at home, in whatever sense

Rows of a field stand in the order in which a model is likely to let them slip. A term may
have a row in several files, for several fields: it is then at home in all of them.
Where the terms were checked is in lexicons/SOURCES.md.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from services.domain.leakage.words import Token, tokens

LEXICONS_FOLDER = "lexicons"
COLUMNS = ["field", "term", "needs", "home"]
MAX_TERM_WORDS = 6


class LexiconError(Exception):
    """A lexicon file is wrong; the message names the file, the line and the fault."""


@dataclass(frozen=True, slots=True)
class Sense:
    """A term as one field uses it. needs: words, "*" at the end for any ending."""

    field: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a lexicon.

    words: its words as written. home: more fields in which it is no stranger, besides those
    of its senses.
    """

    text: str
    words: tuple[str, ...]
    senses: tuple[Sense, ...]
    home: frozenset[str]

    @property
    def fields(self) -> frozenset[str]:
        """The fields whose term it is."""
        return frozenset(sense.field for sense in self.senses)

    @property
    def unmistakable(self) -> bool:
        """Whether it is foreign in any sentence."""
        return any(not sense.needs for sense in self.senses)


@dataclass(frozen=True, slots=True)
class _Row:
    term: str
    words: tuple[Token, ...]
    sense: Sense
    home: frozenset[str]
    place: str


def load_lexicons(folder: Path, slugs: Collection[str]) -> dict[str, tuple[Term, ...]]:
    """The terms of every language, by its primary tag, in the order of the files.

    slugs: the fields that there are. Raises LexiconError.
    """
    return {
        language.name: _merged(
            row for path in sorted(language.glob("*.csv")) for row in _rows(path, slugs)
        )
        for language in sorted(folder.iterdir())
        if language.is_dir()
    }


def _rows(path: Path, slugs: Collection[str]) -> Iterator[_Row]:
    try:
        content = unicodedata.normalize("NFC", path.read_bytes().decode("utf-8"))
        reader = csv.reader(StringIO(content, newline=""), strict=True)
        if next(reader, None) != COLUMNS:
            raise LexiconError(f"{path}, line 1: must be {','.join(COLUMNS)}")
        for cells in reader:
            yield _row(cells, f"{path}, line {reader.line_num}", slugs)
    except csv.Error as error:
        raise LexiconError(f"{path}, line {reader.line_num}: is not CSV: {error}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise LexiconError(f"{path}, line {line}: is not UTF-8") from error
    except OSError as error:
        raise LexiconError(f"{path}: cannot be read: {error.strerror}") from error


def _row(cells: list[str], place: str, slugs: Collection[str]) -> _Row:
    if len(cells) != len(COLUMNS):
        raise LexiconError(f"{place}: has {len(cells)} columns instead of {len(COLUMNS)}")
    field, term, needs, home = map(str.strip, cells)
    sense = Sense(field, tuple(map(_need, _parts(needs))))
    homes, words = frozenset(_parts(home)), tuple(tokens(term))
    faults = [f"{slug!r} is no field" for slug in sorted({field, *homes}.difference(slugs))]
    if not 1 <= len(words) <= MAX_TERM_WORDS:
        faults.append(f"the term {term!r} must have 1 to {MAX_TERM_WORDS} words")
    if "" in sense.needs or "*" in sense.needs:
        faults.append(f"the needs {needs!r} must be words")
    if faults:
        raise LexiconError(f"{place}: {'; '.join(faults)}")
    return _Row(term, words, sense, homes, place)


def _need(text: str) -> str:
    """A need as matching compares it: words in lower case with one space between."""
    words = " ".join(token.text.casefold() for token in tokens(text))
    return f"{words}*" if text.endswith("*") else words


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip()) if cell else ()


def _merged(rows: Iterator[_Row]) -> tuple[Term, ...]:
    """One term per spelling, with every field's sense of it."""
    by_words: defaultdict[tuple[str, ...], list[_Row]] = defaultdict(list)
    for row in rows:
        key = tuple(word.keys[0] for word in row.words)
        for earlier in by_words[key]:
            if earlier.sense.field == row.sense.field:
                raise LexiconError(
                    f"{row.place}: {row.term!r} stands for {row.sense.field} already in"
                    f" {earlier.place}"
                )
        by_words[key].append(row)
    return tuple(
        Term(
            text=rows[0].term,
            words=tuple(word.text for word in rows[0].words),
            senses=tuple(row.sense for row in rows),
            home=frozenset().union(*(row.home for row in rows)),
        )
        for rows in by_words.values()
    )


def by_field(terms: Collection[Term]) -> Mapping[str, list[Term]]:
    """The terms of each field, in the order of its file."""
    found: defaultdict[str, list[Term]] = defaultdict(list)
    for term in terms:
        for sense in term.senses:
            found[sense.field].append(term)
    return found
