"""Reads an answer that has no JSON in it: a word, a number, `key: value` lines, a list.

Only what is written as a list or as lines with keys is read as one. Prose never becomes an
object, however well some word of it would fit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from shared.structured.schema.choices import NoChoice, boolean_named, choose, number_named
from shared.structured.schema.costs import COERCED, WORDS, WRAPPED
from shared.structured.schema.fitting import Fit, Fitter, Unfit, finished
from shared.structured.schema.names import fold
from shared.structured.schema.outcomes import Bad, Good, Note, changed
from shared.structured.schema.scalars import bare, boolean_in, null_in, number_in
from shared.structured.schema.shape import Node, Shape
from shared.structured.schema.structures import cheapest

MAX_KEY_CHARACTERS = 100
_BULLET = re.compile(r"([ \t]*+)(?:[-*•‣]|\d{1,4}[.)])[ \t]++(?=\S)")
_COMMA = re.compile(r"[,、，،;；]")
_SCALARS = frozenset({"enum", "string", "boolean", "integer", "number"})
_MAX_PIECE_WORDS = 4
"""A piece between commas with more words is part of a sentence, not of a list."""


def fit_text(shape: Shape, text: str) -> Fit:
    """The value that a text without JSON states. Raises Unfit."""
    stripped = text.strip()
    if not stripped:
        raise Unfit(("the answer: is empty",))
    return finished(shape, _stated(shape.root, stripped, frozenset()))


def _stated(node: Node, text: str, above: frozenset[int]) -> Good | Bad:
    if node.kind == "union":
        return _union(node, text, above)
    if node.kind in ("string", "any"):
        return Good(text, 0, ["the whole text, taken as the value"])
    if node.kind == "object":
        return _object(node, text)
    if node.kind == "array":
        return _array(node, text)
    try:
        return _scalar(node, text)
    except NoChoice as error:
        return Bad([str(error)])


def _union(node: Node, text: str, above: frozenset[int]) -> Good | Bad:
    goods: list[Good] = []
    worst: Good | Bad = Bad(["no branch of the schema can be read from this text"])
    for branch in node.branches:
        if branch.number in above:
            continue
        outcome = _stated(branch, text, above | {node.number})
        if isinstance(outcome, Good):
            goods.append(outcome)
        elif outcome.filled or len(node.branches) == 1:
            worst = outcome
    return cheapest(goods) or worst


def _scalar(node: Node, text: str) -> Good:
    if node.kind == "enum":
        choice = choose(node.choices, text)
        return Good(choice.value, choice.cost, [choice.what or "the text, taken as the value"])
    if node.kind == "null" and null_in(text):
        return Good(None, COERCED, ["text, read as null"])
    if node.kind == "boolean":
        plain = boolean_in(text)
        value: Any = boolean_named(text) if plain is None else plain
        return _spoken(value, plain is not None)
    if node.kind in ("integer", "number"):
        number = number_in(text)
        outcome = Fitter().fit(node, number_named(text) if number is None else number)
        if isinstance(outcome, Bad):
            raise NoChoice(str(outcome.notes[0]))
        return _spoken(outcome.value, number is not None)
    raise NoChoice(f"cannot be read as {node.kind}")


def _spoken(value: Any, alone: bool) -> Good:  # noqa: FBT001  # one call each way
    if alone:
        return Good(value, COERCED, ["text, read as the value"])
    return Good(value, WORDS, ["named in a sentence"])


def _array(node: Node, text: str) -> Good | Bad:
    """Bullets, or pieces between commas, or one value."""
    inner = node.items
    if inner is None or node.prefix or not _is_scalar(inner):
        return Bad(["a list cannot be read from words here"])
    lines = text.splitlines()
    pieces, notes = _bulleted(lines)
    if not pieces and len(lines) == 1:
        pieces, notes = _between_commas(text), []
    if pieces:
        good = Fitter().fit(node, pieces)
        return (
            changed(good, WORDS, "; ".join(notes or ["a list in words"]))
            if (isinstance(good, Good))
            else good
        )
    if inner.kind == "string" and len(lines) > 1:
        return Bad(["several lines that are no list"])
    one = _stated(inner, text, frozenset())
    if isinstance(one, Bad):
        return one
    return Good([one.value], one.cost + WRAPPED, ["one value, put in a list", (0, one.notes)])


def _is_scalar(node: Node) -> bool:
    if node.kind == "union":
        return all(branch.kind in _SCALARS or branch.kind == "null" for branch in node.branches)
    return node.kind in _SCALARS


def _bulleted(lines: list[str]) -> tuple[list[str], list[str]]:
    """The items of a bullet list, one a line, all at one level; none where there is no list."""
    items: list[str] = []
    indents: set[str] = set()
    prose = 0
    for line in lines:
        if found := _BULLET.match(line):
            items.append(_unquoted(line[found.end() :].strip()))
            indents.add(found[1])
        elif line.strip():
            prose += 1
    if len(indents) > 1:
        return [], []
    notes = ["a list in words"] + (
        [f"lines of prose around it: {prose}, left out"] if prose else []
    )
    return items, notes


def _between_commas(text: str) -> list[str]:
    inside = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
    pieces = [_unquoted(piece.strip()) for piece in _COMMA.split(inside)]
    if inside is text and len(pieces) < 2:
        return []
    short = all(piece and len(piece.split()) <= _MAX_PIECE_WORDS for piece in pieces)
    return pieces if short else []


def _unquoted(text: str) -> str:
    for mark in ("**", "__", "`", '"', "'"):
        inner = text[len(mark) : -len(mark)]
        if len(text) >= 2 * len(mark) and text == f"{mark}{inner}{mark}" and mark not in inner:
            return inner.strip() if mark in ("**", "__") else inner
    return text


@dataclass(slots=True)
class _Entry:
    """A property's lines: what stands after its key, and what follows."""

    name: str
    first: str
    more: list[str] = field(default_factory=list)


