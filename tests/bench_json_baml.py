"""BAML's reader of answers, given a JSON Schema instead of a file in BAML's own language.

`baml-py` parses against types of a compiled source, so a schema is written as such a source,
and what comes back is turned into JSON values again. The language: docs.boundaryml.com/ref.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from baml_py import BamlRuntime
from baml_py.errors import BamlError
from pydantic import BaseModel, ConfigDict

_SCALARS = {
    "string": "string", "integer": "int", "number": "float", "boolean": "bool", "null": "null",
}  # fmt: skip
_HARMLESS = {"title", "description", "$defs", "default", "type", "required", "additionalProperties"}
_HEAD = """client<llm> Nobody {
  provider openai
  options {
    model "none"
    api_key "none"
  }
}
"""
_ANY_JSON = (
    "type Anything = int | float | bool | string | null | Anything[] | map<string, Anything>\n"
)


class NotExpressible(Exception):
    """BAML has no type for this schema."""


class _Classes(ModuleType):
    """A module that has every class: BAML asks it for those it makes instances of."""

    def __getattr__(self, name: str) -> type[BaseModel]:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (BaseModel,), {"model_config": ConfigDict(extra="allow")})


class _NoEnums(ModuleType):
    """A module without enums: BAML gives the member's name instead."""


@dataclass
class Source:
    """A BAML source for one schema (None: any JSON), and what its names stand for."""

    schema: dict[str, Any] | None
    blocks: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    keys: dict[str, tuple[str, bool]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The whole source: types, and a function `Read` that returns the schema's."""
        returned = "Anything" if self.schema is None else self.type_of(self.schema)
        function = f'function Read() -> {returned} {{\n  client Nobody\n  prompt #"-"#\n}}\n'
        return _HEAD + _ANY_JSON + "".join(self.blocks) + function

    def type_of(self, schema: dict[str, Any]) -> str:
        """The BAML type of a schema. Raises NotExpressible."""
        if "$ref" in schema:
            return self._referred(schema["$ref"])
        if "anyOf" in schema:
            return "(" + " | ".join(self.type_of(option) for option in schema["anyOf"]) + ")"
        if "const" in schema:
            return _literal(schema["const"])
        if "enum" in schema:
            return self._enum(schema["enum"])
        return self._typed(schema)

    def _typed(self, schema: dict[str, Any]) -> str:
        kind = schema.get("type")
        if kind == "array" and set(schema) <= _HARMLESS | {"items"} and "items" in schema:
            return f"({self.type_of(schema['items'])})[]"
        if kind == "object" and set(schema) <= _HARMLESS | {"properties"}:
            return self._object(schema)
        if isinstance(kind, str) and kind in _SCALARS and set(schema) <= _HARMLESS:
            return _SCALARS[kind]
        raise NotExpressible(f"a schema with {', '.join(sorted(schema)) or 'nothing'}")

    def _referred(self, reference: str) -> str:
        if reference not in self.named:
            self.named[reference] = f"Named{len(self.named)}"
            target = (self.schema or {}).get("$defs", {}).get(reference.removeprefix("#/$defs/"))
            if target is None:
                raise NotExpressible(f"a reference to {reference}")
            if target.get("type") == "object" and "properties" in target:
                self._class(target, self.named[reference])
            else:
                self.named[reference] = self.type_of(target)
        return self.named[reference]

    def _object(self, schema: dict[str, Any]) -> str:
        if "properties" in schema:
            name = f"Class{len(self.blocks)}_{len(self.keys)}"
            self._class(schema, name)
            return name
        if isinstance(schema.get("additionalProperties"), dict):
            return f"map<string, {self.type_of(schema['additionalProperties'])}>"
        raise NotExpressible("an object without stated properties")

    def _class(self, schema: dict[str, Any], name: str) -> None:
        lines: list[str] = []
        for key, value in schema["properties"].items():
            needed = key in schema.get("required", ())
            given = f"field{len(self.keys)}"  # of no other class: BAML gives nested ones as dicts
            self.keys[given] = key, needed or "default" in value
            optional = "" if needed else "?"
            lines.append(f"  {given} {self.type_of(value)}{optional} @alias({_quoted(key)})")
        self.blocks.append("\n".join([f"class {name} {{", *lines, "}\n"]))

    def _enum(self, options: list[Any]) -> str:
        if not all(isinstance(option, str) for option in options):
            return "(" + " | ".join(_literal(option) for option in options) + ")"
        lines: list[str] = []
        for option in options:
            member = f"Member{len(self.members)}"
            self.members[member] = option
            lines.append(f"  {member} @alias({_quoted(option)})")
        name = f"Enum{len(self.members)}"
        self.blocks.append("\n".join([f"enum {name} {{", *lines, "}\n"]))
        return name

    def plain(self, value: Any) -> Any:
        """What BAML returned, as the JSON value that the schema's names make it."""
        if isinstance(value, BaseModel):
            return self.plain(value.__pydantic_extra__ or {})
        if isinstance(value, dict):
            named = {name: self.keys.get(name, (name, True)) for name in value}
            return {
                named[name][0]: self.plain(inner)
                for name, inner in value.items()
                if inner is not None or named[name][1]
            }
        if isinstance(value, list):
            return [self.plain(inner) for inner in value]
        return self.members.get(value, value) if isinstance(value, str) else value


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool | int):
        return json.dumps(value)
    raise NotExpressible(f"the constant {value!r}")


def _quoted(text: str) -> str:
    if '"' in text or "\\" in text or "\n" in text:
        raise NotExpressible(f"the name {text!r}")
    return f'"{text}"'


class BamlReader:
    """Reads texts against schemas; a compiled schema is kept for the next text."""

    def __init__(self) -> None:
        self._compiled: dict[str, tuple[Source, BamlRuntime]] = {}

    def read(self, text: str, schema: dict[str, Any] | None) -> Any:
        """The value. Raises NotExpressible, and what baml-py raises."""
        key = json.dumps(schema)
        if key not in self._compiled:
            source = Source(schema)
            try:
                runtime = BamlRuntime.from_files("src", {"a.baml": source.text()}, {})
            except BamlError as error:
                raise NotExpressible(f"BAML refuses its own source: {error}") from error
            self._compiled[key] = source, runtime
        source, runtime = self._compiled[key]
        classes = _Classes("classes")
        context = runtime.create_context_manager()
        value = runtime.parse_llm_response(
            "Read", text, _NoEnums("enums"), classes, classes, False, context, None, None, {},
        )  # fmt: skip
        return source.plain(value)
