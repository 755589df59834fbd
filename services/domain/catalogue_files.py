"""Reads the fields from data that anyone can extend.

A field is an entry in a file, not code. Everything is checked when it is loaded, so that a
slip in a file is found at start, with the file and the entry named.

`fields/FAMILY.toml` holds one family of fields, in `[[field]]` tables:

    slug          kebab-case and stable: callers keep it
    label         its English name
    aliases       other names that a person or a model may use for it
    descriptions  what people do in it, a sentence a line, in plain words
    goals         goals that people have in it, one a line, in any language
    topics        things, materials and deeds that it deals with, comma-separated lines
    vocabulary    its own terms, in English

`goals/LANGUAGE/*.tsv` has more goals: a slug, a tab and a goal on each line.
`words/LANGUAGE.toml` has a field's label, aliases, vocabulary and goals in one more
language, a table for each slug. A field that a language lacks has no words in it.
`unknown.toml` has goals that name no field, by language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic import Field as Limits

from services.domain.data_files import faults, read_text, read_toml
from services.domain.fields import (
    DATA_FOLDER,
    Field,
    FieldCatalogue,
    FieldDataError,
    Words,
    plain_name,
)
from shared.context.profile import UNKNOWN_DOMAIN

FIELDS_FOLDER = "fields"
EXAMPLES_FOLDER = "goals"
WORDS_FOLDER = "words"
UNKNOWN_FILE = "unknown.toml"


def load_catalogue(folder: Path = DATA_FOLDER) -> FieldCatalogue:
    """Every field of a folder's files.

    Raises FieldDataError when a file is missing, unreadable or breaks a rule. Of
    `goals/*/*.tsv` and `words/*.toml` there may be none.
    """
    paths = sorted((folder / FIELDS_FOLDER).glob("*.toml"))
    if not paths:
        raise FieldDataError(f"{folder / FIELDS_FOLDER}: has no .toml file")
    found: list[tuple[Path, Field]] = []
    for path in paths:
        found += [(path, field) for field in _read_fields(path)]
    unknown = folder / UNKNOWN_FILE
    found.append((unknown, _read_unknown(unknown)))
    for path in sorted((folder / EXAMPLES_FOLDER).glob("*/*.tsv")):
        found = _with_examples(found, path)
    for path in sorted((folder / WORDS_FOLDER).glob("*.toml")):
        found = _with_words(found, path)
    by_slug, by_name = _index(found)
    return FieldCatalogue(tuple(field for _, field in found), by_slug, by_name)


def _lines(value: object) -> object:
    """The lines of a text block; anything else is left for validation to refuse."""
    return [line for line in value.splitlines() if line] if isinstance(value, str) else value


def _distinct(items: tuple[str, ...]) -> tuple[str, ...]:
    repeated = {item for item in items if items.count(item) > 1}
    if repeated:
        raise ValueError(f"has {min(repeated)!r} twice")
    return items


_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Terms = tuple[_Text, ...]
_Block = Annotated[tuple[_Text, ...], BeforeValidator(_lines)]


class _FieldEntry(BaseModel):
    """The rules that a `[[field]]` table keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slug: _Slug
    label: _Text
    aliases: Annotated[_Terms, Limits(min_length=3, max_length=8)]
    descriptions: Annotated[_Block, Limits(min_length=2, max_length=8)]
    goals: Annotated[_Block, Limits(min_length=5, max_length=16)]
    topics: Annotated[_Block, Limits(min_length=2, max_length=4)]
    vocabulary: Annotated[_Terms, Limits(min_length=10, max_length=16)]


class _WordsEntry(BaseModel):
    """The rules that a table of `words/LANGUAGE.toml` keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: _Text
    aliases: Annotated[_Terms, Limits(min_length=1, max_length=8)]
    vocabulary: Annotated[_Terms, Limits(min_length=5, max_length=16)]
    goals: _Terms = ()


class _UnknownEntry(BaseModel):
    """The rules that `unknown.toml` keeps; its goals are text blocks by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: _Text
    aliases: Annotated[_Terms, Limits(min_length=3)]
    goals: Annotated[dict[str, _Block], Limits(min_length=1)]