def _object(node: Node, text: str) -> Good | Bad:
    """`key: value` lines whose keys are the schema's; lines before the first are prose."""
    entries: list[_Entry] = []
    prose = 0
    for line in text.splitlines():
        key = _keyed(node, line)
        if key is not None:
            entries.append(_Entry(*key))
        elif entries:
            entries[-1].more.append(line)
        elif line.strip():
            prose += 1
    if not entries:
        return Bad(["no JSON and no line of the form `key: value` with a key of the schema"])
    value, faults = _values(node, entries)
    if faults:
        return Bad(faults, len(value))
    outcome = Fitter().fit(node, value)
    if isinstance(outcome, Bad):
        return outcome
    note = "`key: value` lines, read as an object"
    if prose:
        note += f"; lines of prose before them: {prose}, left out"
    return changed(outcome, WORDS, note)


def _values(node: Node, entries: list[_Entry]) -> tuple[dict[str, Any], list[Note]]:
    value: dict[str, Any] = {}
    faults: list[Note] = []
    for entry in entries:
        read = _entry_value(node.properties[entry.name], entry)
        if isinstance(read, Bad):
            faults.append((entry.name, read.notes))
        elif entry.name in value and value[entry.name] != read:
            faults.append((entry.name, ["ambiguous: stands twice with different values"]))
        elif read:  # nothing after a key is a missing value, not an empty one
            value[entry.name] = read
    return value, faults


def _keyed(node: Node, line: str) -> tuple[str, str] | None:
    """The property and the value of a `key: value` or `key = value` line; else None."""
    start = found.end() if (found := _BULLET.match(line)) else 0
    places = [
        at for sign in ":=：" if (at := line.find(sign, start, start + MAX_KEY_CHARACTERS)) > 0
    ]
    if not places:
        return None
    key, after = line[start : min(places)], line[min(places) + 1 :].strip()
    if key.strip().startswith("**") and after.startswith("**"):  # **Key:** value
        after = after[2:].strip()
    plain = bare(key)
    if plain in node.properties:
        return plain, after
    named = node.folded.get(fold(plain), [])
    return (named[0], after) if len(named) == 1 else None


def _entry_value(node: Node, entry: _Entry) -> str | list[str] | Bad:
    following = [line for line in entry.more if line.strip()]
    kinds = {branch.kind for branch in node.branches} if node.kind == "union" else {node.kind}
    if "array" in kinds:
        return _entry_list(entry, following)
    if not following:
        return _unquoted(entry.first)
    if "string" in kinds:
        return "\n".join([entry.first, *entry.more]).strip()
    if entry.first and not entry.more[0].strip():
        return _unquoted(entry.first)  # prose after a blank line
    return Bad(["goes on over several lines; only a text may"])


def _entry_list(entry: _Entry, following: list[str]) -> str | list[str] | Bad:
    if entry.first and not following:
        return _between_commas(entry.first) or _unquoted(entry.first)
    items, _ = _bulleted(following)
    if entry.first or len(items) != len(following):
        return Bad(["lines that are no list of one level"])
    return items
