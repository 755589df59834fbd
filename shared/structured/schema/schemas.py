"""JSON Schemas as plain JSON: following references, flattening allOf, closing objects.

A reference is any local JSON Pointer (RFC 6901); cycles are fine. Nothing is fetched.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

TYPES = ("object", "array", "boolean", "integer", "number", "string", "null")
_MAPS = ("properties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLES = ("items", "additionalProperties")
_OBJECT_WORDS = ("properties", "additionalProperties", "required", "patternProperties")
_ARRAY_WORDS = ("items", "prefixItems")


def resolve(root: Any, reference: str) -> Any:
    """What a local reference points at. Raises ValueError for any other."""
    if not reference.startswith("#"):
        raise ValueError(f"{reference[:100]!r} is no reference inside the schema")
    found = root
    for step in unquote(reference[1:]).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(name)] if isinstance(found, list) else found[name]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ValueError(f"{reference[:100]!r} points at nothing") from error
    return found


def flat(root: Any, schemas: list[Any]) -> list[Any]:
    """The schemas that hold together at one place: references and allOf followed, each once."""
    parts: list[Any] = []
    seen: set[int] = set()
    waiting = list(reversed(schemas))
    while waiting:
        part = waiting.pop()
        if id(part) in seen and isinstance(part, dict):
            continue
        seen.add(id(part))
        parts.append(part)
        if isinstance(part, dict):
            waiting.extend(reversed(part.get("allOf", ())))
            if "$ref" in part:
                waiting.append(resolve(root, part["$ref"]))
    return [part for part in parts if part is not True and part != {}]


def inferred_types(parts: list[Any]) -> list[str]:
    """The types that all parts allow, in the order of TYPES; none where nothing is said."""
    stated = [part["type"] for part in parts if "type" in part]
    if not stated:
        if any(word in part for part in parts for word in _OBJECT_WORDS):
            return ["object"]
        return ["array"] if any(word in part for part in parts for word in _ARRAY_WORDS) else []
    allowed = set(TYPES)
    for kinds in stated:
        named = {kinds} if isinstance(kinds, str) else set(kinds)
        allowed &= named | ({"integer"} if "number" in named else set())
    if "number" in allowed:
        allowed -= {"integer"} - _named(stated)
    return [kind for kind in TYPES if kind in allowed]


def _named(stated: list[Any]) -> set[str]:
    return set().union(*({kinds} if isinstance(kinds, str) else set(kinds) for kinds in stated))


def closed(schema: Any) -> Any:
    """The schema, stricter: no unknown keys beside properties, and no default needed."""
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for word in _MAPS:
        if word in made:
            made[word] = {name: closed(inner) for name, inner in made[word].items()}
    for word in _LISTS:
        if word in made:
            made[word] = [closed(inner) for inner in made[word]]
    for word in _SINGLES:
        if word in made:
            made[word] = closed(made[word])
    properties = schema.get("properties")
    if properties:
        if made.get("additionalProperties", True) is True:
            made["additionalProperties"] = False
        defaulted = [
            name
            for name, inner in properties.items()
            if isinstance(inner, dict) and _has_default(inner)
        ]
        made["required"] = list(dict.fromkeys([*schema.get("required", []), *defaulted]))
    return made


def _has_default(schema: dict[str, Any]) -> bool:
    return "default" in schema or "$ref" in schema or "allOf" in schema


def depth_of(schema: Any, most: int) -> int:
    """Levels of nesting, counted as far as one beyond `most`."""
    depth, level = 0, [schema]
    while level and depth <= most:
        inner = [i for item in level if isinstance(item, dict) for i in item.values()]
        inner += [i for item in level if isinstance(item, list) for i in item]
        level = [item for item in inner if isinstance(item, dict | list)]
        depth += 1
    return depth
