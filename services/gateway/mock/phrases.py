"""Puts the prompt's words into sentences: every text of an answer comes from here.

Entries of a list each get a topic, a kind of work and some terms, so that the title, the
description and the criteria of one entry speak of the same thing.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TypeVar

from services.gateway.mock.glue import PLAIN, Work
from services.gateway.mock.reading import Reading
from services.gateway.mock.slots import Slot
from services.gateway.mock.terms import keys, slug, without_determiner
from services.gateway.mock.weighing import NAMED, TOLD, Option, Term

MAX_JOINED_CHARACTERS = 50
"""Two terms longer than this together do not share a title."""
LEAST_WARMTH = 0.3
"""How much chance there is in the order of terms at temperature 0."""
LEAST_WITH_ENDS = 4
"""A list so long begins with gathering and ends with checking the whole."""
FOCUS = 12.0
"""What the terms of the chosen option weigh: more than the goal's own."""
ENOUGH_TERMS = 4
"""With so many other terms, those that the goal's phrase has are not used beside it."""
UNDECIDED = frozenset({"unknown", "none", "other", "unclear", "undetermined", "undefined"})

T = TypeVar("T")

SENTENCES = 3
"""Of a paragraph."""
_STRIDE = 9
"""From one choice of sentences to the next: far, so that paragraphs share few, and through all."""

_FIRST_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Topic:
    """What one entry is about. terms: none when it is the goal itself.

    whole: its title speaks of the goal although its text has terms. root: it is not of one
    entry but of the answer.
    """

    work: Work
    terms: tuple[str, ...] = ()
    whole: bool = False
    root: bool = False


