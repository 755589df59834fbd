"""The labelled sets that the eval targets measure on, and how their figures are printed.

Of each kind there are two sets, by different authors who saw neither the catalogue's texts
nor the lexicons: `tuning`, which the service was mended on, and `held_out`, which nothing was
changed for.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent / "data" / "evaluation"
SETS = ("held_out", "tuning")
HELD_OUT = "held_out"


@dataclass(frozen=True)
class LabelledGoal:
    """A goal and every field that a fair judge would accept; kind: plain, trap, two, vague."""

    goal: str
    language: str
    fields: list[str]
    second: str | None
    kind: str


@dataclass(frozen=True)
class LabelledText:
    """A task's text and the foreign terms in it; kind: business, leak, clean."""

    goal: str
    field: str
    language: str
    text: str
    leaks: list[str]
    kind: str


def goals(name: str) -> list[LabelledGoal]:
    return [LabelledGoal(**row) for row in _rows(FOLDER / f"domain_{name}.jsonl")]


def texts(name: str) -> list[LabelledText]:
    return [LabelledText(**row) for row in _rows(FOLDER / f"leakage_{name}.jsonl")]


def _rows(path: Path) -> Iterable[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@dataclass(frozen=True)
class Share:
    """So many of so many, and what should be reached."""

    SLACK: ClassVar = 0.08
    AT_MOST_SLACK: ClassVar = 0.01
    """A figure that falls short of its reach by more is a regression, and fails the run."""

    hits: int
    of: int
    reach: float | None = None
    at_most: bool = False

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else math.nan

    @property
    def met(self) -> bool:
        if self.reach is None:
            return True
        if self.of == 0:
            return False
        return self.value <= self.reach if self.at_most else self.value >= self.reach

    @property
    def holds(self) -> bool:
        slack = self.AT_MOST_SLACK if self.at_most else self.SLACK
        return self.met or (bool(self.of) and abs(self.value - self.reach) <= slack)

    def __str__(self) -> str:
        return "-" if not self.of else f"{100 * self.value:.1f}% ({self.hits} of {self.of})"


def share(results: Iterable[bool], reach: float | None = None, *, at_most: bool = False) -> Share:
    found = list(results)
    return Share(sum(found), len(found), reach, at_most)


def print_figures(title: str, figures: Sequence[tuple[str, Share | str]]) -> bool:
    """One table; whether nothing falls far short of what should be reached."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("figure")
    table.add_column("measured", justify="right")
    table.add_column("reach", justify="right")
    table.add_column("")
    all_hold = True
    for name, figure in figures:
        reach = met = ""
        if isinstance(figure, Share) and figure.reach is not None:
            reach = f"{'at most ' if figure.at_most else ''}{100 * figure.reach:.0f}%"
            met = "met" if figure.met else "NOT MET"
            all_hold &= figure.holds
        table.add_row(name, str(figure), reach, met)
    Console(width=None if sys.stdout.isatty() else 100).print(table)
    return all_hold
