"""The parsers that the bench compares, each in a process of its own.

Some of them hang or take the process down on hostile input. So a library is asked through a
child, which is ended after LIMIT_SECONDS and replaced; a library that is missing is no fault.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Literal, Self

from bench_json_cases import Case
from pydantic_core import SchemaError, SchemaValidator, core_schema

LIMIT_SECONDS = 5.0
"""Longer for one document is a failure of the reader."""

START_SECONDS = 60.0
"""For a child to import its library."""

OURS = "attune"
Schema = dict[str, Any] | None
Read = Callable[[str, Schema], tuple[Any, bool]]
Kind = Literal["value", "error", "unforeseen", "inexpressible", "slow", "crashed"]


class NotInstalled(Exception):
    """The library is not there; what is missing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one text.

    kind: "error" is one that the library states, "unforeseen" any other (a RecursionError),
    "inexpressible" a schema that the library has no words for. complete: False where the
    reader itself says that the text was cut off. seconds: of the reading alone.
    """

    kind: Kind
    value: Any = None
    complete: bool = True
    seconds: float = 0.0
    note: str = ""

    @property
    def failed(self) -> bool:
        """Whether it took too long, or ended as no caller expects."""
        return self.kind in {"unforeseen", "slow", "crashed"} or self.seconds > LIMIT_SECONDS


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case, what came of it, and whether that is right."""

    case: Case
    outcome: Outcome
    mark: Literal["exact", "wrong", "error"]


def judged(case: Case, outcome: Outcome) -> Verdict:
    """A value is exact or wrong; an error is exact where no value is right."""
    if outcome.kind == "value":
        return Verdict(case, outcome, "exact" if case.accepts(outcome.value) else "wrong")
    right = case.is_error and outcome.kind == "error"
    return Verdict(case, outcome, "exact" if right else "error")


def read_cases(library: str, cases: Iterable[Case]) -> list[Verdict]:
    """Every case read by the library. Raises NotInstalled."""
    with Child(library) as child:
        return [judged(case, child.ask(case.text, case.schema)) for case in cases]


class Child:
    """A process with one library in it. Raises NotInstalled when it is made."""

    def __init__(self, library: str) -> None:
        self._library = library
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._library), daemon=True)
        self._process.start()
        theirs.close()
        if not self._connection.poll(START_SECONDS):
            self.close()
            raise NotInstalled(f"{self._library} did not start in {START_SECONDS:.0f} s")
        missing = self._connection.recv()
        if missing:
            self.close()
            raise NotInstalled(missing)

    def ask(self, text: str, schema: Schema, *, keep: bool = True) -> Outcome:
        """What comes of `text`; without `keep`, not the value itself."""
        try:
            self._connection.send((text, schema, keep))
            if self._connection.poll(LIMIT_SECONDS):
                outcome: Outcome = self._connection.recv()
                return outcome
            kind: Kind = "slow"
        except (EOFError, ConnectionError):
            kind = "crashed"
            self._process.join(LIMIT_SECONDS)  # for its exit code
        self.close()
        ended = Outcome(
            kind, seconds=LIMIT_SECONDS if kind == "slow" else 0.0,
            note=f"exit code {self._process.exitcode}" if kind == "crashed" else "",
        )  # fmt: skip
        self._start()
        return ended

    def close(self) -> None:
        """Ends the process, also in the middle of a text."""
        self._connection.close()
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _serve(connection: Connection, library: str) -> None:
    try:
        read, refusals = LIBRARIES[library]()
    except ImportError as error:
        connection.send(str(error))
        return
    connection.send("")
    while True:
        try:
            text, schema, keep = connection.recv()
        except EOFError:
            return
        began = time.perf_counter()
        outcome = _attempt(read, refusals, text, schema)
        outcome = replace(outcome, seconds=time.perf_counter() - began)
        connection.send(outcome if keep else replace(outcome, value=None))


def _attempt(
    read: Read, refusals: tuple[type[Exception], ...], text: str, schema: Schema
) -> Outcome:
    try:
        value, complete = read(text, schema)
    except _Inexpressible as error:
        return Outcome("inexpressible", note=str(error)[:200])
    except refusals as error:
        return Outcome("error", note=str(error)[:200])
    except Exception as error:  # noqa: BLE001 - whatever a library raises is what is measured
        return Outcome("unforeseen", note=f"{type(error).__name__}: {error}"[:200])
    return Outcome("value", value, complete)


class _Inexpressible(Exception):
    """The library has no words for the schema."""


def _attune() -> tuple[Read, tuple[type[Exception], ...]]:
    from shared.structured import IntelligentJsonParser, ParseError

    parser = IntelligentJsonParser()

    def read(text: str, schema: Schema) -> tuple[Any, bool]:
        result = parser.parse(text, schema)
        return result.value, result.complete

    return read, (ParseError,)


