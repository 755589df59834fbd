"""Makes the whole answer: JSON that the schema takes, JSON asked for in words, or prose.

A value is made, validated, and made again with other choices where the validator points.
When that leads nowhere the schema is rewritten to its canonical form, which spells out
`not`, `oneOf` and `if`, and the same is tried on that.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs

from services.gateway.mock.effort import MAX_WEIGHT, cases, weight
from services.gateway.mock.leaves import ROOMY
from services.gateway.mock.loose import Loose
from services.gateway.mock.phrases import Writer
from services.gateway.mock.reading import Schema
from services.gateway.mock.schemas import TYPES, Budget, Path, Schemas, Unsatisfiable
from services.gateway.mock.slots import Slot, slot_of
from services.gateway.mock.texts import PATTERN_OPTIONS
from services.gateway.mock.values import Composer

MAX_VALUES = 20_000
"""Values made in all rounds together, long texts and checks counted in."""
ROUNDS = 16
"""Values made for one form of a schema before it is given up."""
ERRORS_READ = 8
"""Faults of one value that lead to other choices."""
STUCK = 4
"""Refused so often at one path, the path above is chosen anew too."""
MAX_COMPILED = 32
MAX_CANONICAL_CHARACTERS = 20_000
MAX_CANONICAL_CASES = 256
"""Cases that a canonical form may have; their number is a product and can explode."""


class _Compiled:
    """A schema made ready: kept for the next call, since callers ask for the same form."""

    def __init__(self, text: str) -> None:
        self._schema: dict[str, Any] | bool = json.loads(text)
        self._small = len(text) <= MAX_CANONICAL_CHARACTERS
        self.plain = self._validator(formats=False)
        self.strict = self._validator(formats=True) if '"format"' in text else self.plain
        self._written = Schemas(self._schema)
        if weight(self._written) > MAX_WEIGHT:
            raise Unsatisfiable

    def _validator(self, *, formats: bool) -> jsonschema_rs.Validator:
        return jsonschema_rs.validator_for(
            self._schema, validate_formats=formats, pattern_options=PATTERN_OPTIONS, offline=True
        )

    def forms(self) -> Iterator[Schemas]:
        """The schema as it is written, then its canonical form where that is small."""
        yield self._written
        if self._canonical is not None:
            yield self._canonical

    @cached_property
    def _canonical(self) -> Schemas | None:
        if not self._small or cases(self._schema) > MAX_CANONICAL_CASES:
            return None
        try:
            written = jsonschema_rs.canonicalize(self._schema, offline=True).to_json_schema()
        except ValueError:
            return None
        return Schemas(written) if isinstance(written, dict | bool) else None


@lru_cache(maxsize=MAX_COMPILED)
def _compiled(text: str) -> _Compiled:
    return _Compiled(text)


def json_answer(schema: Schema, new_writer: Callable[[], Writer], seed: int) -> Any:
    """A value that the schema takes. Raises Unsatisfiable.

    new_writer: gives the same fresh writer each time, so that rounds differ only where
    they must.
    """
    try:
        compiled = _compiled(json.dumps(schema))
    except ValueError as error:
        raise Unsatisfiable from error
    budget = Budget(MAX_VALUES)
    for schemas in compiled.forms():
        value = _attempt(schemas, compiled, new_writer, seed, budget)
        if value is not None:
            return value[0]
    raise Unsatisfiable


def _attempt(
    schemas: Schemas,
    compiled: _Compiled,
    new_writer: Callable[[], Writer],
    seed: int,
    budget: Budget,
) -> tuple[Any] | None:
    """A value that is valid, formats included if that can be had; None when there is none.

    Formats are hints: https://json-schema.org/draft/2020-12/json-schema-validation#section-7
    """
    refused: Counter[Path] = Counter()
    without_formats: tuple[Any] | None = None
    for _ in range(ROUNDS):
        if budget.spent:
            break
        chance = random.Random(seed)  # noqa: S311
        composer = Composer(schemas, new_writer(), chance, refused, budget)
        try:
            value = composer.answer()
        except Unsatisfiable as error:
            _refuse(refused, {error.path})
            continue
        faults = _faults(compiled.plain, value)
        if not faults:
            without_formats = without_formats or (value,)
            strict = compiled.strict is not compiled.plain
            faults = _faults(compiled.strict, value) if strict else faults
            if not faults:
                return (value,)
        _refuse(refused, faults)
    return without_formats


def _faults(validator: jsonschema_rs.Validator, value: Any) -> set[Path]:
    errors = islice(validator.iter_errors(value), ERRORS_READ)
    return {tuple(error.instance_path) for error in errors}


def _refuse(refused: Counter[Path], paths: set[Path]) -> None:
    for path in paths:
        refused[path] += 1
        if path and refused[path] % STUCK == 0:
            refused[path[:-1]] += 1


def schema_of(form: Loose | None) -> Schema:
    """The schema of an answer whose form was only shown: `{"title", "steps": [...]}`."""
    if isinstance(form, dict) and isinstance(form.get("properties"), dict):
        return _written_schema(form)
    if isinstance(form, dict) and form:
        return {
            "type": "object",
            "properties": {key: _part_of(key, value) for key, value in form.items()},
            "required": list(form),
        }
    if isinstance(form, list):
        return {"type": "array", "minItems": 1, "items": _part_of("", form[0]) if form else {}}
    return {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def _part_of(name: str, value: Loose) -> Schema:
    if not isinstance(value, str):
        return schema_of(value)
    options = list(dict.fromkeys(part.strip() for part in value.split("|") if part.strip()))
    if "|" in value and options:
        return {"enum": options}
    slot = slot_of(name, "")
    if slot is Slot.SHARE:
        return {"type": "number", "minimum": 0, "maximum": 1}
    if value.replace(".", "", 1).isdigit():
        return {"type": "number", "minimum": 0}
    if value in {"true", "false"}:
        return {"type": "boolean"}
    return {"type": "string", **({"maxLength": ROOMY // 2} if slot is Slot.UNKNOWN else {})}


def _written_schema(form: dict[str, Loose]) -> Schema:
    """A schema that stands in the prompt, as far as its shape goes."""
    kind = form.get("type")
    properties = form.get("properties")
    if isinstance(properties, dict):
        parts = {
            name: _written_schema(part) if isinstance(part, dict) else {}
            for name, part in properties.items()
        }
        return {"type": "object", "properties": parts, "required": list(parts)}
    items = form.get("items")
    if isinstance(items, dict):
        return {"type": "array", "minItems": 1, "items": _written_schema(items)}
    listed = form.get("enum")
    if isinstance(listed, list) and all(isinstance(value, str) for value in listed) and listed:
        return {"enum": listed}
    return {"type": kind} if isinstance(kind, str) and kind in TYPES else {"type": "string"}
