"""A JSON Schema compiled for fitting: references followed, allOf merged, unions laid open.

Fitting asks the same few things of a schema again and again (which keys, which branches,
what may be absent), and a schema may refer to itself. So it is compiled once into nodes that
point at each other; jsonschema_rs keeps the last word on what satisfies it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import jsonschema_rs
from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from shared.structured.schema.names import fold
from shared.structured.schema.schemas import closed, depth_of, flat, inferred_types

MAX_SCHEMA_DEPTH = 100
MAX_NODES = 20_000
Schema = Mapping[str, Any] | bool | type[BaseModel]
"""What an answer may be fitted to."""
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
_LIMITS = [
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
]


@dataclass(eq=False, slots=True)
class Node:
    """One place of a schema. Written while compiling, and never after.

    kind: never, any, union, enum or a JSON type. additional: the node of other properties,
    None where they are kept as they are, False where there are none. checks: the limits
    (lengths, ranges, patterns) that a value of its own can be held against.
    """

    number: int
    kind: str = "any"
    choices: tuple[Any, ...] = ()
    branches: tuple[Node, ...] = ()
    properties: dict[str, Node] = field(default_factory=dict)
    folded: dict[str, list[str]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    defaults: dict[str, Any] = field(default_factory=dict)
    additional: Node | bool | None = None
    patterns: jsonschema_rs.Validator | None = None
    key_choices: tuple[Any, ...] = ()
    items: Node | None = None
    prefix: tuple[Node, ...] = ()
    checks: jsonschema_rs.Validator | None = None


@dataclass(frozen=True, eq=False)
class Shape:
    """A compiled schema; safe to share.

    root: where fitting begins. model: the class whose instance is wanted, or None.
    """

    root: Node
    model: type[BaseModel] | None
    schema: Any

    @cached_property
    def validator(self) -> jsonschema_rs.Validator:
        """Checks the schema as it stands; formats are annotations, values stay unnamed."""
        return validator_of(self.schema)

    @cached_property
    def exact(self) -> jsonschema_rs.Validator:
        """Passes what needs no change at all: no unknown keys, nothing left to a default."""
        return validator_of(closed(self.schema))


def shape_of(schema: Schema) -> Shape:
    """The compiled schema, from a bounded cache: classes by identity, others by their JSON.

    Raises ValueError with one sentence for what is no JSON Schema.
    """
    if isinstance(schema, type):
        return _of_model(schema)
    try:
        return _of_text(json.dumps(schema, allow_nan=False))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"the schema is not JSON: {str(error)[:200]}") from error


def validator_of(schema: Any) -> jsonschema_rs.Validator:
    """A validator that fetches nothing and names no values. Raises ValueError."""
    return jsonschema_rs.validator_for(
        schema, mask="the value", validate_formats=False, pattern_options=_PATTERNS, offline=True
    )


@lru_cache(maxsize=256)
def _of_model(model: type[BaseModel]) -> Shape:
    try:
        schema = model.model_json_schema()
    except (PydanticUserError, AttributeError, RecursionError) as error:
        raise ValueError(f"{model.__name__} has no JSON Schema: {str(error)[:200]}") from error
    return _compiled(schema, model)


@lru_cache(maxsize=256)
def _of_text(text: str) -> Shape:
    return _compiled(json.loads(text), None)


def _compiled(schema: Any, model: type[BaseModel] | None) -> Shape:
    if not isinstance(schema, dict | bool):
        raise ValueError(  # noqa: TRY004  # the one error that callers are promised
            f"a JSON Schema is an object or a boolean, not {type(schema).__name__}"
        )
    if depth_of(schema, MAX_SCHEMA_DEPTH) > MAX_SCHEMA_DEPTH:
        raise ValueError(f"the schema nests deeper than {MAX_SCHEMA_DEPTH} levels")
    try:
        validator_of(schema)
    except ValueError as error:
        raise ValueError(f"not a JSON Schema: {str(error).splitlines()[0][:300]}") from error
    return Shape(_Compiler(schema, drops_unknown=model is not None).root(), model, schema)


class _Compiler:
    """Makes nodes; the same parts of a schema make the same node, so cycles end."""

    def __init__(self, schema: Any, *, drops_unknown: bool) -> None:
        self._schema = schema
        self._drops_unknown = drops_unknown  # a model class ignores keys it does not know
        self._nodes: dict[tuple[int, ...], Node] = {}
        self._waiting: list[tuple[Node, list[Any]]] = []
        self._owns: dict[int, Any] = {}
        self._kept: list[Any] = []  # keeps made parts alive: nodes are known by their ids

    def root(self) -> Node:
        """The node of the whole schema, and with it all it leads to."""
        root = self._node([self._schema])
        unions: list[Node] = []
        while self._waiting:
            node, parts = self._waiting.pop()
            self._fill(node, parts)
            if node.kind == "union":
                unions.append(node)
        for union in reversed(unions):
            _merge_choices(union)
        return root

    def _node(self, schemas: list[Any]) -> Node:
        parts = [self._own(part) for part in flat(self._schema, schemas)]
        parts = [part for part in parts if part != {}]
        key = tuple(id(part) for part in parts)
        node = self._nodes.get(key)
        if node is None:
            if len(self._nodes) >= MAX_NODES:
                raise ValueError(f"the schema has more than {MAX_NODES:,} places")
            node = self._nodes[key] = Node(len(self._nodes))
            self._waiting.append((node, parts))
        return node

    def _own(self, part: Any) -> Any:
        """A part without what was followed already; always the same object for one part."""
        if not isinstance(part, dict) or not ("$ref" in part or "allOf" in part):
            return part
        if id(part) not in self._owns:
            self._owns[id(part)] = {k: v for k, v in part.items() if k not in ("$ref", "allOf")}
        return self._owns[id(part)]

    def _fill(self, node: Node, parts: list[Any]) -> None:
        if any(part is False for part in parts):
            node.kind = "never"
            return
        parts = [part for part in parts if isinstance(part, dict)]
        for part in parts:
            for word in ("anyOf", "oneOf"):
                if word in part:
                    self._open(node, parts, part, word)
                    return
        choices = _choices(parts)
        if choices is not None:
            node.kind, node.choices = "enum", choices
            return
        kinds = inferred_types(parts)
        if len(kinds) != 1:
            node.kind = (
                "union" if kinds else ("never" if any("type" in p for p in parts) else "any")
            )
            node.branches = tuple(self._typed(parts, kind) for kind in kinds)
            return
        node.kind = kinds[0]
        limits = [{"type": node.kind, **{k: p[k] for k in _LIMITS if k in p}} for p in parts]
        if any(len(limit) > 1 for limit in limits):
            node.checks = validator_of({"allOf": limits})
        if node.kind == "object":
            self._fill_object(node, parts)
        elif node.kind == "array":
            self._fill_array(node, parts)

    def _open(self, node: Node, parts: list[Any], part: Any, word: str) -> None:
        rest = self._keep({key: value for key, value in part.items() if key != word})
        others = [rest if other is part else other for other in parts]
        node.kind = "union"
        node.branches = tuple(self._node([*others, branch]) for branch in part[word])

    def _typed(self, parts: list[Any], kind: str) -> Node:
        rest = [{key: value for key, value in part.items() if key != "type"} for part in parts]
        return self._node([self._keep(part) for part in [*rest, {"type": kind}]])

    def _fill_object(self, node: Node, parts: list[Any]) -> None:
        for name in dict.fromkeys(name for part in parts for name in part.get("properties", {})):
            schemas = [p["properties"][name] for p in parts if name in p.get("properties", {})]
            node.properties[name] = self._node(schemas)
            node.folded.setdefault(fold(name), []).append(name)
            for found in flat(self._schema, schemas):
                if isinstance(found, dict) and "default" in found:
                    node.defaults.setdefault(name, found["default"])
        node.required = frozenset(name for part in parts for name in part.get("required", ()))
        patterns = [pattern for part in parts for pattern in part.get("patternProperties", {})]
        if patterns:
            node.patterns = validator_of({"anyOf": [{"pattern": pattern} for pattern in patterns]})
        others = [p["additionalProperties"] for p in parts if "additionalProperties" in p]
        if any(other is False for other in others):
            node.additional = False
        elif schemas := [other for other in others if other is not True]:
            node.additional = self._node(schemas)
        elif not others and self._drops_unknown and node.properties:
            node.additional = False
        names = [part["propertyNames"] for part in parts if "propertyNames" in part]
        keys = _choices([p for p in flat(self._schema, names) if isinstance(p, dict)])
        node.key_choices = keys or ()

    def _fill_array(self, node: Node, parts: list[Any]) -> None:
        for part in parts:
            items, prefix = part.get("items"), part.get("prefixItems", ())
            if isinstance(items, list):  # drafts before 2020-12
                items, prefix = part.get("additionalItems"), items
            if items is not None:
                node.items = self._node([items])
            if prefix:
                node.prefix = tuple(self._node([item]) for item in prefix)

    def _keep(self, part: Any) -> Any:
        self._kept.append(part)
        return part


def _choices(parts: list[Any]) -> tuple[Any, ...] | None:
    lists = [part["enum"] for part in parts if "enum" in part]
    lists += [[part["const"]] for part in parts if "const" in part]
    if not lists:
        return None
    spelled = [{json.dumps(item, sort_keys=True) for item in items} for items in lists[1:]]
    return tuple(
        item for item in lists[0] if all(json.dumps(item, sort_keys=True) in s for s in spelled)
    )


def _merge_choices(union: Node) -> None:
    """A union of enums is one enum: its values compete in one sentence."""
    if union.branches and all(branch.kind == "enum" for branch in union.branches):
        spelled = {json.dumps(c, sort_keys=True): c for c in _all_choices(union.branches)}
        union.kind, union.choices, union.branches = "enum", tuple(spelled.values()), ()


def _all_choices(nodes: tuple[Node, ...]) -> Iterator[Any]:
    for node in nodes:
        yield from node.choices
