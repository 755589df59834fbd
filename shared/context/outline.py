"""Tells a JSON Schema in few words, for models that are not given the schema itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def outline(schema: Mapping[str, Any]) -> str:
    """The fields of an object schema, one a line, nested ones indented.

    Knows what our answers are made of: objects, arrays, texts, numbers, enums, and
    references into $defs (not circular ones).
    """
    return "\n".join(_fields(schema, schema.get("$defs", {}), 0))


def _fields(schema: Mapping[str, Any], defs: Mapping[str, Any], level: int) -> list[str]:
    lines = []
    for name, declared in schema.get("properties", {}).items():
        field = _resolved(declared, defs)
        inner = _resolved(field.get("items", {}), defs)
        said = "; ".join(filter(None, [_kind(field, inner), declared.get("description", "")]))
        lines.append(f"{'  ' * level}{name}: {said}")
        lines += _fields(inner or field, defs, level + 1)
    return lines


def _kind(field: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(str(value) for value in field["enum"])
    if field.get("type") != "array":
        return str(field.get("type", "value"))
    least, most = field.get("minItems", 0), field.get("maxItems")
    count = f"{least} to {most}" if most else f"{least} or more"
    of = _kind(inner, {}) if inner else "value"
    return f"list of {count}, each {of}"


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref", "")
    found: Mapping[str, Any] = defs.get(reference.rpartition("/")[2], {}) if reference else schema
    return found