class Writer:
    """Writes the texts of one answer.

    warmth: from 0 on; how far the order of terms may leave the order of their weights.
    """

    def __init__(self, reading: Reading, chance: random.Random, warmth: float) -> None:
        self.reading = reading
        self._glue = reading.glue
        self._chance = chance
        self._warmth = LEAST_WARMTH + warmth
        self._turns: Counter[tuple[str, ...]] = Counter()
        self._chosen: list[Option] = []
        self._leading: Option | None = None
        self._choices: list[str] = []
        self._goal_bare = without_determiner(reading.goal, reading.glue)
        self._asides: list[str] = []
        self._deck = self._ordered()
        self._dealt = 0
        self.root = Topic(self._glue.prepare, whole=True, root=True)

    def deal(self, count: int, *, people: bool = False) -> list[Topic]:
        """Topics for the entries of a list, in the order in which work is usually done."""
        middle = list(self._glue.middle)
        self._chance.shuffle(middle)
        enough = len(self._deck) >= (3 if people else 2) * count
        each = (3 if people else 2) if enough else min(2, len(self._deck))
        works = [middle[position % len(middle)] for position in range(count)]
        ends = count >= LEAST_WITH_ENDS and not people
        if ends:
            works[0], works[-1] = self._glue.gather, self._glue.check
        found = [
            Topic(work, self._next_terms(each, at), whole=at == 0 and (ends or people))
            for at, work in enumerate(works)
        ]
        if ends:
            found[-1] = Topic(self._glue.check)
        return found

    def closes(self, topic: Topic) -> bool:
        """Whether a topic is the last check of the whole, which comes after everything."""
        return topic.work is self._glue.check

    def candidates(self, slot: Slot, topic: Topic, number: int = 0) -> Iterator[str]:
        """Texts for a slot, the best first. number: which of several in the same entry."""
        work = topic.work
        templates = {
            Slot.SENTENCE: work.descriptions,
            Slot.QUESTION: self._glue.questions,
            Slot.CRITERION: work.criteria,
            Slot.ARTEFACT: work.deliverables,
            Slot.PERSON: self._glue.people,
            Slot.DUTY: self._glue.duties,
        }.get(slot)
        if templates:
            spread = slot in {Slot.PERSON, Slot.DUTY}
            return self._filled(templates, topic, number, spread=spread)
        if slot is Slot.HEADING:
            return chain(self._headings(topic), self._nouns(topic, 0, capital=True))
        if slot is Slot.LABEL:
            named = map(_capital, self._choices[-1:])
            return chain(named, self._nouns(topic, number, capital=True))
        if slot in (Slot.PART, Slot.PASSAGE, Slot.QUOTE):
            return self._of_document(slot, topic)
        if slot in (Slot.LANGUAGE, Slot.MARKDOWN):
            return iter((self.markdown() if slot is Slot.MARKDOWN else self._glue.code,))
        return self._nouns(topic, number)

    def choose(self, *, leading: bool) -> str:
        """The head of the best option not chosen yet; the goal where none is offered.

        Empty when nothing is left. leading: the first choice sets what the rest of the
        answer speaks of.
        """
        left = [option for option in self.reading.options if option not in self._chosen]
        if not left and self._choices:
            return ""
        if not left:
            self._choices.append(self._goal_bare)
            return slug(self._goal_bare) or self._goal_bare
        wanted = self.reading.goal_keys

        def fits(option: Option) -> int:
            if not wanted:
                return int(option.head.casefold() in UNDECIDED)
            return len(option.keys & wanted)

        best = max(left, key=fits)
        self._chosen.append(best)
        if leading and len(self._chosen) == 1:
            self._leading = best
            self._deck = self._ordered()
            self._dealt = 0
        named = best.terms[:1] if keys(best.head) & keys(" ".join(best.terms[:1])) else ()
        self._choices.append(named[0] if named else best.head.replace("-", " "))
        return best.head

    def share(self, number: int) -> float:
        """How sure the answer is of its choice, from 0 to 1; less for each further one."""
        if not self.reading.goal_keys:
            return 0.1
        matched = bool(self._chosen and self._chosen[0].keys & self.reading.goal_keys)
        first = (0.8 if matched or not self._chosen else 0.6) + self._chance.random() * 0.15
        return round(first if number == 0 else (1 - first) / 2**number, 2)

    def markdown(self) -> str:
        """A text with headings and lists."""
        sections = []
        for topic in self.deal(3):
            title = next(self._headings(topic))
            said = next(self._filled(topic.work.descriptions, topic, 0))
            points = [next(self._filled(topic.work.criteria, topic, n)) for n in range(2)]
            sections.append("\n\n".join([f"## {title}", said, "\n".join(f"- {p}" for p in points)]))
        return "\n\n".join(sections)

    def prose(self) -> str:
        """A text without a form: an opening, a list of steps, a closing."""
        topics = self.deal(4 + self._chance.randrange(3))
        steps = [next(self._headings(topic)) for topic in topics]
        numbered = "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))
        ends = [next(self._filled(t.work.descriptions, t, 0)) for t in (topics[0], topics[-1])]
        return f"{ends[0]}\n\n{numbered}\n\n{ends[1]}"

    def words(self) -> list[str]:
        """The deck and the goal, for names and patterns."""
        return [*(without_determiner(term, self._glue) for term in self._deck), self._goal_bare]

    def _ordered(self) -> list[str]:
        """Terms by weight, with some chance (the Gumbel-top-k trick), without the goal."""
        focus: set[str] = set()
        other: set[str] = set()
        if self._leading:
            focus = {term.casefold() for term in self._leading.terms}
            offered = (term for option in self.reading.options for term in option.terms)
            other = {term.casefold() for term in offered} - focus
        terms = []
        for term in self.reading.terms:
            key = term.text.casefold()
            if key in focus:
                terms.append(Term(term.text, FOCUS))
            elif key not in other or term.weight > NAMED:
                terms.append(term)
        scored = []
        for term in self._telling(terms):
            noise = -math.log(-math.log(self._chance.random() or 0.5))
            scored.append((math.log(term.weight) + self._warmth * noise, term.text))
        return [text for _, text in sorted(scored, key=lambda pair: -pair[0])]

    def _telling(self, terms: list[Term]) -> list[Term]:
        """The terms that say more than the goal's phrase does, where there are enough.

        The others are kept for lists of words.
        """
        strong = [term for term in terms if term.weight >= TOLD] or terms
        beyond = [term for term in strong if not keys(term.text) <= keys(self.reading.goal)]
        if len(beyond) < ENOUGH_TERMS:
            beyond = [term for term in strong if not keys(term.text) <= keys(self.reading.brief)]
        self._asides = [term.text for term in strong if term not in beyond]
        return beyond

    def _next_terms(self, each: int, position: int) -> tuple[str, ...]:
        if not self._deck:
            return ()
        if len(self._deck) < 3 and position % (len(self._deck) + 1) == len(self._deck):
            return ()
        lap = self._dealt // len(self._deck)
        found = tuple(
            self._deck[(self._dealt + n * (1 + lap)) % len(self._deck)] for n in range(each)
        )
        self._dealt += each
        return tuple(dict.fromkeys(found))

    def _of_document(self, slot: Slot, topic: Topic) -> Iterator[str]:
        """What a part is about; paragraphs of three sentences on it, then of one; a quotation."""
        if slot is Slot.QUOTE:
            quoted = self.reading.passages
            self._turns[quoted] += 1
            yield from _rotated(list(quoted), self._turns[quoted] - 1)
            return
        if slot is Slot.PART:
            yield from map(_capital, self._subjects(topic.terms) or [self.reading.brief])
            return
        subjects = topic.terms or (self.reading.brief,)
        templates = self._glue.passages
        chosen = list(combinations(templates, min(SENTENCES, len(templates))))
        first = chosen[self._turns[templates] * _STRIDE % len(chosen)]
        self._turns[templates] += 1
        others = [template for template in templates if template not in first]
        said = [
            self._fill(template, subjects[n % len(subjects)], "")
            for n, template in enumerate([*first, *others])
        ]
        for start in range(len(said)):
            yield " ".join(_rotated(said, start)[:SENTENCES])
        yield from said

    def _headings(self, topic: Topic) -> Iterator[str]:
        if topic.root:
            yield _capital(self._goal_bare)
        goal = self.reading.goal if topic.whole else self.reading.brief
        for work in dict.fromkeys((topic.work, *self._glue.works())):
            yield from self._filled(work.titles, topic, 0, spread=True, goal=goal)

    def _filled(
        self,
        templates: tuple[str, ...],
        topic: Topic,
        number: int,
        *,
        spread: bool = False,
        goal: str = "",
    ) -> Iterator[str]:
        """The templates with the topic's words, beginning with the one whose turn it is.

        number: which pair of template and subject comes first. spread: texts of the same
        kind take turns over the whole answer and not only within the entry.
        """
        goal = goal or self.reading.brief
        terms = tuple(self._deck[:2]) if topic.root else topic.terms
        on_goal = not terms or (topic.whole and spread)
        subjects = [goal] if on_goal else self._subjects(terms)
        fitting = [template for template in templates if ("{t}" in template) is not on_goal]
        if on_goal:
            fitting += [one for one in templates if "{t}" in one and "{g}" not in one]
        if spread:
            fitting = _rotated(fitting, self._turns[templates])
            self._turns[templates] += 1
        pairs = [(template, subject) for subject in subjects for template in fitting]
        if not on_goal:
            pairs.sort(key=lambda pair: fitting.index(pair[0]) + subjects.index(pair[1]))
        for template, subject in _rotated(pairs, number):
            yield self._fill(template, subject, goal)

    def _subjects(self, terms: tuple[str, ...]) -> list[str]:
        joined = self._glue.both.format(*terms) if len(terms) > 1 else ""
        both = [joined] if 0 < len(joined) <= MAX_JOINED_CHARACTERS else []
        return [*both, *terms]

    def _fill(self, template: str, subject: str, goal: str) -> str:
        text = template.format(t=subject, g=goal)
        for pattern, replacement in self._glue.joins:
            text = pattern.sub(replacement, text)
        return text if self._glue is PLAIN else _capital(text)

    def _nouns(self, topic: Topic, number: int, *, capital: bool = False) -> Iterator[str]:
        """Terms by themselves: the topic's, then the deck's, then the goal."""
        last = topic.terms[-1:]
        after = self._deck.index(last[0]) + 1 if last and last[0] in self._deck else 0
        others = _rotated(self._deck, after)
        terms = [*topic.terms, *others, self._goal_bare, *self._asides]
        singles = [word for term in terms for word in term.split() if len(word) > 2]
        for term in list(dict.fromkeys([*terms, *singles]))[number:]:
            yield _capital(term) if capital else without_determiner(term, self._glue)


def _rotated(items: list[T], by: int) -> list[T]:
    start = by % len(items) if items else 0
    return items[start:] + items[:start]


def _capital(text: str) -> str:
    """With a capital in front, unless the first word has its own spelling ("pH", "iOS")."""
    first = _FIRST_WORD.match(text)
    if first and first.group().islower():
        return text[0].upper() + text[1:]
    return text
