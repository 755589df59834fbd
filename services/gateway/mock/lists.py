"""Decides how many entries a list has and what each entry must satisfy."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.mock.reading import Reading, Schema
from services.gateway.mock.schemas import Node, Unsatisfiable
from services.gateway.mock.slots import Slot, is_people, parts

FEW = frozenset({"alternatives", "others", "exceptions", "questions"})


def bounds(node: Node) -> tuple[int, int | None]:
    """The fewest and the most entries; None: no limit. Raises Unsatisfiable."""
    fewest = int(node.most("minItems") or 0)
    listed = node.least("maxItems")
    most = None if listed is None else int(listed)
    wanted = [int(part.get("minContains", 1)) for part in node.parts if "contains" in part]
    fewest = max([fewest, *wanted])
    for part in node.parts:
        prefix, rest = _sides(part)
        if rest is False:
            most = len(prefix) if most is None else min(most, len(prefix))
    if most is not None and fewest > most:
        raise Unsatisfiable
    return fewest, most


def entry_schemas(node: Node, index: int) -> list[Schema]:
    """All schemas that hold for the entry at an index, from 0.

    The first entries are those that `contains` asks for.
    """
    found: list[Schema] = []
    for part in node.parts:
        prefix, rest = _sides(part)
        found.append(prefix[index] if index < len(prefix) else rest)
        if "contains" in part and index < int(part.get("minContains", 1)):
            found.append(part["contains"])
    return found


def prefix_length(node: Node) -> int:
    """How many first entries have schemas of their own."""
    return max((len(_sides(part)[0]) for part in node.parts), default=0)


def natural_length(
    name: str, slot: Slot, reading: Reading, chance: random.Random, *, objects: bool, nested: bool
) -> int:
    """How many entries a person would give: 5 to 7 steps, 3 or 4 people, 2 criteria."""
    usual = 3 if nested else 4
    if slot in {Slot.TERM, Slot.CRITERION}:
        usual = {Slot.TERM: 3 if nested else 8, Slot.CRITERION: 2 + chance.randrange(2)}[slot]
    if objects:
        usual = 2 if nested else 5 + min(1, reading.goal_terms // 3)
        usual += chance.randrange(2)
    if is_people(name):
        usual = len(reading.people) or 3 + chance.randrange(2)
    return usual if FEW.isdisjoint(parts(name)) else 2


def positions(node: Node, number: int) -> list[int]:
    """The positions before an entry, from 0 where the schema allows 0, else from 1."""
    first = 0 if node.most("minimum") == 0 else 1
    return list(range(first, first + number))


def references(
    earlier: Sequence[Any],
    fewest: int,
    most: int | None,
    chance: random.Random,
    *,
    straight: float,
) -> list[Any] | None:
    """Which earlier entries an entry refers to: one, sometimes two; none for the first.

    straight: how likely the entry right before is among them. None when there are fewer
    than `fewest`.
    """
    count = max(1 if chance.random() < 0.7 else 2, fewest)
    count = min(count, len(earlier), len(earlier) if most is None else most)
    if count < fewest:
        return None
    if not count:
        return []
    start = len(earlier) - 1
    if chance.random() >= straight:
        start = chance.randrange(len(earlier))
    others = [at for at in range(len(earlier) - 1, -1, -1) if at != start]
    return [earlier[at] for at in sorted([start, *others[: count - 1]])]


def _sides(part: Mapping[str, Any]) -> tuple[list[Schema], Schema]:
    """The schemas of the first entries and of the rest; before 2020-12 `items` was both."""
    items = part.get("items", True)
    if isinstance(items, list):
        return items, part.get("additionalItems", True)
    return list(part.get("prefixItems", ())), items
