"""Semantic leakage: which terms of a text belong to another field than its goal's.

The method. Every field has a lexicon of its terms. A term in a text leaks when no field
that has it is the goal's field, a likely second field of the goal, a field that the goal
speaks of (a firm's goal may speak of business, whatever the firm does), or a neighbour of
any of them, and when neither the goal's words nor the profile's vocabulary nor what the catalogue
says of the field has it. Terms with an everyday sense, or one in several fields, count only
next to a word that settles the sense (Yarowsky 1993, "One sense per collocation"). The leak
rate is the share of texts with at least one such term, with Wilson's 95 % interval; words
that set the texts apart are found by log-odds with an informative Dirichlet prior (Monroe,
Colaresi and Quinn 2008, "Fightin' Words").

What it is about: Gonen, Blevins, Liu, Zettlemoyer and Smith 2025, "Does Liking Yellow Imply
Driving a School Bus? Semantic Leakage in Language Models": models carry what stands in a
prompt into answers that it has nothing to do with. They compare answers with and without
the suspect word by embeddings; here the question is asked of one text alone, so that a
single plan can be judged, and the answer names words that a person can check.

Its limits. What no lexicon has is not found: a clean report means "none of these terms". A
foreign way of thinking in everyday words ("the customer journey of your biceps" is found,
"treat each muscle as a buyer" is not) stays unseen. A field's licence covers its neighbours,
so marketing in an accountant's plan is no leak. Texts of one plan are not independent; the
interval treats them as if they were. In a language without a lexicon nothing is measured,
and `measured` says so; one field's words in another's lexicon depend on who wrote them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path

from attune.domain.v1 import domain_pb2 as pb

from services.domain.fields import DATA_FOLDER, ENGLISH, Field
from services.domain.language import detect, function_words
from services.domain.leakage.lexicon import LEXICONS_FOLDER, Term, by_field, load_lexicons
from services.domain.leakage.licence import licence_of
from services.domain.leakage.matching import Match, Matcher
from services.domain.leakage.neighbours import NEIGHBOURS_FILE, load_neighbours
from services.domain.leakage.statistics import Distinctive, distinctive_words
from services.domain.leakage.subjects import SUBJECTS_FILE, load_subjects
from services.domain.leakage.words import is_capitals, plain_words
from services.domain.made_once import made_once
from services.domain.shortlist import Shortlist
from shared.context.language import UNDETERMINED
from shared.context.profile import UNKNOWN_DOMAIN
from shared.wilson import wilson_interval

LANGUAGE_CHARACTERS = 2_000
SURE_CHARACTERS = 60
"""In texts of at least so many characters, or in a script of their own, the language that is
found counts more than the one that the profile names: a model may have answered in another."""
MOST_DISTINCTIVE = 20
LEAST_LETTERS = 3
MAX_AVOID = 12
MAX_BACKGROUNDS = 20
MAX_OWN_TERMS_KEPT = 1_000
MAX_FOREIGN_WORDS_KEPT = 5_000
MAX_WRITTEN = 50
"""Forms of one term that a report names."""
LIKE_THE_FIELD = 0.3
"""Share of the shortlist from which on a field that the catalogue lacks is like one it has."""


class LeakageMeter:
    """Measures texts. It never changes, so threads may share it."""

    def __init__(self, shortlist: Shortlist, folder: Path = DATA_FOLDER) -> None:
        """Raises LexiconError when a file is wrong."""
        self._shortlist = shortlist
        slugs = {field.slug for field in shortlist.fields}
        self.neighbours = load_neighbours(folder / NEIGHBOURS_FILE, slugs)
        self._subjects = load_subjects(folder / SUBJECTS_FILE, slugs)
        self._terms = load_lexicons(folder / LEXICONS_FOLDER, slugs)
        self._matcher = made_once(self._make_matcher)
        self._by_field = made_once(lambda tag: by_field(self._terms.get(tag, ())))
        self._background = lru_cache(MAX_BACKGROUNDS)(self._count_background)
        self._own_terms = lru_cache(MAX_OWN_TERMS_KEPT)(self._find_own_terms)
        self._foreign_words = lru_cache(MAX_FOREIGN_WORDS_KEPT)(self._find_foreign_words)

    def measure(
        self,
        goal: str,
        profile: pb.DomainProfile,
        texts: Sequence[str],
        reference: Sequence[str] = (),
    ) -> pb.LeakageReport:
        """The report on at least one text; under a millisecond for each of a task's length.

        reference: texts that the words that stand out are compared with; none: what the
        catalogue says of all fields in that language.
        """
        language = _language_of(texts, profile.language)
        report = pb.LeakageReport(language=language)
        for each in self._distinctive(texts, reference, language):
            report.distinctive_terms.add(term=each.word, z_score=each.z_score)
        if language not in self._terms:
            report.texts.extend(pb.TextLeakage(language=detect(text)) for text in texts)
            return report
        matcher = self._matcher(language)
        own = self._own_fields(profile)
        slugs = [field.slug for field in own]
        own_terms = [match for field in own for match in self._own_terms(field.slug, language)]
        subjects = self._subjects.get(_language_of([goal], profile.language))
        licence = licence_of(goal, profile, slugs, own_terms, self.neighbours, matcher, subjects)
        for text in texts:
            foreign = [match for match in matcher.matches(text) if not licence.allows(match)]
            report.texts.append(_text_leakage(text, foreign))
        leaking = sum(bool(text.leaked_terms) for text in report.texts)
        report.measured = True
        report.leak_rate = leaking / len(texts)
        report.interval_low, report.interval_high = wilson_interval(leaking, len(texts))
        return report

    def foreign_words(self, domain: str, language: str) -> list[str]:
        """Terms that would be foreign in a field, the likeliest to slip in first."""
        tag = language.partition("-")[0].lower()
        return self._foreign_words(domain, tag)

    def _find_foreign_words(self, domain: str, tag: str) -> list[str]:
        near = self.neighbours.of(domain)
        by_rank = [
            [
                term
                for term in terms
                if term.unmistakable and domain not in term.home and not term.fields & near
            ]
            for field, terms in self._by_field(tag).items()
            if field not in near
        ]
        by_rank.sort(key=len, reverse=True)
        rounds = (row[rank].text for rank in range(2) for row in by_rank if rank < len(row))
        return list(dict.fromkeys(rounds))[:MAX_AVOID]

    def _make_matcher(self, tag: str) -> Matcher:
        """Of a language that has a lexicon; takes half a second, at its first text."""
        own = self._terms[tag]
        return Matcher(
            own if tag == ENGLISH else _with_loans(own, self._terms.get(ENGLISH, ())), tag
        )

    def _find_own_terms(self, slug: str, language: str) -> list[Match]:
        """Every term of a language's lexicon in what the catalogue says of a field."""
        field = self._shortlist.field(slug)
        texts = field.texts if field else ()
        matcher = self._matcher(language)
        return [match for text in texts for match in matcher.matches(text, anyway=True)]

    def _own_fields(self, profile: pb.DomainProfile) -> list[Field]:
        """The catalogue's field that a domain is, or those that it is most like."""
        for name in (profile.domain, profile.label):
            if (field := self._shortlist.resolve(name)) is not None:
                return [field] if field.slug != UNKNOWN_DOMAIN else []
        like = self._shortlist.rank(profile.label or profile.domain.replace("-", " "), k=2)
        slugs = [each.slug for each in like if each.share >= LIKE_THE_FIELD]
        return [
            field
            for field in self._shortlist.fields
            if field.slug in slugs and field.slug != UNKNOWN_DOMAIN
        ]

    def _distinctive(
        self, texts: Sequence[str], reference: Sequence[str], language: str
    ) -> list[Distinctive]:
        background = self._background(language)
        theirs = _counted(reference, language) if reference else background
        return distinctive_words(_counted(texts, language), theirs, background, MOST_DISTINCTIVE)

    def _count_background(self, language: str) -> Counter[str]:
        texts = (text for field in self._shortlist.fields for text in _texts_in(field, language))
        return _counted(texts, language)