def _read_fields(path: Path) -> Iterable[Field]:
    tables = read_toml(path, FieldDataError)
    entries = tables.pop("field", None)
    if tables or not isinstance(entries, list):
        stray = f", has {min(tables)!r}" if tables else ""
        raise FieldDataError(f"{path}: must have [[field]] tables and nothing else{stray}")
    for number, table in enumerate(entries, start=1):
        try:
            entry = _FieldEntry.model_validate(table)
            for part in (entry.aliases, entry.goals, entry.vocabulary):
                _distinct(part)
        except ValueError as error:
            slug = table.get("slug", "without slug") if isinstance(table, dict) else "no table"
            raise FieldDataError(f"{path}: field {number} ({slug}): {faults(error)}") from error
        yield Field(
            slug=entry.slug,
            label=entry.label,
            aliases=entry.aliases,
            goals=entry.goals,
            descriptions=entry.descriptions,
            topics=entry.topics,
            vocabulary=entry.vocabulary,
        )


def _read_unknown(path: Path) -> Field:
    try:
        entry = _UnknownEntry.model_validate(read_toml(path, FieldDataError))
    except ValidationError as error:
        raise FieldDataError(f"{path}: {faults(error)}") from error
    goals = tuple(goal for block in entry.goals.values() for goal in block)
    return Field(slug=UNKNOWN_DOMAIN, label=entry.label, aliases=entry.aliases, goals=goals)


def _with_examples(found: list[tuple[Path, Field]], path: Path) -> list[tuple[Path, Field]]:
    """The fields with the example goals of a file, which are in its folder's language."""
    tag = path.parent.name
    by_slug: defaultdict[str, list[str]] = defaultdict(list)
    slugs = {each.slug for _, each in found}
    for number, line in enumerate(read_text(path, FieldDataError).splitlines(), start=1):
        slug, tab, goal = line.partition("\t")
        if not tab or not goal.strip() or "\t" in goal:
            raise FieldDataError(f"{path}, line {number}: must be a slug, a tab and a goal")
        if slug not in slugs:
            raise FieldDataError(f"{path}, line {number}: {slug!r}: there is no such field")
        by_slug[slug].append(goal.strip())
    return [
        (
            place,
            replace(each, examples={**each.examples, tag: (*each.examples.get(tag, ()), *more)}),
        )
        if (more := by_slug.get(each.slug))
        else (place, each)
        for place, each in found
    ]


def _with_words(found: list[tuple[Path, Field]], path: Path) -> list[tuple[Path, Field]]:
    """The fields with what a language's file says of them."""
    tables = read_toml(path, FieldDataError)
    by_slug: dict[str, Words] = {}
    for slug, table in tables.items():
        try:
            entry = _WordsEntry.model_validate(table)
            for part in (entry.aliases, entry.vocabulary, entry.goals):
                _distinct(part)
            by_slug[slug] = Words(entry.label, entry.aliases, entry.vocabulary, entry.goals)
        except ValueError as error:
            raise FieldDataError(f"{path}: field {slug}: {faults(error)}") from error
    if strange := by_slug.keys() - {each.slug for _, each in found}:
        raise FieldDataError(f"{path}: field {min(strange)}: there is no such field")
    return [
        (place, replace(each, words={**each.words, path.stem: by_slug[each.slug]}))
        if each.slug in by_slug
        else (place, each)
        for place, each in found
    ]


def _index(found: Iterable[tuple[Path, Field]]) -> tuple[dict[str, Field], dict[str, Field]]:
    """Fields by slug and by plain name; two fields with one name, in whatever languages, are an error."""
    by_slug: dict[str, Field] = {}
    by_name: dict[str, Field] = {}
    for path, field in found:
        if field.slug in by_slug:
            raise FieldDataError(f"{path}: field {field.slug}: another field has this slug")
        by_slug[field.slug] = field
        in_others = ((words.label, *words.aliases) for words in field.words.values())
        for name in (field.slug, *field.names, *chain.from_iterable(in_others)):
            other = by_name.setdefault(plain_name(name), field)
            if other is not field:
                raise FieldDataError(
                    f"{path}: field {field.slug}: the name {name!r} is also {other.slug}'s"
                )
    return by_slug, by_name
