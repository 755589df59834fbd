"""What the mock needs of a language: its closed-class words and sentences with holes.

Nothing here may name a thing of any field. The holes are filled from the prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def words(text: str) -> frozenset[str]:
    """The words of a text that is written as one string with spaces."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One kind of work and how each part of a task about it is put.

    Holes: {t} is what the task is about, {g} is the goal. A sentence with {g} alone
    is for a task about the goal itself.
    """

    titles: tuple[str, ...]
    descriptions: tuple[str, ...]
    criteria: tuple[str, ...]
    deliverables: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Glue:
    """One language.

    code: BCP 47. names: how a prompt may name the language, in lower case.
    function_words end a term. linkers may stand inside a term ("history of bread").
    determiners open the goal's phrase, continuers go on with it ("for beginners").
    work_verbs are not content where a sentence begins or ends with them.
    infinitive: matches a verb at the beginning of a sentence by its form.
    spelling: letters and endings that tell the language apart, each a small sign.
    verb_last: a verb may end a sentence or stand in front of a preposition.
    particles: the word after one is a verb ("to align").
    passages: sentences of a document on {t}, which say something and ask for nothing.
    questions: what must be known before work on {t} or {g} begins.
    joins: (pattern, replacement) where sounds meet ("y" before "i" in Spanish).
    """

    code: str
    names: frozenset[str]
    function_words: frozenset[str]
    work_verbs: frozenset[str]
    both: str
    gather: Work
    decide: Work
    describe: Work
    compare: Work
    prepare: Work
    arrange: Work
    check: Work
    people: tuple[str, ...]
    duties: tuple[str, ...]
    passages: tuple[str, ...]
    questions: tuple[str, ...]
    linkers: frozenset[str] = frozenset()
    determiners: frozenset[str] = frozenset()
    continuers: frozenset[str] = frozenset()
    particles: frozenset[str] = frozenset()
    infinitive: re.Pattern[str] | None = None
    spelling: re.Pattern[str] | None = None
    verb_last: bool = False
    joins: tuple[tuple[re.Pattern[str], str], ...] = ()
    head_last: bool = True
    nouns_capitalised: bool = False
    definite: tuple[tuple[str, str], ...] = ()

    @property
    def middle(self) -> tuple[Work, ...]:
        """The kinds of work that stand between the first and the last task."""
        return (self.decide, self.describe, self.prepare, self.compare, self.arrange)

    def works(self) -> tuple[Work, ...]:
        """All kinds of work, in the order in which they are usually done."""
        return (self.gather, *self.middle, self.check)
