"""Decides which properties an object has and which schemas hold for each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import Any

from services.gateway.mock.patterns import UnknownPattern, matching
from services.gateway.mock.reading import Schema
from services.gateway.mock.schemas import Node, Unsatisfiable
from services.gateway.mock.terms import slug
from services.gateway.mock.texts import matches

MAX_MADE_NAMES = 5_000
STRETCHES = (1, 0, 2, 3, 4, 5, 6, 7, 8, 9)
"""How often repeated parts of a pattern for names are repeated beyond their least."""


class Shape:
    """The properties that the schemas of one place speak of."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._closed = [
            part
            for part in node.parts
            if not {"properties", "patternProperties", "additionalProperties"}.isdisjoint(part)
        ]
        listed: dict[str, None] = {}
        for properties in node.every("properties"):
            listed.update(dict.fromkeys(properties))
        self.required = list(
            dict.fromkeys(name for names in node.every("required") for name in names)
        )
        self.names = list(dict.fromkeys([*listed, *self.required]))
        self.optional = [name for name in self.names if name not in self.required]
        self.fewest = int(node.most("minProperties") or 0)
        most = node.least("maxProperties")
        self.most = None if most is None else int(most)

    def schemas(self, name: str) -> list[Schema]:
        """All schemas that hold for a property; one is False when it may not be there."""
        found: list[Schema] = []
        for part in self._closed:
            own: list[Schema] = []
            if name in part.get("properties", {}):
                own.append(part["properties"][name])
            patterns = part.get("patternProperties", {})
            own += [schema for pattern, schema in patterns.items() if matches(pattern, name)]
            found += own or [part.get("additionalProperties", True)]
        return found

    def with_dependents(self, names: Sequence[str]) -> list[str]:
        """The names and those that must be there because they are."""
        chosen = dict.fromkeys(names)
        pending = list(names)
        while pending:
            name = pending.pop()
            for keyword in ("dependentRequired", "dependencies"):
                for dependents in self._node.every(keyword):
                    others = dependents.get(name, ())
                    if isinstance(others, list):
                        pending += [other for other in others if other not in chosen]
                        chosen.update(dict.fromkeys(others))
        return list(chosen)

    def more_names(self, words: Sequence[str], chance: random.Random) -> Iterator[str]:
        """Names that no schema lists, for objects that need more properties."""
        for word in words:
            if name := slug(word, "_"):
                yield name
        for patterns in self._node.every("patternProperties"):
            for pattern in patterns:
                yield from self._matching(pattern, words, chance)
        for condition in self._node.every("propertyNames"):
            if isinstance(condition, dict):
                yield from condition.get("enum", ())
                if "pattern" in condition:
                    yield from self._matching(condition["pattern"], words, chance)
        yield from ascii_lowercase
        yield from (f"p{number}" for number in range(1, MAX_MADE_NAMES))

    def may_be_named(self, name: Any) -> bool:
        """Whether nothing forbids a property of this name."""
        if not isinstance(name, str) or False in self.schemas(name):
            return False
        for condition in self._node.every("propertyNames"):
            if condition is False:
                return False
            if isinstance(condition, dict) and not _allows_name(condition, name):
                return False
        return True

    def _matching(self, pattern: str, words: Sequence[str], chance: random.Random) -> Iterator[str]:
        for stretch in STRETCHES:
            try:
                name = matching(pattern, words, chance, stretch)
            except UnknownPattern:
                return
            yield name
            if stretch == 0:
                yield from (name + slug(word, "_") for word in words)
                yield from (f"{name}{number}" for number in range(1, 10))


def _allows_name(condition: dict[str, Any], name: str) -> bool:
    """The conditions that names usually have; the whole answer is validated at the end."""
    if "enum" in condition and name not in condition["enum"]:
        return False
    if not condition.get("minLength", 0) <= len(name) <= condition.get("maxLength", len(name)):
        return False
    return "pattern" not in condition or matches(condition["pattern"], name)


def chosen_names(
    shape: Shape, wanted: Sequence[str], words: Sequence[str], chance: random.Random, more: int
) -> list[str]:
    """The properties to make: required and wanted ones within the counts. Raises Unsatisfiable.

    more: so many beyond these, where the counts leave room.
    """
    required = shape.with_dependents(shape.required)
    chosen = [name for name in shape.names if name in required or name in wanted]
    names = dict.fromkeys(shape.with_dependents([*chosen, *required]))
    if shape.most is not None and len(names) > shape.most:
        names = dict.fromkeys(name for name in names if name in required)
    enough = max(shape.fewest, len(names) + more)
    if shape.most is not None:
        enough = min(enough, max(shape.most, shape.fewest))
    if len(names) < enough:
        for name in [*shape.names, *shape.more_names(words, chance)]:
            if len(names) >= enough:
                break
            if name not in names and shape.may_be_named(name):
                names[name] = None
    if len(names) < shape.fewest or (shape.most is not None and len(names) > shape.most):
        raise Unsatisfiable
    order = {name: position for position, name in enumerate(shape.names)}
    return sorted(names, key=lambda name: order.get(name, len(order)))
