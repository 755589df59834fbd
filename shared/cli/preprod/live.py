"""Shows a run while it runs: a table on a terminal, else a line for each trial's end."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.cli.money import NANO
from shared.cli.preprod.running import Watcher
from shared.cli.terminal import console, one_line
from shared.preprod.measures import INVARIANTS
from shared.preprod.trial import State, TrialSeen

MARKS = {
    State.FINISHED: ("✓", "green"),
    State.REFUSED: ("✗", "yellow"),
    State.STOPPED: ("–", "dim"),
    State.BROKEN: ("✗", "bold red"),
}
FAULTY = ("!", "bold red")
"""A trial that ended well and breaks an invariant."""
RUNNING, WAITING = ("▶", "bold cyan"), ("·", "dim")


@dataclass(slots=True)
class Row:
    """A scenario so far. phases: of the trials under way, by repeat."""

    marks: dict[int, tuple[str, str]] = field(default_factory=dict)
    phases: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    nano_usd: int | None = 0
    failures: list[str] = field(default_factory=list)


class LiveRun(Watcher, AbstractContextManager["LiveRun"]):
    """On a terminal a table that is drawn anew twice a second."""

    def __init__(self, scenarios: list[str], repeats: int, budget_nano_usd: int | None) -> None:
        self.rows = {scenario: Row() for scenario in scenarios}
        self._repeats = repeats
        self._budget = budget_nano_usd
        self._began = time.monotonic()
        self._live: Live | None = None
        if sys.stderr.isatty():
            self._live = Live(
                self, console=console(error=True), transient=True, refresh_per_second=2
            )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def began(self, scenario: str, repeat: int) -> None:
        """A trial has begun."""
        self.rows[scenario].marks[repeat] = RUNNING

    def phase(self, scenario: str, repeat: int, what: str) -> None:
        """What a trial is at."""
        self.rows[scenario].phases[repeat] = what

    def ended(self, trial: TrialSeen) -> None:
        """A trial has ended."""
        row = self.rows[trial.scenario]
        faults = [fault for each in INVARIANTS.values() for fault in each.faults(trial)]
        row.marks[trial.repeat] = MARKS[trial.state]
        if faults and trial.state is State.FINISHED:
            row.marks[trial.repeat] = FAULTY
        row.phases.pop(trial.repeat, None)
        row.seconds += trial.seconds
        cost = trial.books.cost_nano_usd
        row.nano_usd = None if row.nano_usd is None or cost is None else row.nano_usd + cost
        if trial.state is not State.FINISHED:
            row.failures.append(f"{trial.reason}: {trial.message}")
        row.failures += faults
        if self._live is None:
            sys.stderr.write(f"{line_of(trial, faults)}\n")

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> RenderResult:
        yield view(self.rows, self._repeats, self._budget, time.monotonic() - self._began)


def line_of(trial: TrialSeen, faults: list[str]) -> str:
    """A trial's end in a line."""
    said = f"{trial.key}: {trial.state} in {trial.seconds:.1f} s, {trial.books.calls} calls"
    if trial.books.cost_nano_usd is not None:
        said += f", ${trial.books.cost_nano_usd / NANO:.4f}"
    if trial.state is not State.FINISHED:
        said += f"; {trial.reason}: {one_line(trial.message, 200)}"
    return said + "".join(f"; {one_line(fault, 200)}" for fault in faults[:3])


def view(
    rows: dict[str, Row], repeats: int, budget_nano_usd: int | None, seconds: float
) -> RenderableType:
    """The run as it stands."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim")
    table.add_column("Scenario", no_wrap=True, max_width=24)
    table.add_column("", no_wrap=True, min_width=min(repeats, 20))
    table.add_column("Phase", no_wrap=True, min_width=9)
    table.add_column("Spent", justify="right", no_wrap=True, min_width=8)
    table.add_column("Failures", no_wrap=True, overflow="ellipsis", ratio=1, min_width=9)
    for scenario, row in rows.items():
        marks = Text()
        for repeat in range(1, repeats + 1):
            mark, style = row.marks.get(repeat, WAITING)
            marks.append(mark, style)
        phase = next(iter(row.phases.values()), "")
        count = len(row.failures)
        failures = f"{count}: {one_line(row.failures[-1], 80)}" if count else ""
        table.add_row(scenario, marks, phase, _spent(row.nano_usd), Text(failures, "yellow"))
    return Group(table, _foot(rows, repeats, budget_nano_usd, seconds))


def _foot(
    rows: dict[str, Row], repeats: int, budget_nano_usd: int | None, seconds: float
) -> RenderableType:
    done = sum(mark is not RUNNING for row in rows.values() for mark in row.marks.values())
    of = len(rows) * repeats
    known = [row.nano_usd for row in rows.values()]
    spent = None if None in known else sum(cost for cost in known if cost is not None)
    told = f"{done} of {of} trials  {seconds:.0f} s  spent {_spent(spent)}"
    if budget_nano_usd is not None:
        told += f" of ${budget_nano_usd / NANO:.2f}"
    grid = Table.grid(padding=(1, 1, 0, 2))
    grid.add_row(ProgressBar(total=of or 1, completed=done, width=30), Text(told))
    return grid


def _spent(nano_usd: int | None) -> str:
    return "unknown" if nano_usd is None else f"${nano_usd / NANO:.4f}"
