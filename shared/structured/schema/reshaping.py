"""What a value may be instead of itself: a document in a string, wrapped, unwrapped, implied.

Tried only where a value does not fit as it stands. Each way is a change of structure, so it
costs more than any change inside, and no way may follow another that would undo it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any, NamedTuple

from shared.structured.schema.costs import IMPLIED, READ, UNMATCHED, UNWRAPPED, WRAPPED
from shared.structured.schema.names import fold
from shared.structured.schema.outcomes import Bad, Good, changed
from shared.structured.schema.shape import Node
from shared.structured.schema.structures import FREE, Cut, Steps, along, cheapest, fill_in, limited

Reader = Callable[[str], Any]
MAX_LOOKED_INTO = 50
"""Values of an object that may be the wrapped one."""


def reshaped(
    node: Node, value: Any, cut: Cut, mode: int, direct: Good | Bad, document: Reader
) -> Steps:
    """The direct reading, or where it fails a document, a wrapped, unwrapped or implied one."""
    if node.kind in ("never", "any", "null"):
        return direct
    if isinstance(direct, Good) and direct.cost < UNMATCHED:
        return direct
    if isinstance(value, str) and node.kind in ("object", "array"):
        inside = document(value)
        if isinstance(inside, list) or (isinstance(inside, dict) and node.kind == "object"):
            outcome = yield node, inside, None, min(mode, 1)
            if isinstance(outcome, Good):
                return changed(outcome, READ, "a JSON document inside a text, read")
            return outcome
    return (yield from _best_way(node, direct, _ways(node, value, cut, mode)))


class _Way(NamedTuple):
    """Something that a value may be instead. step: its place in the value, or in the result."""

    node: Node
    part: Any
    cut: Cut
    mode: int
    cost: int
    step: str | int
    note: str


def _best_way(node: Node, direct: Good | Bad, ways: list[_Way]) -> Steps:
    goods = [direct] if isinstance(direct, Good) else []
    worst = direct
    for way in ways:
        outcome = yield way.node, way.part, way.cut, way.mode
        if isinstance(outcome, Good):
            good = _taken(node, way, outcome)
            if isinstance(limited(node, good), Good):
                goods.append(good)
        elif isinstance(worst, Bad) and outcome.filled > worst.filled:
            worst = Bad([(way.step, outcome.notes)], outcome.filled)
    return cheapest(goods) or worst


def _taken(node: Node, way: _Way, outcome: Good) -> Good:
    if way.cost == UNWRAPPED:
        return changed(outcome, UNWRAPPED, way.note)
    made = Good([outcome.value], way.cost + outcome.cost, [way.note])
    if outcome.notes:
        made.notes.append((way.step, outcome.notes))
    if way.cost == IMPLIED:
        made.value = {way.step: outcome.value}
        fill_in(node, made, [], None)
    return made


def _ways(node: Node, value: Any, cut: Cut, mode: int) -> list[_Way]:
    ways: list[_Way] = []
    if mode and node.kind == "array" and not isinstance(value, list) and value is not None:
        inner = node.prefix[0] if node.prefix else node.items
        if inner is not None and len(node.prefix) < 2:
            ways.append(_Way(inner, value, cut, 0, WRAPPED, 0, "one value, put in a list"))
    if mode > 1 and isinstance(value, list) and len(value) == 1:
        note = "the only one of a list, taken out of it"
        ways.append(_Way(node, value[0], along(cut, 0), mode - 1, UNWRAPPED, 0, note))
    if mode > 1 and isinstance(value, dict):
        scalar = node.kind not in ("object", "array")
        for key, part in islice(value.items(), MAX_LOOKED_INTO):
            if len(value) == 1 if scalar else _holds_parts(part):
                note = f"taken out of {json.dumps(key[:80])} around it"
                ways.append(_Way(node, part, along(cut, key), mode - 1, UNWRAPPED, key, note))
    if mode == FREE and (name := _only_property(node)) and _may_imply(node, name, value):
        note = f"the value of {json.dumps(name)}, whose name is not in the text"
        ways.append(_Way(node.properties[name], value, cut, 0, IMPLIED, name, note))
    return ways


def _holds_parts(part: Any) -> bool:
    if isinstance(part, str):
        return part.lstrip()[:1] in ("{", "[")
    return isinstance(part, dict | list)


def _only_property(node: Node) -> str:
    names = list(node.properties) if len(node.properties) == 1 else list(node.required)
    return names[0] if len(names) == 1 and names[0] in node.properties else ""


def _may_imply(node: Node, name: str, value: Any) -> bool:
    if isinstance(value, str):
        return node.properties[name].kind == "string" and value.lstrip()[:1] not in ("{", "[", "")
    if isinstance(value, dict):
        return not any(key in node.properties or fold(key) in node.folded for key in value)
    return value is not None and not (isinstance(value, list) and (not value or None in value))
