"""Tells a JSON Schema in few words, for models that are not given the schema itself.

The form is JSON as one would sketch it by hand: what stands for a value is between angle
brackets, and an array shows one entry and how many there may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ONE_OF = "one of "
"""A description that begins so says where the values stand; they are not told once more."""


def outline(schema: Mapping[str, Any]) -> str:
    """An object schema as one sketched JSON value.

    Knows what our answers are made of: objects, arrays, texts, numbers, enums, and
    references into $defs (not circular ones).
    """
    return _sketch(schema, schema.get("$defs", {}))


def _sketch(declared: Mapping[str, Any], defs: Mapping[str, Any]) -> str:
    schema = _resolved(declared, defs)
    told = declared.get("description") or schema.get("description", "")
    if "properties" in schema:
        fields = (
            f'"{name}": {_sketch(inner, defs)}' for name, inner in schema["properties"].items()
        )
        return "{" + ", ".join(fields) + "}"
    if schema.get("type") == "array":
        entry = _resolved(schema.get("items", {}), defs)
        about = _placeholder(_count(schema), told)
        if "properties" in entry:
            return f"[{about} {_sketch(entry, defs)}]"
        return f"[{about}]"
    if "enum" in schema and not told.startswith(ONE_OF):
        return _placeholder("one of " + " | ".join(str(value) for value in schema["enum"]), told)
    return _placeholder(told or str(schema.get("type", "value")))


def _placeholder(*parts: str) -> str:
    return f"<{'; '.join(part for part in parts if part)}>"


def _count(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    return f"{least} to {most}" if most else f"{least} or more"


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref", "")
    found: Mapping[str, Any] = defs.get(reference.rpartition("/")[2], {}) if reference else schema
    return found
