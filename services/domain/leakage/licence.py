"""What a goal and its profile allow: the terms that are no strangers in its texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from attune.domain.v1 import domain_pb2 as pb

from services.domain.fields import ENGLISH
from services.domain.language import function_words
from services.domain.leakage.matching import Match, Matcher
from services.domain.leakage.neighbours import Neighbours
from services.domain.leakage.words import tokens
from shared.context.profile import UNKNOWN_DOMAIN

SECOND_FIELD = 0.03
"""An alternative must be at least so likely to be a field of the goal too,"""
LIKELY_ENOUGH = 0.9
"""and those that are likelier must not make up so much already."""

TERMS_OF_A_SUBJECT = 2
"""So many terms of a field in a goal make the field a subject of it."""

RELATED_LETTERS = 5
"""Words of a goal license those that begin with the same letters: "marketing" does
"market"."""


@dataclass(frozen=True, slots=True)
class Licence:
    """Which terms may stand in a goal's texts.

    own: the goal's fields; empty when none is known. near: those and their neighbours.
    known: terms, as their words, that the goal, the vocabulary or the field's own texts have.
    roots: those of them that license longer terms with the same words too; a word with an
    everyday sense does not: a plumber's "lead" is no licence for "lead generation".
    stems: beginnings of the goal's words. little: words that tell of no field.
    """

    own: frozenset[str]
    near: frozenset[str]
    known: frozenset[frozenset[str]]
    roots: frozenset[frozenset[str]]
    stems: frozenset[str]
    little: frozenset[str]

    def allows(self, match: Match) -> bool:
        """Whether a term that was found may stand there."""
        term = match.term
        if not self.own and not term.unmistakable:
            return True
        if term.home & self.own or term.fields & self.near:
            return True
        words = _words_of(match)
        if words in self.known or any(words >= root for root in self.roots):
            return True
        telling = words - self.little
        said = sum(_stem(word) in self.stems for word in telling)
        return bool(telling) and said == len(telling)


def licence_of(
    goal: str,
    profile: pb.DomainProfile,
    own_fields: Collection[str],
    own_terms: Iterable[Match],
    neighbours: Neighbours,
    matcher: Matcher,
    subjects: Matcher | None,
) -> Licence:
    """The licence of a goal and its profile.

    own_fields: the catalogue's fields that the profile's domain stands for. own_terms:
    terms in what the catalogue says of them. matcher: of the texts' language. subjects: of the goal's.
    """
    own = frozenset((*own_fields, *_likely_second_fields(profile)))
    spoken = _spoken_of(goal, neighbours, matcher)
    if subjects is not None:
        spoken += [match.sense.field for match in subjects.matches(goal)]
    near = frozenset().union(*(neighbours.of(slug) for slug in (*own, *spoken)))
    told = [
        match
        for text in (goal, *profile.vocabulary, profile.label, profile.local_label)
        for match in matcher.matches(text, anyway=True)
    ]
    told += own_terms
    known = frozenset(map(_words_of, told))
    roots = frozenset(_words_of(match) for match in told if match.term.unmistakable)
    little = function_words(matcher.language) | function_words(ENGLISH)
    spoken_words = {token.text.casefold() for token in tokens(goal)} - little
    stems = frozenset(map(_stem, spoken_words))
    return Licence(own, near, known, roots, stems, little)


def _likely_second_fields(profile: pb.DomainProfile) -> Iterator[str]:
    together = profile.confidence
    for other in sorted(profile.alternatives, key=lambda each: -each.confidence):
        if together >= LIKELY_ENOUGH or other.confidence < SECOND_FIELD:
            return
        together += other.confidence
        if other.domain != UNKNOWN_DOMAIN:
            yield other.domain


def _spoken_of(goal: str, neighbours: Neighbours, matcher: Matcher) -> list[str]:
    """Fields that the goal speaks of with at least TERMS_OF_A_SUBJECT terms, near ones too.

    A lesson on revenue and cash flow, a novel on a founder and her investors: the goal is of
    teaching or writing, and the other field is its subject.
    """
    terms = {match.term.text: match.term.fields for match in matcher.matches(goal)}
    fields = frozenset().union(*terms.values())
    return [
        field
        for field in fields
        if sum(bool(own & neighbours.of(field)) for own in terms.values()) >= TERMS_OF_A_SUBJECT
    ]


def _words_of(match: Match) -> frozenset[str]:
    return frozenset(word.casefold() for word in match.term.words)


def _stem(word: str) -> str:
    return (
        re.sub(r"(?:s|es)$", "", word) if len(word) <= RELATED_LETTERS else word[:RELATED_LETTERS]
    )
