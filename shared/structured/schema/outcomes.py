"""What fitting one place gives: a value with its cost and notes, or faults.

Notes are trees whose steps are keys and indexes, so that a parent adds its step in constant
time; JSON Pointers (RFC 6901) are written once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.structured.result import Repair

MAX_FAULTS = 20

Note = str | tuple[str | int, list[Any]]
"""A remark on this place, or a step and the notes of the place that it leads to."""


@dataclass(slots=True)
class Good:
    """A value that fits. filled: how many properties of the schema it has from the text."""

    value: Any
    cost: int
    notes: list[Note]
    filled: int = 0


@dataclass(slots=True)
class Bad:
    """Why nothing fits. filled: how many properties were right, to tell the best attempt."""

    notes: list[Note]
    filled: int = 0


def changed(good: Good, cost: int, note: str) -> Good:
    """The same value after one more change."""
    return Good(good.value, good.cost + cost, [note, *good.notes], good.filled)


def repairs_of(notes: list[Note]) -> tuple[Repair, ...]:
    """Every change with its place in the result."""
    return tuple(Repair(pointer, note) for pointer, note in _walk(notes))


def faults_of(notes: list[Note]) -> tuple[str, ...]:
    """The faults with their places in the answer, at most MAX_FAULTS."""
    named: dict[str, None] = {}
    for pointer, note in _walk(notes):
        named[f"{pointer or 'the answer'}: {note}"] = None
        if len(named) == MAX_FAULTS:
            break
    return tuple(named)


def pointer_step(step: str | int) -> str:
    """A step of a JSON Pointer."""
    return "/" + str(step).replace("~", "~0").replace("/", "~1")


def _walk(notes: list[Note]) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Note]] = [("", note) for note in reversed(notes)]
    while waiting:
        pointer, note = waiting.pop()
        if isinstance(note, str):
            yield pointer, note
        else:
            inner = pointer + pointer_step(note[0])
            waiting.extend((inner, one) for one in reversed(note[1]))
