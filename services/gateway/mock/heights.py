"""How deep the smallest value of a schema is: recursion must find its way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.gateway.mock.reading import Schema
from services.gateway.mock.schemas import Schemas

PASSES = 12
"""Rounds of relaxation; a height not settled by then is too large to be of use."""
ENDLESS = 10_000


class Heights:
    """The heights of the schemas that a root can reach, as a least fixed point."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._known: dict[int, int] = {}

    def of(self, schema: Schema) -> int:
        """Levels below the smallest value that a schema allows; 10,000 when it is endless."""
        if isinstance(schema, bool):
            return 0 if schema else ENDLESS
        if id(schema) not in self._known:
            self._measure(schema)
        return self._known[id(schema)]

    def _measure(self, schema: Mapping[str, Any]) -> None:
        order: list[Mapping[str, Any]] = []
        stack: list[Schema] = [schema]
        met: set[int] = set()
        while stack:
            at = stack.pop()
            if isinstance(at, Mapping) and id(at) not in met:
                met.add(id(at))
                order.append(at)
                self._known.setdefault(id(at), ENDLESS)
                stack += [*self._schemas.implied(at), *_branches(at), *_needed(at)]
        for _ in range(PASSES):
            before = [self._known[id(at)] for at in order]
            for at in reversed(order):
                self._known[id(at)] = self._now(at)
            if before == [self._known[id(at)] for at in order]:
                return

    def _now(self, schema: Mapping[str, Any]) -> int:
        found = [self.of(part) for part in self._schemas.implied(schema)]
        choices = [schema[key] for key in ("anyOf", "oneOf") if schema.get(key)]
        found += [min(self.of(part) for part in branches) for branches in choices]
        if not _has_scalar(schema):
            found += [1 + self.of(part) for part in _needed(schema)]
        return min(max(found, default=0), ENDLESS)


def _branches(schema: Mapping[str, Any]) -> list[Schema]:
    return [part for key in ("anyOf", "oneOf") for part in schema.get(key, ())]


def _has_scalar(schema: Mapping[str, Any]) -> bool:
    listed = schema.get("type", ())
    named = {listed} if isinstance(listed, str) else set(listed)
    return "enum" in schema or "const" in schema or bool(named - {"object", "array"})


def _needed(schema: Mapping[str, Any]) -> list[Schema]:
    """The schemas of what even the smallest object or array must have."""
    properties = schema.get("properties", {})
    found: list[Schema] = [properties[n] for n in schema.get("required", ()) if n in properties]
    if schema.get("minItems", 0) > 0:
        items = schema.get("items", True)
        prefix = schema.get("prefixItems", items if isinstance(items, list) else [])
        found += prefix[: int(schema["minItems"])]
        if isinstance(items, Mapping | bool) and len(prefix) < schema["minItems"]:
            found.append(items)
    return found
