"""Makes a value for a JSON Schema whose texts come from a Writer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from services.gateway.mock.heights import Heights
from services.gateway.mock.leaves import Leaves
from services.gateway.mock.lists import (
    bounds,
    entry_schemas,
    natural_length,
    positions,
    prefix_length,
    references,
)
from services.gateway.mock.objects import Shape, chosen_names
from services.gateway.mock.phrases import Topic, Writer
from services.gateway.mock.places import Place, Record, Turns
from services.gateway.mock.reading import Schema
from services.gateway.mock.schemas import Budget, Node, Path, Schemas, Unsatisfiable, identity
from services.gateway.mock.slots import Slot, is_people
from services.gateway.mock.terms import keys

ENOUGH_VALUES = 600
"""From here on only what is required is made."""
MAX_LEVELS = 100
"""Levels of one answer; schemas have at most 64, recursion adds to them."""
ENOUGH_LEVELS = 24
UNIQUE_TRIES = 12
LEAST_TERMS = 3
"""A list of words has so many even if the prompt's terms must be taken apart for it."""
STRAIGHT = 0.6
"""How often an entry refers to the one right before it."""

_OWN_TOPICS = frozenset(
    {
        Slot.HEADING, Slot.ARTEFACT, Slot.PERSON, Slot.SENTENCE, Slot.QUESTION, Slot.DUTY, Slot.PART,
        Slot.PASSAGE,
    }
)  # fmt: skip


