"""Fits a JSON value to a schema: the cheapest reading that satisfies it, and every change.

The places of a value are fitted by generators that ask one loop for their parts, so depth
costs no stack, and each pair of place and value is fitted once, so unions and wrappers do
not multiply. MAX_ATTEMPTS bounds what remains.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.structured.result import Repair
from shared.structured.schema.costs import UNMATCHED
from shared.structured.schema.leaves import fit_scalar
from shared.structured.schema.outcomes import (
    MAX_FAULTS,
    Bad,
    Good,
    faults_of,
    pointer_step,
    repairs_of,
)
from shared.structured.schema.reshaping import Reader, reshaped
from shared.structured.schema.shape import Node, Shape
from shared.structured.schema.structures import FREE, Ask, Cut, fit_array, fit_object, fit_union

MAX_ATTEMPTS = 200_000
"""Places tried for one value, some 15 microseconds each; beyond it the answer is refused."""

MAX_INSIDE = 200_000
"""Characters of a string that may be a document itself; a longer one is a text."""

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


@dataclass(frozen=True, slots=True)
class Fit:
    """A value that satisfies the schema.

    value: plain JSON, or the model's instance. cost: 0 when nothing was changed. repairs:
    every change, with JSON Pointers into the value. filled: how many properties of the
    outermost object the text gave; of equally cheap drafts the fuller one is meant.
    """

    value: Any
    cost: int
    repairs: tuple[Repair, ...]
    filled: int = 0


class Unfit(Exception):
    """No reading satisfies the schema. faults: "pointer or 'the answer': why", at most 20."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def fit(
    shape: Shape,
    value: Any,
    *,
    cut: tuple[str | int, ...] | None = None,
    unfinished: bool = False,
    read: Callable[[str], Any] | None = None,
) -> Fit:
    """The value as the schema wants it. Raises Unfit with every fault of the best attempt.

    cut: keys and indexes to the innermost thing that was open when the text was cut off;
    None for a whole text. unfinished: that thing is a string without its end. read: reads
    a JSON document inside a string, raises ValueError.
    """
    if cut is None and _exact(shape, value):
        return finished(shape, Good(value, 0, [], len(value) if isinstance(value, dict) else 0))
    outcome = Fitter(read=read, unfinished=unfinished).fit(shape.root, value, cut)
    try:
        return finished(shape, outcome)
    except Unfit as error:
        if shape.model is None or cut is not None:
            raise
        try:
            return _by_the_model(shape, value)
        except Unfit:
            raise error from None


def finished(shape: Shape, outcome: Good | Bad) -> Fit:
    """The last check, by the schema's validator or the model class. Raises Unfit."""
    if isinstance(outcome, Bad):
        raise Unfit(faults_of(outcome.notes))
    value = outcome.value
    if shape.model is None:
        _check(shape, value)
    else:
        value = _instance(shape, value)
    return Fit(value, outcome.cost, repairs_of(outcome.notes), outcome.filled)


