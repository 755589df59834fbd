"""What the terms of a prompt weigh, by the kind of text that they stand in.

A model listens most to the goal, then to lists of words and to examples, and hardly to
the sentences that say how to answer. The mock gives those sentences no weight at all
unless the prompt has nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.gateway.calls import Message, Role
from services.gateway.mock import unspaced
from services.gateway.mock.glue import GLUES, Glue
from services.gateway.mock.language import detect
from services.gateway.mock.layout import Layout, Part, Piece, quotes
from services.gateway.mock.terms import chunks, keys

GOAL, LISTED, EXAMPLE, NAMED, TOLD, ASIDE = 6.0, 5.0, 4.0, 1.5, 1.0, 0.3
"""Weights of a term: from the goal, a list, an example, a single labelled value, other text
of the user, an aside."""

MAX_TERMS = 400
MAX_TERM_WORDS = 5
MAX_TERM_CHARACTERS = 60

_LIST_MARK = re.compile(r"\s*[,;、，；،؛|•·]\s*|\s+/\s+")
_CODE = re.compile(r"[a-z]{0,2}[-_]?\d+")
"""An id such as "t1" is no term."""
_PARENTHESES = re.compile(r" ?[(（][^)）]{0,200}[)）]")
_ORDERED_LABEL = re.compile(
    r"\b(?:nearest|closest|best|likeliest|most likely) first\b", re.IGNORECASE
)
"""Above a list whose order is advice: a model follows it unless it knows better."""
_PEOPLE_LABEL = re.compile(
    r"\b(?:team|roles?|people|members?|staff|persons?|mannschaft|rollen|squadra|ruoli|équipe|equipo"
    r"|equipe|papéis|teamleden)\b|团队|成员|角色|チーム|担当|役割|فريق|الفريق",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """A term and how much it weighs."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Option:
    """An entry of a list that the prompt offers: its name and the terms said of it."""

    head: str
    terms: tuple[str, ...]
    keys: frozenset[str]