def _texts_in(field: Field, language: str) -> Iterator[str]:
    """What the catalogue says of a field in a language, and its example goals."""
    yield from field.examples.get(language, ())
    if language == ENGLISH:
        yield from (*field.names, *field.descriptions, *field.topics, *field.vocabulary)
    elif (words := field.words.get(language)) is not None:
        yield from (words.label, *words.aliases, *words.vocabulary, *words.goals)


def _with_loans(own: Sequence[Term], english: Sequence[Term]) -> list[Term]:
    """A language's terms, and the English ones that its speakers borrow.

    Those are terms of several words and abbreviations, where they are unmistakable.
    """
    known = {tuple(word.casefold() for word in term.words) for term in own}
    loans = (
        term
        for term in english
        if term.unmistakable
        and (len(term.words) > 1 or (is_capitals(term.text) and len(term.text) > 2))
        and tuple(word.casefold() for word in term.words) not in known
    )
    return [*own, *loans]


def _language_of(texts: Sequence[str], named: str) -> str:
    """The primary tag of the texts' language; "und" when neither they nor `named` tell it."""
    read = "\n".join(texts)[:LANGUAGE_CHARACTERS]
    named = named.partition("-")[0].lower() or UNDETERMINED
    latin = 2 * sum(character.isascii() for character in read) > len(read)
    if named != UNDETERMINED and latin and len(read) < SURE_CHARACTERS:
        return named
    found = detect(read)
    return named if found == UNDETERMINED else found


def _text_leakage(text: str, foreign: Sequence[Match]) -> pb.TextLeakage:
    """Each term once, with how often and in which forms it stands there."""
    by_term: dict[str, pb.LeakedTerm] = {}
    seen: set[tuple[str, str]] = set()
    for match in foreign:
        known = by_term.setdefault(
            match.term.text, pb.LeakedTerm(term=match.term.text, field=match.sense.field)
        )
        known.count += 1
        if len(known.written) < MAX_WRITTEN and (match.term.text, match.written) not in seen:
            seen.add((match.term.text, match.written))
            known.written.append(match.written)
    return pb.TextLeakage(leaked_terms=by_term.values(), language=detect(text))


def _counted(texts: Iterable[str], language: str) -> Counter[str]:
    small = function_words(language)
    counts = Counter(chain.from_iterable(map(plain_words, texts)))
    return Counter(
        {
            word: times
            for word, times in counts.items()
            if word not in small and len(word) >= LEAST_LETTERS and not word.isdigit()
        }
    )
