"""JSON Schema as conditions on one value: references followed, branches chosen.

https://json-schema.org/draft/2020-12. A node is the set of schemas that hold at one
place; nothing is merged, each keyword is asked of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from services.gateway.mock.reading import Schema

Path = tuple[str | int, ...]

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
MAX_PARTS = 2_000
"""Schemas at one place; more than this is refused as unsatisfiable."""
_KEYWORDS = {
    "object": (
        *("properties", "required", "additionalProperties", "patternProperties"),
        *("minProperties", "maxProperties", "propertyNames", "dependentRequired"),
    ),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class Unsatisfiable(Exception):
    """No value was found for the place at `path`."""

    def __init__(self, path: Path = ()) -> None:
        super().__init__("/".join(map(str, path)))
        self.path = path


class Budget:
    """How much work one answer may take, in values made; all rounds draw on the same.

    A schema can ask for any number of values of any length; this ends it.
    """

    def __init__(self, values: int) -> None:
        self._left = values

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self._left < 0

    def spend(self, values: int = 1) -> None:
        """Raises Unsatisfiable when nothing is left."""
        self._left -= values
        if self.spent:
            raise Unsatisfiable


@dataclass(frozen=True)
class Node:
    """All schemas that hold at one place, their references followed."""

    parts: tuple[Mapping[str, Any], ...]

    def every(self, keyword: str) -> Iterator[Any]:
        """The keyword's values, from every schema that has it."""
        return (part[keyword] for part in self.parts if keyword in part)

    def most(self, keyword: str) -> float | None:
        """The strictest lower bound."""
        return max((bound for bound in self.every(keyword) if _is_number(bound)), default=None)

    def least(self, keyword: str) -> float | None:
        """The strictest upper bound."""
        return min((bound for bound in self.every(keyword) if _is_number(bound)), default=None)

    @cached_property
    def types(self) -> list[str]:
        """The types allowed, in the order in which the schemas list them."""
        allowed = list(TYPES)
        for listed in self.every("type"):
            named = [listed] if isinstance(listed, str) else list(listed)
            wide = {*named, "integer"} if "number" in named else set(named)
            allowed = [kind for kind in [*named, "integer"] if kind in allowed and kind in wide]
            allowed = list(dict.fromkeys(allowed))
        return allowed

    @cached_property
    def likely_types(self) -> list[str]:
        """The types allowed, those that the keywords speak of first and null last."""
        allowed = self.types
        spoken = [
            kind
            for kind in allowed
            if any(
                keyword in part
                for keyword in _KEYWORDS.get("number" if kind == "integer" else kind, ())
                for part in self.parts
            )
        ]
        named = any(True for _ in self.every("type"))
        plain = allowed if named else ["string", *allowed]
        ordered = dict.fromkeys([*spoken, *plain])
        return sorted(ordered, key=lambda kind: kind == "null")

    @cached_property
    def values(self) -> list[Any] | None:
        """The values that enum and const leave; None when neither is there."""
        lists = [*self.every("enum"), *([value] for value in self.every("const"))]
        if not lists:
            return None
        types = self.types
        common = set.intersection(*({identity(value) for value in found} for found in lists))
        return [
            value
            for value in lists[0]
            if identity(value) in common and not types_of(value).isdisjoint(types)
        ]


class Schemas:
    """The schema of an answer, by which references are followed."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._named = dict(_named(root))
        self._conditions: dict[int, list[Schema]] = {}
        self._nodes: dict[tuple[int, ...], Node] = {}

    def resolve(self, reference: str) -> Schema:
        """The schema that a reference names. Raises Unsatisfiable when there is none."""
        if reference in self._named:
            return self._named[reference]
        base, _, pointer = reference.partition("#")
        found: Any = self._document(base) if base else self.root
        for raw in pointer.split("/")[1:]:
            key = _unquoted(raw)
            if isinstance(found, Mapping) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                raise Unsatisfiable
        if not isinstance(found, Mapping | bool):
            raise Unsatisfiable
        return found

    def _document(self, base: str) -> Schema:
        """The schema with this $id, or with one that ends like it."""
        for name, schema in self._named.items():
            if name == base or name.rpartition("/")[2] == base.rpartition("/")[2]:
                return schema
        raise Unsatisfiable

    def node(
        self,
        schemas: Sequence[Schema],
        pick: Callable[[list[Schema], Node], Schema],
    ) -> Node:
        """All schemas that hold where these do. pick: decides between branches.

        A schema that was met already at this place adds nothing, so cycles of references
        and doubled references end.
        """
        known = self._nodes.get(tuple(map(id, schemas)))
        if known:
            return known
        pending = list(schemas)
        chosen = False
        parts: list[Mapping[str, Any]] = []
        choices: list[list[Schema]] = []
        seen: set[int] = set()
        while pending or choices:
            if not pending:
                chosen = True
                pending.append(pick(choices.pop(0), Node(tuple(parts))))
            schema = pending.pop(0)
            if schema is False or len(parts) > MAX_PARTS:
                raise Unsatisfiable
            if isinstance(schema, bool) or id(schema) in seen:
                continue
            seen.add(id(schema))
            parts.append(schema)
            pending += self.implied(schema)
            choices += [schema[key] for key in ("anyOf", "oneOf") if schema.get(key)]
            if "if" in schema:
                choices.append(self._cases(schema))
        node = Node(tuple(parts))
        if not chosen:
            self._nodes[tuple(map(id, schemas))] = node
        return node

    def implied(self, schema: Mapping[str, Any]) -> list[Schema]:
        """The schemas that hold wherever this one does."""
        found = [
            self.resolve(schema[key])
            for key in ("$ref", "$dynamicRef", "$recursiveRef")
            if isinstance(schema.get(key), str)
        ]
        return [*found, *schema.get("allOf", ())]

    def _cases(self, schema: Mapping[str, Any]) -> list[Schema]:
        """The two ways to satisfy if, then and else; made once, as schemas are known by id."""
        if id(schema) not in self._conditions:
            both = {"allOf": [schema["if"], schema.get("then", True)]}
            self._conditions[id(schema)] = [both, schema.get("else", True)]
        return self._conditions[id(schema)]


def identity(value: Any) -> str:
    """Equal for values that JSON Schema takes as equal: 1 and 1.0, not 1 and true."""
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def types_of(value: Any) -> set[str]:
    """The JSON types that a value has; a whole number has two."""
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return {"integer", "number"}
    kinds = {float: "number", str: "string", list: "array", dict: "object"}
    return {kinds[type(value)]}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unquoted(raw: str) -> str:
    return unquote(raw).replace("~1", "/").replace("~0", "~")


def _named(root: Schema) -> Iterator[tuple[str, Schema]]:
    """Schemas by their $id, $anchor and $dynamicAnchor."""
    stack: list[Any] = [root]
    while stack:
        at = stack.pop()
        if isinstance(at, Mapping):
            for key, mark in (("$id", ""), ("id", ""), ("$anchor", "#"), ("$dynamicAnchor", "#")):
                if isinstance(at.get(key), str):
                    yield mark + at[key], at
            stack += at.values()
        elif isinstance(at, list):
            stack += at
