"""What `make eval-incident` counted, as tables."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from incident_prompts import ARMS, BUILT, MARKETING
from rich.console import Console
from rich.table import Table
from scipy.stats import fisher_exact

SEVEN_WORDS = re.compile(
    r"\b(KPIs?|ROI|leads?|campaigns?|brand(s|ing)?|conversions?|stakeholders?)\b", re.IGNORECASE
)
"""The words that the incident was first counted by."""

GAPS, NAMED, AS_IT_WAS = "gaps", "gaps, words named", "as it was, words named"
AGAIN = (GAPS, NAMED, AS_IT_WAS)


@dataclass(frozen=True)
class Sample:
    """One answer and the foreign terms in it."""

    goal: str
    arm: str
    text: str
    terms: list[str]
    written: list[str]

    @property
    def leaks(self) -> bool:
        return bool(self.terms)


@dataclass(frozen=True)
class Counted:
    """How many of an arm's answers leak."""

    leaking: int
    of: int

    def __str__(self) -> str:
        return f"{self.leaking} of {self.of}"


def counted(samples: Sequence[Sample], arm: str, goal: str = "") -> Counted:
    found = [s for s in samples if s.arm == arm and goal in ("", s.goal)]
    return Counted(sum(sample.leaks for sample in found), len(found))


def p_value(one: Counted, other: Counted) -> float:
    """Fisher's exact test, two-sided."""
    table = [[c.leaking, c.of - c.leaking] for c in (one, other)]
    return float(fisher_exact(table).pvalue)


def print_arms(samples: Sequence[Sample], goals: Sequence[str]) -> None:
    table = Table(title="Answers with words of another field", title_justify="left")
    table.add_column("goal")
    for arm in ARMS:
        table.add_column(arm, justify="right")
    table.add_column("p, marketing against built", justify="right")
    for goal in [*goals, ""]:
        counts = {arm: counted(samples, arm, goal) for arm in ARMS}
        table.add_row(
            goal or "all", *map(str, counts.values()),
            f"{p_value(counts[MARKETING], counts[BUILT]):.2g}", end_section=goal == goals[-1],
        )  # fmt: skip
    seven = [
        f"{sum(bool(SEVEN_WORDS.search(s.text)) for s in samples if s.arm == arm)}" for arm in ARMS
    ]
    table.add_row(
        "of these words only: KPI ROI lead campaign brand conversion stakeholder", *seven, ""
    )
    _console().print(table)


def print_again(again: Sequence[Sample]) -> None:
    table = Table(title="Leaking answers asked for once more: still leaking", title_justify="left")
    table.add_column("told")
    table.add_column("still leaking", justify="right")
    table.add_column("p, against gaps", justify="right")
    for arm in AGAIN:
        now = counted(again, arm)
        p = "" if arm == GAPS else f"{p_value(counted(again, GAPS), now):.2g}"
        table.add_row(arm, str(now), p)
    _console().print(table)


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 130)