class Collector:
    """Adds up the terms, the people and the options of a prompt.

    names: the property names of the answer's schema, in lower case; a list of them is no
    list of words to use.
    """

    def __init__(self, glue: Glue, names: frozenset[str]) -> None:
        self._glue = glue
        self._names = names
        self._weights: dict[str, float] = {}
        self._texts: dict[str, str] = {}
        self.people: list[str] = []
        self.options: list[Option] = []
        self.advised: list[str] = []

    def terms(self) -> tuple[Term, ...]:
        """Every term once, in the order of its first place."""
        return tuple(Term(self._texts[key], weight) for key, weight in self._weights.items())

    def first(self) -> str:
        """The term met first; an ellipsis when the prompt has no word at all."""
        return next(iter(self._texts.values()), "…")

    def goal(self, text: str) -> None:
        """Adds the goal's terms, and the last two words of its long ones."""
        found = chunks(text, self._glue)
        self._add(found, GOAL)
        self._add(quotes(text), GOAL)
        if self._glue.head_last and self._glue.code not in unspaced.LANGUAGES:
            long = [term.split() for term in found if len(term.split()) > 2]
            self._add((" ".join(term[-2:]) for term in long), TOLD)

    def message(self, role: Role, layout: Layout, goal: str, *, earlier: bool) -> None:
        """Adds a message. earlier: it stands in front of the goal's, so it shows how."""
        for piece in layout.pieces:
            shown = earlier and role is not Role.SYSTEM
            if role is Role.USER and piece.text in goal:
                continue
            if shown or piece.part is Part.EXAMPLE:
                self._example(piece)
            elif piece.part is Part.OPTION:
                self._option(piece, role)
            elif piece.part is not Part.PROSE and _PEOPLE_LABEL.search(piece.label):
                self.people += self._items(piece.text)
            elif role is Role.SYSTEM:
                self._instruction(piece, layout)
            else:
                self._told(piece, layout)

    def at_least_something(self, layouts: list[Layout], messages: Sequence[Message]) -> None:
        """A prompt of instructions alone is answered in the words of the instructions."""
        if not self._weights:
            for layout in layouts:
                self._add((t for p in layout.pieces for t in self._chunks(p.text)), ASIDE)
        if not self._weights:
            raw = " ".join(message.content[:2_000] for message in messages[-3:])
            self._add([word[:MAX_TERM_CHARACTERS] for word in raw.split()][:5], ASIDE)

    def _add(self, found: Iterable[str], weight: float) -> None:
        for text in found:
            key = text.casefold()
            if _CODE.fullmatch(key):
                continue
            if key in self._weights:
                self._weights[key] = max(self._weights[key], weight) + weight / 10
            elif len(self._weights) < MAX_TERMS and text.strip():
                self._weights[key] = weight
                self._texts[key] = text

    def _chunks(self, text: str) -> list[str]:
        return chunks(
            text, detect(text, self._glue) if len(text) > MAX_TERM_CHARACTERS else self._glue
        )

    def _example(self, piece: Piece) -> None:
        for part in _LIST_MARK.split(piece.text):
            self._add(self._chunks(part), EXAMPLE)
        self._add((quote for quote in quotes(piece.text) if self._is_term(quote)), EXAMPLE)

    def _option(self, piece: Piece, role: Role) -> None:
        if _PEOPLE_LABEL.search(piece.label):
            self.people.append(piece.head)
            return
        items = self._items(piece.text)
        terms = items if all(map(self._is_term, items)) else self._chunks(piece.text)
        known = keys(f"{piece.head} {piece.text}")
        self.options.append(Option(piece.head, tuple(terms), known))
        if _ORDERED_LABEL.search(piece.label):
            self.advised.append(piece.head)
        self._add(terms, ASIDE if role is Role.SYSTEM else TOLD)

    def _instruction(self, piece: Piece, layout: Layout) -> None:
        """Of the system's text only lists of terms and quoted phrases count."""
        items = self._items(piece.text)
        terms = [item for item in items if self._is_term(item)]
        few_others = len(terms) * 4 >= len(items) * 3
        wanted = 3 if piece.part is Part.PROSE else 1
        if few_others and len(terms) >= wanted and not self._names_keys(items, layout):
            if len(items) > 1:
                self._add(terms, LISTED)
            else:
                named = piece.part is Part.VALUE
                found = self._chunks(items[0])
                self._add(map(_in_midst, found) if named else found, NAMED if named else LISTED)
        self._add((quote for quote in quotes(piece.text) if " " in quote), EXAMPLE)

    def _told(self, piece: Piece, layout: Layout) -> None:
        items = self._items(piece.text)
        listed = all(map(self._is_term, items))
        if not listed or not (len(items) >= 3 or piece.part is Part.ITEM):
            self._add(self._chunks(piece.text), TOLD)
        elif not self._names_keys(items, layout):
            self._add(items, LISTED)

    def _items(self, text: str) -> list[str]:
        bare = _PARENTHESES.sub("", text).strip().rstrip(".。")
        parts = [part for part in _LIST_MARK.split(bare) if part.strip()]
        if len(parts) > 1:
            parts += self._last_items(parts.pop())
        return [part.strip("\"'“”«»„「」*_` ") for part in parts] or [text]

    def _last_items(self, text: str) -> list[str]:
        """The end of a list: "sets and deload" is two entries, "and deload" is one."""
        for glue in (self._glue, GLUES["en"]):
            joint = glue.both.replace("{0}", "").replace("{1}", "")
            if joint.startswith(" ") and text.startswith(joint.lstrip()):
                return [text[len(joint.lstrip()) :]]
            if joint.startswith(" ") and text.count(joint) == 1:
                return text.split(joint)
        return [text]

    def _is_term(self, text: str) -> bool:
        """Whether an entry of a list is a term and not a sentence."""
        found = text.casefold().split()
        least = 2 if text.isascii() else 1
        if not 1 <= len(found) <= MAX_TERM_WORDS or not least <= len(text) <= MAX_TERM_CHARACTERS:
            return False
        if text[-1] in ".!?:。！？" or not any(character.isalpha() for character in text):
            return False
        closed = self._glue.function_words | GLUES["en"].function_words
        return found[0] not in closed and found[-1] not in closed and "you" not in found

    def _names_keys(self, items: list[str], layout: Layout) -> bool:
        """Whether a list names the keys of the answer and no words to use in it."""
        known = self._names | layout.keys
        named = sum(item.casefold().replace(" ", "_") in known for item in items)
        return named * 2 > len(items)


def _in_midst(text: str) -> str:
    """Turns "Strength training" into what stands amid a sentence; names keep their capital."""
    first, _, rest = text.partition(" ")
    return f"{first.lower()} {rest}" if rest[:1].islower() and first[1:].islower() else text
