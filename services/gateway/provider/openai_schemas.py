"""Whether OpenAI takes a JSON Schema in strict mode, where the answer is sure to match it.

Strict mode knows a part of JSON Schema and refuses the rest with a 400, so a schema is sent
strict only when every keyword is known to be accepted. The list follows "Supported schemas" of
https://developers.openai.com/api/docs/guides/structured-outputs as of August 2026; minLength and
maxLength, on which reports differ, count as refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ANYWHERE = {"type", "title", "description", "enum", "const", "anyOf"}
_OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "format"},
    "number": {"multipleOf", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"},
    "integer": {"multipleOf", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"},
    "boolean": set[str](),
    "null": set[str](),
}
_AT_ROOT = {"$schema", "$defs", "definitions"}
_FORMATS = {
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid",
}  # fmt: skip
_BEYOND_REGULAR = re.compile(r"\(\?(?!:)|\\[1-9bBk]")  # look-around, references, boundaries

_MOST_PROPERTIES = 5_000
_MOST_LEVELS = 10
_MOST_CHARACTERS = 120_000  # of all names, enum and const values
_MOST_ENUM_VALUES = 1_000
_LARGE_ENUM = 250
_MOST_LARGE_ENUM_CHARACTERS = 15_000


def fits_strict_mode(schema: Mapping[str, Any]) -> bool:
    """True when OpenAI's strict mode is known to accept the schema."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return False
    definitions = {**_table(schema, "definitions"), **_table(schema, "$defs")}
    root = {key: value for key, value in schema.items() if key not in _AT_ROOT}
    properties, values, characters = 0, 0, sum(map(len, definitions))
    waiting: list[tuple[Any, int]] = [(root, 1), *((part, 1) for part in definitions.values())]
    while waiting:
        part, level = waiting.pop()
        if level > _MOST_LEVELS or not _is_strict(part, definitions):
            return False
        options = [*part.get("enum", ()), *([part["const"]] if "const" in part else ())]
        properties += len(_table(part, "properties"))
        values += len(options)
        characters += sum(map(len, _table(part, "properties"))) + _characters(options)
        waiting += ((child, level + deeper) for child, deeper in _children(part))
    return (
        properties <= _MOST_PROPERTIES
        and values <= _MOST_ENUM_VALUES
        and characters <= _MOST_CHARACTERS
    )


def _table(schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = schema.get(key)
    return value if isinstance(value, dict) else {}


def _characters(options: list[Any]) -> int:
    return sum(len(option) for option in options if isinstance(option, str))


def _children(part: Mapping[str, Any]) -> Iterator[tuple[Any, int]]:
    """The schemas inside one, and how many levels deeper they are."""
    yield from ((child, 1) for child in _table(part, "properties").values())
    yield from ((child, 0) for child in part.get("anyOf", ()))
    if "items" in part:
        yield part["items"], 1


def _is_strict(part: Any, definitions: Mapping[str, Any]) -> bool:
    """Whether one schema obeys, its children left aside."""
    if not isinstance(part, dict):
        return False
    if "$ref" in part:
        return len(part) == 1 and str(part["$ref"]).startswith("#")
    named = part.get("type", [])
    types = named if isinstance(named, list) else [named]
    if not types and "anyOf" not in part:
        return False
    if not all(isinstance(name, str) and name in _OF_TYPE for name in types):
        return False
    known = _ANYWHERE.union(*(_OF_TYPE[name] for name in types))
    return (
        part.keys() <= known
        and ("object" not in types or _is_closed(part))
        and ("array" not in types or "items" in part)
        and part.get("format", "date") in _FORMATS
        and not _BEYOND_REGULAR.search(str(part.get("pattern", "")))
        and _has_short_enum(part)
        and _is_told_apart(part.get("anyOf", []), definitions)
    )


def _is_closed(part: Mapping[str, Any]) -> bool:
    """Every property required, and no others allowed."""
    required = part.get("required")
    return (
        part.get("additionalProperties") is False
        and "properties" in part
        and isinstance(required, list)
        and set(map(str, required)) == set(_table(part, "properties"))
    )


def _has_short_enum(part: Mapping[str, Any]) -> bool:
    options = part.get("enum", [])
    return (
        isinstance(options, list)
        and not any(isinstance(option, dict | list) for option in options)
        and (len(options) <= _LARGE_ENUM or _characters(options) <= _MOST_LARGE_ENUM_CHARACTERS)
    )


def _is_told_apart(options: Any, definitions: Mapping[str, Any]) -> bool:
    """No two objects of an anyOf may begin with the same property."""
    if not isinstance(options, list):
        return False
    first = []
    for option in options:
        if not isinstance(option, dict):
            return False
        name = str(option.get("$ref", "")).rpartition("/")[2]
        properties = _table(definitions.get(name, option), "properties")
        first += list(properties)[:1]
    return len(first) == len(set(first))