class Fitter:
    """One answer's fitting: what was tried already, and how much more may be."""

    def __init__(self, *, read: Reader | None = None, unfinished: bool = False) -> None:
        self._read = read
        self._unfinished = unfinished
        self._known: dict[tuple[int, int, int], Good | Bad | None] = {}
        self._documents: dict[str, Any] = {}
        self._attempts = 0

    def fit(self, node: Node, value: Any, cut: Cut = None) -> Good | Bad:
        """The cheapest reading of a value at a node, or why there is none."""
        stack: list[tuple[tuple[int, int, int] | None, Generator[Ask, Good | Bad, Good | Bad]]] = []
        ask: Ask | None = (node, value, cut, FREE)
        answer: Good | Bad = Bad([])
        while True:
            if ask is not None:
                key, ready = self._ready(ask)
                if ready is None:
                    stack.append((key, self._steps(*ask)))
                    ask = None
                    try:
                        ask = next(stack[-1][1])
                    except StopIteration as done:
                        answer = self._done(stack, done.value)
                    continue
                answer, ask = ready, None
            if not stack:
                return answer
            try:
                ask = stack[-1][1].send(answer)
            except StopIteration as done:
                answer = self._done(stack, done.value)

    def _done(self, stack: list[Any], answer: Good | Bad) -> Good | Bad:
        key, _ = stack.pop()
        if key is not None:
            self._known[key] = answer
        return answer

    def _ready(self, ask: Ask) -> tuple[tuple[int, int, int] | None, Good | Bad | None]:
        node, value, cut, mode = ask
        wanted = _TYPES.get(node.kind)
        if wanted is not None and cut is None and node.checks is None and isinstance(value, wanted):
            plain = not isinstance(value, bool) or node.kind == "boolean"
            if plain and not (isinstance(value, float) and not math.isfinite(value)):
                return None, Good(value, 0, [])
        self._attempts += 1
        if self._attempts > MAX_ATTEMPTS:
            raise Unfit((f"the answer: over {MAX_ATTEMPTS:,} places were tried",))
        if not isinstance(value, dict | list | str) or (cut is not None and isinstance(value, str)):
            return None, None  # equal texts may be one object; only one of them was cut
        key = (node.number, mode, id(value))
        if key in self._known:
            return key, self._known[key] or Bad(["has no end: the schema wraps it in itself"])
        self._known[key] = None
        return key, None

    def _steps(
        self, node: Node, value: Any, cut: Cut, mode: int
    ) -> Generator[Ask, Good | Bad, Good | Bad]:
        if cut == () and self._unfinished and isinstance(value, str) and node.kind != "union":
            free = node.kind in ("string", "any") and node.checks is None
            return Good(value, 0, []) if free else Bad(["the answer was cut off inside it"])
        direct: Good | Bad
        if node.kind == "union":
            return (yield from fit_union(node, value, cut, mode))
        if node.kind == "object" and isinstance(value, dict):
            direct = yield from fit_object(node, value, cut)
        elif node.kind == "array" and isinstance(value, list):
            direct = yield from fit_array(node, value, cut)
        else:
            direct = fit_scalar(node, value)
        return (yield from reshaped(node, value, cut, mode, direct, self._document))

    def _document(self, text: str) -> Any:
        """The JSON document in a string; None where there is none."""
        if self._read is None or len(text) > MAX_INSIDE:
            return None
        if not text.lstrip().startswith(("{", "[", "```")):
            return None
        if text not in self._documents:
            try:
                self._documents[text] = self._read(text)
            except ValueError:
                self._documents[text] = None
        return self._documents[text]


def _exact(shape: Shape, value: Any) -> bool:
    try:
        return shape.exact.is_valid(value) and shape.validator.is_valid(value)
    except ValueError:  # deeper than the validator goes, or a pattern beyond its budget
        return False


def _check(shape: Shape, value: Any) -> None:
    try:
        if shape.validator.is_valid(value):
            return
        faults: dict[str, None] = {}
        for error in shape.validator.iter_errors(value):
            where = "".join(map(pointer_step, error.instance_path)) or "the answer"
            faults[f"{where}: {error.message[:300]}"] = None
            if len(faults) == MAX_FAULTS:
                break
    except ValueError as error:
        raise Unfit((f"the answer: cannot be checked: {str(error)[:200]}",)) from error
    raise Unfit(tuple(faults))


def _by_the_model(shape: Shape, value: Any) -> Fit:
    """What a model reads by names and validators that its JSON Schema does not show.

    Raises Unfit, also if the model would leave something out.
    """
    instance = _instance(shape, value)
    known = instance.model_fields_set | (instance.__pydantic_extra__ or {}).keys()
    if isinstance(value, dict) and len(known) < len(value):
        raise Unfit((f"the answer: {shape.model.__name__} knows fewer keys than it has",))  # type: ignore[union-attr]
    note = Repair("", "read by the model's own names or validators")
    return Fit(instance, UNMATCHED, (note,), len(known))


def _instance(shape: Shape, value: Any) -> Any:
    assert shape.model is not None  # noqa: S101  # the caller looked
    try:
        try:
            return shape.model.model_validate_json(json.dumps(value), strict=True)
        except (ValueError, RecursionError):  # dates of Python's own, say, need lax validation
            return shape.model.model_validate(value)
    except ValidationError as error:
        faults = [
            f"{''.join(map(pointer_step, item['loc'])) or 'the answer'}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Unfit(tuple(faults[:MAX_FAULTS])) from error
    except Exception as error:  # a caller's validator may raise anything
        raise Unfit((f"the answer: a validator raised {type(error).__name__}",)) from error
