"""How long the parser takes: on hostile texts, as they grow, on valid ones and on small ones.

What is compared is timed by turns, without the garbage collector, and the least or the
median of several times counts: other work on the machine only ever adds time.
"""

from __future__ import annotations

import contextlib
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench_json_readers import Child, Outcome
from json_hostile import FAMILIES

from shared.structured import IntelligentJsonParser, ParseError

HALF, WHOLE = 500_000, 1_000_000
"""Characters of the two texts whose times are a growth."""

MEASURABLE_SECONDS = 0.05
"""Families that take less for the whole text are not asked for their growth."""

PLAINLY_LINEAR = 2.0
"""A growth that needs no further round."""

ROUNDS = 3
SMALL_ROUNDS = 15
VALID_SIZES = (1_000, 20_000, 200_000, 1_000_000)
OBJECT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "items": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name"],
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile text, and what a library made of it."""

    family: str
    size: int
    guided: bool
    outcome: Outcome

    def __str__(self) -> str:
        schema = " with a schema" if self.guided else ""
        told = f", {self.outcome.note}" if self.outcome.note else ""
        return f"{self.family}, {self.size:,}{schema}: {self.outcome.kind}{told}"


def endured(
    library: str, families: Iterable[str], sizes: tuple[int, ...], *, guided: tuple[bool, ...],
    patience: int | None = None,
) -> list[Hostile]:  # fmt: skip
    """What the library makes of the families. Raises NotInstalled.

    patience: so many documents over the limit end the measurement, and a family is left
    after its first failure, so that the bench ends; None for every document.
    """
    met: list[Hostile] = []
    with Child(library) as child:
        for family in families:
            for size in sizes:
                text = FAMILIES[family](size)
                for by_schema in guided:
                    schema = OBJECT_SCHEMA if by_schema else None
                    outcome = child.ask(text, schema, keep=False)
                    met.append(Hostile(family, size, by_schema, outcome))
                if patience and any(one.outcome.failed for one in met[-len(guided) :]):
                    break
            if patience and sum(one.outcome.kind == "slow" for one in met) >= patience:
                break
    return met


@dataclass(frozen=True, slots=True)
class Growth:
    """Time on the whole text over time on its half: 2 is linear, 4 quadratic."""

    family: str
    ratio: float
    seconds: float


def grown(family: str, *, goal: float) -> Growth | None:
    """The growth of a family, by the best of up to ROUNDS; None where its time is too short.

    A ratio over the goal is measured twice more and the least counts, because one
    interruption of the longer run makes a linear family look steep.
    """
    parser = IntelligentJsonParser()
    half, whole = FAMILIES[family](HALF), FAMILIES[family](WHOLE)
    growth: Growth | None = None
    for _ in range(3):
        halves, wholes = [], []
        with _undisturbed():
            for _ in range(ROUNDS):
                halves.append(_seconds(lambda: _tried(parser, half)))
                wholes.append(_seconds(lambda: _tried(parser, whole)))
                if min(wholes) < MEASURABLE_SECONDS:
                    return growth
                if min(wholes) <= PLAINLY_LINEAR * min(halves):
                    break
        ratio = min(wholes) / min(halves)
        if growth is None or ratio < growth.ratio:
            growth = Growth(family, ratio, min(wholes))
        if growth.ratio <= goal:
            break
    return growth


@dataclass(frozen=True, slots=True)
class ValidCost:
    """Median time on a valid document over that of json.loads."""

    name: str
    ratio: float
    microseconds: float


def cost_on_valid(name: str, text: str) -> ValidCost:
    """The cost of a valid document, from 9 to 400 turns by its size."""
    parser = IntelligentJsonParser()
    ours, theirs = [], []
    with _undisturbed():
        for _ in range(max(9, min(400, 4_000_000 // len(text)))):
            theirs.append(_seconds(lambda: json.loads(text)))
            ours.append(_seconds(lambda: parser.parse(text)))
    median = statistics.median(ours)
    return ValidCost(name, median / statistics.median(theirs), median * 1e6)


def valid_documents() -> dict[str, str]:
    """Plans as models write them, of about each of VALID_SIZES, by what they are."""
    documents: dict[str, str] = {}
    for size in VALID_SIZES:
        for ascii_only in (True, False):
            tasks: list[dict[str, Any]] = []
            length = 200
            while length < size:
                tasks.append(_task(len(tasks)))
                length += 1 + len(json.dumps(tasks[-1], ensure_ascii=ascii_only))
            plan = {"goal": "Отремонтировать причал № 4", "currency": "€", "tasks": tasks}
            text = json.dumps(plan, ensure_ascii=ascii_only)
            documents[f"{len(text):,} {'ASCII' if ascii_only else 'Unicode'}"] = text
    return documents


def _task(number: int) -> dict[str, Any]:
    return {
        "id": f"task-{number:04}",
        "title": ("Moor the pontoon", "Prüfe die Schweißnähte", "検査を行う")[number % 3],
        "notes": f'The diver said "wait";\n\tsee C:\\plans\\{number}.dwg – then go on.',
        "days": number % 11 + 0.5,
        "berths": [number, number + 1, [number % 7, -1.25e-3]],
        "done": number % 2 == 0,
        "owner": None if number % 5 == 0 else {"name": "Ærø Nielsen", "roles": ["diver", "🛟"]},
        "after": [f"task-{earlier:04}" for earlier in range(max(0, number - 3), number)],
    }


@dataclass(frozen=True, slots=True)
class SmallCost:
    """Times on small broken documents. ratio: the median over documents of ours over theirs."""

    ratio: float
    ours_microseconds: float
    theirs_microseconds: float
    documents: int


def cost_on_small(texts: list[str]) -> SmallCost | None:
    """Ours beside json_repair; None where it is not installed or there is no text."""
    try:
        import json_repair
    except ImportError:
        return None
    if not texts:
        return None
    parser = IntelligentJsonParser()
    pairs = [
        _bests(partial(_tried, parser, text), partial(json_repair.loads, text)) for text in texts
    ]
    return SmallCost(
        statistics.median(ours / theirs for ours, theirs in pairs),
        statistics.median(ours for ours, _ in pairs) * 1e6,
        statistics.median(theirs for _, theirs in pairs) * 1e6,
        len(pairs),
    )


def _bests(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """The least seconds of each, called by turns."""
    with _undisturbed():
        pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(SMALL_ROUNDS)]
    return min(one for one, _ in pairs), min(other for _, other in pairs)


def broken_and_small(texts: Iterable[str], *, characters: int = 2_000) -> list[str]:
    """The texts under so many characters that are not JSON."""
    chosen: list[str] = []
    for text in texts:
        if len(text) < characters:
            try:
                json.loads(text)
            except ValueError:
                chosen.append(text)
    return chosen


def _tried(parser: IntelligentJsonParser, text: str) -> None:
    """A refusal takes its time as well; what was read does not matter here."""
    with contextlib.suppress(ParseError):
        parser.parse(text)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the garbage collector, after it has run."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
