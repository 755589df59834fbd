"""Chooses a number that a schema takes."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from fractions import Fraction
from functools import reduce

from services.gateway.mock.schemas import Node, Unsatisfiable

USUAL = 10
"""Where a bound is missing, about so many numbers are chosen from."""
FINENESS = 100
"""Numbers without a step of their own have two decimals where the bounds leave room."""


def choose(
    node: Node, preferred: float | None, chance: random.Random, attempt: int, *, whole: bool
) -> int | float:
    """A number within the bounds, near the preferred one. Raises Unsatisfiable.

    attempt: another one for each further try.
    """
    low, low_open = _bound(node, "minimum", "exclusiveMinimum", lowest=True)
    high, high_open = _bound(node, "maximum", "exclusiveMaximum", lowest=False)
    step = _step(node.every("multipleOf"), whole=whole)
    low, high = _with_room(low, high, USUAL * max(Fraction(1), (step or Fraction(1)) * 2))
    if step is None:
        step = Fraction(1, FINENESS)
        while (high - low) < 4 * step and step > Fraction(1, 10**12):
            step /= 10
        if low == high:
            return _plain(low, whole=whole)
    first = math.floor(low / step) + 1 if low_open else math.ceil(low / step)
    last = math.ceil(high / step) - 1 if high_open else math.floor(high / step)
    if first > last:
        raise Unsatisfiable
    if preferred is None:
        at = first + chance.randrange(min(last - first + 1, USUAL * FINENESS))
    else:
        at = min(max(round(Fraction(preferred) / step), first), last)
    return _plain((first + (at - first + attempt) % (last - first + 1)) * step, whole=whole)


def _bound(
    node: Node, inclusive: str, exclusive: str, *, lowest: bool
) -> tuple[Fraction | None, bool]:
    """The bound that counts, and whether it is itself excluded.

    Draft 4 has booleans for the exclusive ones: https://json-schema.org/draft-04.
    """
    found: list[tuple[Fraction, bool]] = []
    for part in node.parts:
        if isinstance(part.get(inclusive), int | float):
            found.append((Fraction(str(part[inclusive])), part.get(exclusive) is True))
        if isinstance(part.get(exclusive), int | float) and not isinstance(part[exclusive], bool):
            found.append((Fraction(str(part[exclusive])), True))
    if not found:
        return None, False
    sign = 1 if lowest else -1
    return max(found, key=lambda bound: (sign * bound[0], bound[1]))


def _with_room(
    low: Fraction | None, high: Fraction | None, room: Fraction
) -> tuple[Fraction, Fraction]:
    """Bounds where some are missing, `room` apart or as far as the one there is from 0."""
    if low is None:
        if high is None:
            return Fraction(1), room
        return Fraction(0) if high >= 0 else high - room, high
    if high is None:
        return low, low + max(abs(low), room)
    return low, high


def _step(multiples: Iterable[float], *, whole: bool) -> Fraction | None:
    steps = [Fraction(str(multiple)) for multiple in multiples if multiple > 0]
    if whole:
        steps.append(Fraction(1))
    return reduce(_common_multiple, steps) if steps else None


def _common_multiple(one: Fraction, other: Fraction) -> Fraction:
    return Fraction(
        math.lcm(one.numerator, other.numerator), math.gcd(one.denominator, other.denominator)
    )


def _plain(value: Fraction, *, whole: bool) -> int | float:
    try:
        return int(value) if whole or value.denominator == 1 else float(value)
    except OverflowError as error:
        raise Unsatisfiable from error
