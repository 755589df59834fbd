"""Objects, lists and unions, fitted part by part.

Each function is a generator: it yields what it wants fitted and is sent the outcome.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Generator
from typing import Any

from shared.structured.schema.choices import NoChoice, choose, same
from shared.structured.schema.costs import (
    CUT,
    DEFAULT,
    EMPTY,
    PARTS,
    SPELLING,
    UNKNOWN_KEY,
    UNMATCHED,
)
from shared.structured.schema.names import fold
from shared.structured.schema.outcomes import Bad, Good, Note
from shared.structured.schema.shape import Node

FREE = 4
"""How a value may be reshaped: 4 in every way; 3, 2, 1 after so many of three unwrappings,
wrapping still allowed; 0 in no way."""
Cut = tuple[str | int, ...] | None
Ask = tuple[Node, Any, Cut, int]
Steps = Generator[Ask, Good | Bad, Good | Bad]

_LEFT_OUT = "cut off: left out"
_CAME_NOT = "the answer was cut off before it came"


def fit_union(node: Node, value: Any, cut: Cut, mode: int) -> Steps:
    """The cheapest branch; of equally cheap ones the fuller; different values are ambiguous."""
    goods: list[Good] = []
    worst = Bad(["no branch of the schema allows it"], -1)
    for branch in node.branches:
        outcome = yield branch, value, cut, mode
        if isinstance(outcome, Good):
            goods.append(outcome)
            if outcome.cost == 0 and not isinstance(value, dict | list):
                break
        elif (outcome.filled, -len(outcome.notes)) > (worst.filled, -len(worst.notes)):
            worst = outcome
    return cheapest(goods) or worst


def cheapest(goods: list[Good]) -> Good | Bad | None:
    """The cheapest of several readings; Bad where two that cost the same differ."""
    if not goods:
        return None
    best = min(goods, key=lambda good: (good.cost, -good.filled))
    rivals = [good for good in goods if (good.cost, good.filled) == (best.cost, best.filled)]
    if best.cost and any(not same(rival.value, best.value) for rival in rivals):
        return Bad(["ambiguous: two readings fit equally well"], best.filled)
    return best


def fit_array(node: Node, value: list[Any], cut: Cut) -> Steps:
    """Each item by its place; with `cut`, the last one may be left out."""
    made: list[Any] = []
    notes: list[Note] = []
    faults: list[Note] = []
    cost = 0
    for index, item in enumerate(value):
        inner = node.prefix[index] if index < len(node.prefix) else node.items
        if inner is None:
            made.append(item)
            continue
        outcome = yield inner, item, along(cut, index), FREE
        if isinstance(outcome, Good):
            made.append(outcome.value)
            cost += outcome.cost
            if outcome.notes:
                notes.append((index, outcome.notes))
        elif cut is not None and index == len(value) - 1:
            notes.append((index, [_LEFT_OUT]))
            cost += CUT
        elif len(faults) < 20:
            faults.append((index, outcome.notes))
    if faults:
        return Bad(faults)
    return limited(node, Good(made, cost, notes))


def fit_object(node: Node, value: dict[str, Any], cut: Cut) -> Steps:
    """Properties by name, then what is not known, then what is missing."""
    names, faults = _names(node, value)
    good = Good({}, 0, [])
    for key, item in value.items():
        name = names.get(key, key)
        if name is None:
            _leave_out(good, key, "says the same again")
            continue
        known = name in node.properties
        inner = node.properties[name] if known else _unknown(node, key, item, good)
        if inner is False:
            continue
        outcome: Good | Bad = Good(item, 0, [])
        if isinstance(inner, Node):
            outcome = yield inner, item, along(cut, key), FREE
        if isinstance(outcome, Good):
            name = name if known else _map_key(node, name, good, faults)
            _put(good, name, outcome, spelled=name == key, known=known)
        elif not _let_go(node, value, key, name, cut, good):
            faults.append((key, outcome.notes))
    fill_in(node, good, faults, cut)
    return _judged(node, value, good, faults)


def _let_go(node: Node, value: dict[str, Any], key: str, name: str, cut: Cut, good: Good) -> bool:
    """Whether a value that does not fit may go: it was cut off, or is null and optional."""
    last = None if cut is None else cut[0] if cut else next(reversed(value))
    if key == last:
        good.notes.append((name, [_LEFT_OUT]))
        good.cost += CUT
        return True
    optional = name in node.properties and name not in node.required | node.defaults.keys()
    if value[key] is None and optional:
        good.notes.append((name, ["null for an optional property: left out"]))
        good.cost += EMPTY
        return True
    return False


def _judged(node: Node, value: dict[str, Any], good: Good, faults: list[Note]) -> Good | Bad:
    if faults:
        return Bad(faults, good.filled)
    if value and node.properties and not good.filled and not isinstance(node.additional, Node):
        if node.additional is False:
            return Bad(["none of its keys is in the schema"])
        good.cost += UNMATCHED
    return limited(node, good)


def _names(node: Node, value: dict[str, Any]) -> tuple[dict[str, str | None], list[Note]]:
    """The property of each key that has one; None for a key whose property came already."""
    names: dict[str, str | None] = {}
    faults: list[Note] = []
    taken: dict[str, str] = {}
    for exact in node.properties.keys() & value.keys():
        names[exact] = taken[exact] = exact
    for key, item in value.items():
        if key in names or not node.properties or not (found := node.folded.get(fold(key))):
            continue
        alike = [name for name in found if name.casefold() == key.casefold()] or found
        if len(alike) > 1:
            faults.append((key, ["ambiguous: several properties are spelled like it"]))
        elif alike[0] not in taken:
            names[key] = alike[0]
            taken[alike[0]] = key
        elif same(value[taken[alike[0]]], item):
            names[key] = None
        elif taken[alike[0]] != alike[0]:
            faults.append((key, ["ambiguous: two keys are spelled like one property"]))
    return names, faults


def _unknown(node: Node, key: str, item: Any, good: Good) -> Node | bool | None:
    """What holds for a key without a property; False where it is left out."""
    if node.patterns and node.patterns.is_valid(key):
        return True
    if node.additional is False:
        _leave_out(good, key, "is not in the schema")
        good.cost += PARTS if item and isinstance(item, dict | list) else 0
    return node.additional


def _leave_out(good: Good, key: str, why: str) -> None:
    good.notes.append(f"{json.dumps(key[:80])} {why}: left out")
    good.cost += UNKNOWN_KEY


def _map_key(node: Node, key: str, good: Good, faults: list[Note]) -> str:
    if not node.key_choices:
        return key
    try:
        choice = choose(node.key_choices, key)
    except NoChoice as error:
        faults.append((key, [f"as a key: {error}"]))
        return key
    if choice.value in good.value:
        faults.append((key, ["ambiguous: two keys mean the same"]))
    elif choice.cost:
        good.cost += choice.cost
        good.notes.append((choice.value, [f"its key: {choice.what}"]))
    return str(choice.value)


def _put(good: Good, name: str, outcome: Good, *, spelled: bool, known: bool) -> None:
    good.value[name] = outcome.value
    good.cost += outcome.cost
    good.filled += known
    notes = list(outcome.notes)
    if known and not spelled:
        good.cost += SPELLING
        notes.insert(0, "its key: spelled as the schema does")
    if notes:
        good.notes.append((name, notes))


def fill_in(node: Node, good: Good, faults: list[Note], cut: Cut) -> None:
    """The stated defaults of what is missing, and a fault for what has none."""
    faulty = {note[0] for note in faults if not isinstance(note, str)}
    for name, default in node.defaults.items():
        if name not in good.value and name not in faulty:
            mutable = isinstance(default, dict | list)
            good.value[name] = copy.deepcopy(default) if mutable else default
            good.cost += DEFAULT
            good.notes.append((name, ["not in the answer: the schema's default"]))
    if not node.required <= good.value.keys():
        missing = _CAME_NOT if cut is not None else "is missing"
        absent = node.required - good.value.keys() - faulty
        faults.extend((name, [missing]) for name in sorted(absent))


def limited(node: Node, good: Good) -> Good | Bad:
    """The value, held against the limits of its place."""
    if node.checks is None or node.checks.is_valid(good.value):
        return good
    return Bad([error.message for error in node.checks.iter_errors(good.value)], good.filled)


def along(cut: Cut, step: str | int) -> Cut:
    """The rest of the path to what was cut off; None off that path."""
    return cut[1:] if cut and cut[0] == step else None