class Composer:
    """Makes one answer. attempts: for each path how many values were refused there."""

    def __init__(
        self,
        schemas: Schemas,
        writer: Writer,
        chance: random.Random,
        attempts: Mapping[Path, int],
        budget: Budget,
    ) -> None:
        self._schemas = schemas
        self._writer = writer
        self._chance = chance
        self._attempts = attempts
        self._budget = budget
        self._record = Record()
        self._leaves = Leaves(writer, chance, budget, self._record)
        self._heights = Heights(schemas)
        self._made = 0
        self._shapes: dict[int, Shape] = {}

    def answer(self) -> Any:
        """A value that the schema should take. Raises Unsatisfiable with the path."""
        return self._value([self._schemas.root], Place(self._writer.root))

    def _value(self, schemas: Sequence[Schema], place: Place) -> Any:
        self._made += 1
        self._budget.spend()
        if len(place.path) > MAX_LEVELS:
            raise Unsatisfiable(place.path)
        turns = Turns(self._attempts.get(place.path, 0) + place.again)
        try:
            node = self._schemas.node(schemas, partial(self._pick, place, turns))
            return self._of_node(node, place, turns)
        except Unsatisfiable as error:
            raise Unsatisfiable(error.path or place.path) from error

    def _of_node(self, node: Node, place: Place, turns: Turns) -> Any:
        if node.values is not None:
            return self._leaves.one_of(node.values, place, turns)
        kinds = node.likely_types
        if not kinds:
            raise Unsatisfiable(place.path)
        makers: dict[str, Callable[[Node, Place, Turns], Any]] = {
            "object": self._object,
            "array": self._list,
            "string": self._leaves.text,
            "integer": partial(self._leaves.number, whole=True),
            "number": partial(self._leaves.number, whole=False),
            "boolean": lambda _node, _place, turns: self._leaves.truth(turns),
            "null": lambda *_: None,
        }
        return makers[kinds[turns.take(len(kinds))]](node, place, turns)

    def _small(self, place: Place) -> bool:
        return self._made > ENOUGH_VALUES or len(place.path) > ENOUGH_LEVELS

    def _pick(self, place: Place, turns: Turns, branches: list[Schema], node: Node) -> Schema:
        """One branch of an anyOf or oneOf: the flattest when the answer is large already."""
        allowed = set(node.types)
        usable = [branch for branch in branches if self._types(branch) & allowed] or branches
        if self._small(place):
            usable = sorted(usable, key=self._heights.of)
        else:
            usable = sorted(usable, key=lambda branch: self._rank(branch, place))
        return usable[turns.take(len(usable))]

    def _rank(self, branch: Schema, place: Place) -> tuple[bool, bool, int]:
        """Recursion last, null late, a constant by the words it shares with the goal."""
        constant = branch.get("const") if isinstance(branch, Mapping) else None
        known = keys(constant) if isinstance(constant, str) else frozenset()
        shared = len(known & self._writer.reading.goal_keys)
        return self._recurs([branch], place), self._types(branch) == {"null"}, -shared

    def _types(self, branch: Schema) -> set[str]:
        try:
            return set(self._schemas.node([branch], _first).types)
        except Unsatisfiable:
            return set()

    def _recurs(self, schemas: Sequence[Schema], place: Place) -> bool:
        """Whether a value of these schemas would stand within one of the same schema."""
        try:
            node = self._schemas.node(schemas, _first)
        except Unsatisfiable:
            return True
        return any(id(part) in place.within for part in node.parts)

    def _object(self, node: Node, place: Place, turns: Turns) -> dict[str, Any]:
        shape = self._shapes.get(id(node)) or Shape(node)
        self._shapes[id(node)] = shape
        lean = self._small(place) or turns.left % 2 == 1
        within = place.within | {id(part) for part in node.parts}
        inner = place._replace(within=within, again=0, entry=False)
        wanted = [] if lean else [n for n in shape.optional if self._is_wanted(shape, n, inner)]
        names = chosen_names(shape, wanted, self._writer.words(), self._chance, turns.left // 2)
        found: dict[str, Any] = {}
        for name in names:
            child = inner._replace(path=(*place.path, name), name=name)
            try:
                found[name] = self._value(shape.schemas(name), child)
            except Unsatisfiable:
                if name in shape.required or len(names) <= shape.fewest or self._budget.spent:
                    raise
        return found

    def _is_wanted(self, shape: Shape, name: str, place: Place) -> bool:
        return shape.may_be_named(name) and not self._recurs(shape.schemas(name), place)

    def _list(self, node: Node, place: Place, turns: Turns) -> list[Any]:
        fewest, most = bounds(node)
        if place.slot is Slot.REFERENCE and place.listed:
            referred = self._references(node, place, fewest, most)
            if referred is not None:
                return referred
        length = self._length(node, place, turns)
        length = max(fewest, length if most is None else min(length, most))
        self._record.taken[place.path] = set()
        return self._entries(node, place, self._topics(node, place, length), fewest)

    def _entries(self, node: Node, place: Place, topics: Sequence[Topic], fewest: int) -> list[Any]:
        """One entry for each topic; beyond the fewest only while there is more to say."""
        kind = (*place.kind, "*")
        unique = any(node.every("uniqueItems"))
        within = place.within | {id(part) for part in node.parts}
        found: list[Any] = []
        seen: set[str] = set()
        for index, topic in enumerate(topics):
            entry = Place(
                topic=topic,
                path=(*place.path, index),
                name=place.name,
                container=place.name,
                number=index + place.again,
                entry=True,
                earlier=tuple(self._record.ids[kind] or self._record.names[kind]),
                within=within,
                spare=index >= fewest,
            )
            try:
                found.append(self._distinct(entry_schemas(node, index), entry, seen, needed=unique))
            except Unsatisfiable:
                if not entry.spare or self._budget.spent:
                    raise
                break
        return found

    def _references(
        self, node: Node, place: Place, fewest: int, most: int | None
    ) -> list[Any] | None:
        """Ids of earlier entries, else their names or positions; None when too few fit."""
        entry = self._schemas.node(entry_schemas(node, 0), _first)
        kind: type = str if "string" in entry.likely_types else int
        known = [one for one in place.earlier if isinstance(one, kind)]
        if kind is int and not known:
            known = list(positions(entry, place.number))
        if entry.values is not None:
            allowed = {identity(value) for value in entry.values}
            known = [one for one in known if identity(one) in allowed]
        straight = 1.0 if self._writer.closes(place.topic) else STRAIGHT
        return references(known, fewest, most, self._chance, straight=straight)

    def _length(self, node: Node, place: Place, turns: Turns) -> int:
        """How many entries to make; of recursive ones and in large answers, the fewest."""
        prefix = prefix_length(node)
        entry = place._replace(within=place.within | {id(part) for part in node.parts})
        schemas = entry_schemas(node, prefix)
        if self._small(place) or False in schemas or self._recurs(schemas, entry):
            return prefix
        usual = natural_length(
            place.name,
            place.slot,
            self._writer.reading,
            self._chance,
            objects=self._of_objects(schemas),
            nested=place.listed,
        )
        if place.slot is Slot.TERM and not place.listed:
            usual = min(usual, max(LEAST_TERMS, len(self._writer.words())))
        return max(prefix, usual - turns.left)

    def _topics(self, node: Node, place: Place, length: int) -> Sequence[Topic]:
        own = place.slot in _OWN_TOPICS or self._of_objects(entry_schemas(node, 0))
        if own and 0 < length <= ENOUGH_VALUES:
            return self._writer.deal(length, people=is_people(place.name))
        return [place.topic] * length

    def _of_objects(self, schemas: Sequence[Schema]) -> bool:
        return any(self._types(schema) == {"object"} for schema in schemas)

    def _distinct(
        self, schemas: list[Schema], entry: Place, seen: set[str], *, needed: bool
    ) -> Any:
        """A value, not seen in this list where that is needed. Raises Unsatisfiable."""
        ids = self._record.ids[entry.kind]
        before = len(ids)
        for again in range(UNIQUE_TRIES):
            del ids[before:]
            made = self._value(schemas, entry._replace(again=again))
            if not needed or identity(made) not in seen:
                seen.add(identity(made))
                return made
        raise Unsatisfiable(entry.path[:-1])


def _first(branches: list[Schema], _: Node) -> Schema:
    return branches[0]
