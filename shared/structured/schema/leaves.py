"""Values without parts: an enum, a scalar type, anything, nothing."""

from __future__ import annotations

import math
from typing import Any

from shared.structured.schema.choices import NoChoice, boolean_named, choose
from shared.structured.schema.costs import COERCED, WORDS
from shared.structured.schema.outcomes import Bad, Good
from shared.structured.schema.scalars import boolean_in, null_in, number_in, text_of, whole
from shared.structured.schema.shape import Node


def fit_scalar(node: Node, value: Any) -> Good | Bad:
    """A value at a node without parts: never, any, an enum or a scalar type."""
    if node.kind == "any":
        return Good(value, 0, [])
    if node.kind == "never":
        return Bad(["nothing is allowed here"])
    try:
        good = _scalar(node, value)
    except (NoChoice, ValueError) as error:
        return Bad([str(error)])
    if node.checks is not None and not node.checks.is_valid(good.value):
        return Bad([*(error.message for error in node.checks.iter_errors(good.value))])
    return good


def _scalar(node: Node, value: Any) -> Good:
    if node.kind == "enum":
        choice = choose(node.choices, value)
        return Good(choice.value, choice.cost, [choice.what] if choice.cost else [])
    if node.kind == "boolean":
        return _boolean(value)
    if node.kind in ("integer", "number"):
        return _number(node.kind, value)
    if node.kind == "null" and isinstance(value, str) and null_in(value):
        return Good(None, COERCED, ["text, read as null"])
    if value is None if node.kind == "null" else isinstance(value, str) and node.kind == "string":
        return Good(value, 0, [])
    if node.kind == "string" and isinstance(value, int | float):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        return Good(text_of(value), COERCED, [f"{kind}, read as text"])
    raise NoChoice(f"is {_name(value)}; {_article(node.kind)} is wanted")


def _boolean(value: Any) -> Good:
    if isinstance(value, bool):
        return Good(value, 0, [])
    if isinstance(value, int | float) and value in (0, 1):
        return Good(value == 1, COERCED, ["a number, read as a boolean"])
    if not isinstance(value, str):
        raise NoChoice(f"is {_name(value)}; a boolean is wanted")
    read = boolean_in(value)
    if read is not None:
        return Good(read, COERCED, ["text, read as a boolean"])
    return Good(boolean_named(value), WORDS, ["named in a sentence"])


def _number(kind: str, value: Any) -> Good:
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise NoChoice(f"is {_name(value)} that is no one number; {_article(kind)} is wanted")
    if isinstance(number, float) and not math.isfinite(number):
        raise NoChoice("is not finite")
    if kind == "integer":
        exact = whole(number)
        if exact is None:
            raise NoChoice("has a fraction; an integer is wanted, and nothing is rounded")
        number, cost = exact, 0 if type(value) is int else COERCED
        note = "text, read as a number" if isinstance(value, str) else "written as an integer"
        return Good(number, cost, [note] if cost else [])
    if isinstance(value, str):
        return Good(number, COERCED, ["text, read as a number"])
    return Good(number, 0, [])


def _name(value: Any) -> str:
    if value is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean"}
    return names.get(type(value), "a number")


def _article(kind: str) -> str:
    return kind if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
