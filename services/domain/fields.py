"""The fields that a goal may be from; catalogue_files.py has the form of their data."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

DATA_FOLDER = Path(__file__).parent / "data"

ENGLISH = "en"


class FieldDataError(Exception):
    """A data file is wrong; the message names the file, the place and what to mend."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a field is called in a language, its terms there, and goals that people have."""

    label: str
    aliases: tuple[str, ...]
    vocabulary: tuple[str, ...]
    goals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field, as its files have it; catalogue_files.py says what each part is.

    `unknown` has a label, aliases and goals, and nothing else.
    """

    slug: str
    label: str
    aliases: tuple[str, ...]
    goals: tuple[str, ...]
    descriptions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    words: Mapping[str, Words] = dataclasses.field(default_factory=dict)
    """By primary language tag, as examples are; English stands in the other parts."""

    @property
    def names(self) -> tuple[str, ...]:
        """The label, then the aliases."""
        return (self.label, *self.aliases)

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is said of the field, in every language, but for its example goals."""
        of_words = ((each.label, *each.aliases, *each.vocabulary) for each in self.words.values())
        own = (*self.names, *self.goals, *self.descriptions, *self.topics, *self.vocabulary)
        return (*own, *chain.from_iterable(of_words))


@dataclass(frozen=True, slots=True)
class FieldCatalogue:
    """Every field by its slug, `unknown` last."""

    fields: tuple[Field, ...]
    _by_slug: Mapping[str, Field]
    _by_name: Mapping[str, Field]

    def field(self, slug: str) -> Field | None:
        """The field with exactly this slug."""
        return self._by_slug.get(slug)

    def resolve(self, name: str) -> Field | None:
        """The field whose slug, label or alias, in any language, this is; None when no field's.

        Case, accents' composition, "&" for "and", and everything that is neither letter
        nor digit make no difference: "Strength_Training" is strength-training. No two
        fields share a name in any languages (loading checks it): it means one field or none.
        """
        return self._by_name.get(plain_name(name))


def plain_name(name: str) -> str:
    """A name without what people vary: case, separators, punctuation, "&" for "and"."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    return " ".join(re.findall(r"[^\W_]+", folded))