def _json_repair() -> tuple[Read, tuple[type[Exception], ...]]:
    import json_repair

    fitted = Fitted()

    def read(text: str, schema: Schema) -> tuple[Any, bool]:
        value = json_repair.loads(text)
        if value == "" and '""' not in text:
            raise ValueError("json_repair's empty string, which stands for nothing")
        return fitted(value, schema), True

    return read, (ValueError,)


def _jiter(*, partial: bool) -> tuple[Read, tuple[type[Exception], ...]]:
    import jiter

    fitted = Fitted()

    def read(text: str, schema: Schema) -> tuple[Any, bool]:
        mode: Literal["off", "trailing-strings"] = "trailing-strings" if partial else "off"
        return fitted(jiter.from_json(text.encode(), partial_mode=mode), schema), True

    return read, (ValueError,)


def _baml() -> tuple[Read, tuple[type[Exception], ...]]:
    # It logs every text that it cannot read; a backtrace with each would cost its time.
    os.environ.update(BAML_LOG="off", RUST_BACKTRACE="0", RUST_LIB_BACKTRACE="0")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    from baml_py.errors import BamlError
    from bench_json_baml import BamlReader, NotExpressible

    reader = BamlReader()

    def read(text: str, schema: Schema) -> tuple[Any, bool]:
        try:
            return reader.read(text, schema), True
        except NotExpressible as error:
            raise _Inexpressible(str(error)) from error

    return read, (BamlError,)


LIBRARIES: dict[str, Callable[[], tuple[Read, tuple[type[Exception], ...]]]] = {
    OURS: _attune,
    "json_repair": _json_repair,
    "jiter": lambda: _jiter(partial=False),
    "jiter partial": lambda: _jiter(partial=True),
    "baml-py": _baml,
}


class Fitted:
    """Pydantic's validation of a value, for libraries that know no schemas.

    The schema is given to pydantic's engine as the model class that it may have come from:
    values are converted as pydantic does by default, and keys that are not stated are left
    out. Then jsonschema-rs checks the result against the whole schema.
    """

    def __init__(self) -> None:
        self._validators: dict[str, tuple[SchemaValidator, Any]] = {}

    def __call__(self, value: Any, schema: Schema) -> Any:
        """The converted value; as it is without a schema. Raises ValueError."""
        if schema is None:
            return value
        import jsonschema_rs

        key = repr(schema)
        if key not in self._validators:
            check = jsonschema_rs.validator_for(schema)
            try:
                engine = SchemaValidator(_with_definitions(schema))
            except SchemaError as error:
                raise _Inexpressible(str(error)) from error
            self._validators[key] = engine, check
        engine, check = self._validators[key]
        converted = engine.validate_python(value)
        check.validate(converted)
        return converted


def _with_definitions(schema: dict[str, Any]) -> core_schema.CoreSchema:
    definitions = [
        {**_core(inner), "ref": f"#/$defs/{name}"}
        for name, inner in schema.get("$defs", {}).items()
    ]
    whole = _core(schema)
    return core_schema.definitions_schema(whole, definitions) if definitions else whole  # type: ignore[arg-type]


def _core(schema: dict[str, Any]) -> core_schema.CoreSchema:
    """Of what has no counterpart here, anything: the last check is the schema's own."""
    made: core_schema.CoreSchema = core_schema.any_schema()
    match schema:
        case {"$ref": str(reference)}:
            made = core_schema.definition_reference_schema(reference)
        case {"anyOf": options} | {"oneOf": options}:
            made = core_schema.union_schema([_core(option) for option in options])
        case {"const": value}:
            made = core_schema.literal_schema([value])
        case {"enum": values}:
            made = core_schema.literal_schema(values)
        case {"type": "array"}:
            made = core_schema.list_schema(_core(schema.get("items", {})))
        case {"type": "object", "properties": properties}:
            made = _object(properties, schema)
        case {"type": "object", "additionalProperties": dict(inner)}:
            made = core_schema.dict_schema(core_schema.str_schema(), _core(inner))
        case {"type": "object"}:
            made = core_schema.dict_schema(core_schema.str_schema())
        case {"type": str(kind)} if kind in _SCALARS:
            made = _SCALARS[kind]()
    return made


_SCALARS: dict[str, Callable[[], core_schema.CoreSchema]] = {
    "string": core_schema.str_schema,
    "integer": core_schema.int_schema,
    "number": core_schema.float_schema,
    "boolean": core_schema.bool_schema,
    "null": core_schema.none_schema,
}


def _object(properties: dict[str, Any], schema: dict[str, Any]) -> core_schema.CoreSchema:
    fields = {}
    for key, value in properties.items():
        inner = _core(value)
        if "default" in value:
            inner = core_schema.with_default_schema(inner, default=value["default"])
        fields[key] = core_schema.typed_dict_field(
            inner, required=key in schema.get("required", ()) and "default" not in value
        )
    kept: Literal["allow", "ignore"] = (
        "ignore" if schema.get("additionalProperties") in (None, False) else "allow"
    )
    return core_schema.typed_dict_schema(fields, extra_behavior=kept)
