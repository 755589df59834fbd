"""Which groups of fields a goal says that it is about, besides the field that it is of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from services.domain.data_files import faults, read_toml
from services.domain.leakage.lexicon import LexiconError, Sense, Term
from services.domain.leakage.matching import Matcher
from services.domain.leakage.words import tokens

SUBJECTS_FILE = "subjects.toml"


class _Subject(BaseModel):
    model_config = ConfigDict(extra="forbid")

    field: str
    signs: dict[str, list[str]]


class _Subjects(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subject: list[_Subject]


def load_subjects(path: Path, slugs: Collection[str]) -> Mapping[str, Matcher]:
    """A matcher of the signs of all subjects for each language; a term's field is the subject.

    Raises LexiconError, with the line where the file is no TOML.
    """
    try:
        subjects = _Subjects.model_validate(read_toml(path, LexiconError)).subject
    except ValidationError as error:
        raise LexiconError(f"{path}: {faults(error)}") from error
    if strange := [each.field for each in subjects if each.field not in slugs]:
        raise LexiconError(f"{path}: {', '.join(strange)}: no such field")
    languages = {tag for each in subjects for tag in each.signs}
    return {
        tag: Matcher(
            [
                _term(sign, each.field, path)
                for each in subjects
                for sign in each.signs.get(tag, ())
            ],
            tag,
        )
        for tag in languages
    }


def _term(sign: str, field: str, path: Path) -> Term:
    words = tuple(token.text for token in tokens(sign))
    if not words:
        raise LexiconError(f"{path}: {field}: the sign {sign!r} has no word in it")
    return Term(sign, words, (Sense(field),), frozenset())
