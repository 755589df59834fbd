"""How much work a schema can make, before any of it is done.

A schema of a few lines can expand to more cases than there is time: references that
double at each step, branches that multiply. Such a schema is refused, not tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from services.gateway.mock.schemas import Schemas, Unsatisfiable

MAX_WEIGHT = 20_000
"""Schemas that may be asked about one value; more is refused."""

_IN_PLACE = ("anyOf", "oneOf")
_IN_PLACE_SINGLE = ("not", "if", "then", "else")
_CHILDREN = ("properties", "patternProperties", "dependentSchemas")
_SINGLE_CHILDREN = ("items", "additionalProperties", "contains", "propertyNames")
_DOUBLING = frozenset({"if", "not", "dependentSchemas", "dependentRequired", "contains"})


def weight(schemas: Schemas) -> int:
    """How many schemas a validator asks about one path through a value, at most.

    Schemas that hold for the same value add up, of those for different children the
    largest counts. A cycle counts once. Stops at MAX_WEIGHT.
    """
    weights: dict[int, int] = {}
    opened: set[int] = set()
    stack: list[Any] = [schemas.root]
    while stack:
        schema = stack[-1]
        if not isinstance(schema, Mapping) or id(schema) in weights:
            stack.pop()
            continue
        same, children = _parts(schemas, schema)
        if id(schema) not in opened:
            opened.add(id(schema))
            stack += [part for part in (*same, *children) if id(part) not in opened]
            continue
        stack.pop()
        deepest = max((weights.get(id(part), 1) for part in children), default=0)
        total = 1 + sum(weights.get(id(part), 1) for part in same) + deepest
        weights[id(schema)] = min(total, MAX_WEIGHT + 1)
    return weights.get(id(schemas.root), 1)


def cases(schema: Any) -> float:
    """An upper bound of the cases that a schema's branches multiply to."""
    logarithm = 0.0
    stack: list[Any] = [schema]
    while stack:
        at = stack.pop()
        if isinstance(at, Mapping):
            for key in _IN_PLACE:
                if isinstance(at.get(key), list):
                    logarithm += math.log(max(1, len(at[key])))
            logarithm += math.log(2) * len(_DOUBLING.intersection(at))
            stack += at.values()
        elif isinstance(at, list):
            stack += at
    return math.exp(min(logarithm, 100))


def _parts(schemas: Schemas, schema: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """The schemas that hold for the same value, and those for its children."""
    try:
        same = list(schemas.implied(schema))
    except Unsatisfiable:
        same = []
    for key in _IN_PLACE:
        same += schema.get(key, ())
    same += [schema[key] for key in _IN_PLACE_SINGLE if key in schema]
    children = [schema[key] for key in _SINGLE_CHILDREN if isinstance(schema.get(key), Mapping)]
    for key in _CHILDREN:
        if isinstance(schema.get(key), Mapping):
            children += schema[key].values()
    for key in ("prefixItems", "items"):
        if isinstance(schema.get(key), list):
            children += schema[key]
    return same, children
