"""Shows a project while it runs: a tree of tasks with a bar, or lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shared.cli.cost_view import FREE, SERVED_BY
from shared.cli.money import dollars
from shared.cli.project_follow import ProjectNow, TaskNow
from shared.cli.project_tree import TreeRow, tree_rows
from shared.cli.terminal import console, one_line

SHOWN_REPAIRS = 4
"""The last ones; the summary at the end has all."""
LINES_BESIDE = 9
"""Of the view, besides its tasks and its repairs."""
MARKS: dict[pb.TaskState.ValueType, tuple[str, str]] = {
    pb.TASK_STATE_WAITING: ("·", "dim"),
    pb.TASK_STATE_RUNNING: ("▶", "bold cyan"),
    pb.TASK_STATE_DONE: ("✓", "green"),
    pb.TASK_STATE_FAILED: ("✗", "bold red"),
    pb.TASK_STATE_OPEN: ("–", "yellow"),
}


class LiveProject:
    """On a terminal a view that is drawn anew as events come; else a line for each that matters."""

    def __init__(self, now: ProjectNow, forecast: pb.EstimateProjectResponse | None) -> None:
        self._now = now
        self._forecast = forecast
        self._began = time.monotonic()
        self._lost = ""
        self._live: Live | None = None
        if sys.stderr.isatty():
            self._live = Live(
                self, console=console(error=True), transient=True, refresh_per_second=8
            )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        else:
            sys.stderr.write(f"project {one_line(self._now.project_id)}\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def seen(self, event: pb.ProjectEvent) -> None:
        """Takes an event."""
        self._lost = ""
        self._now.add(event)
        if self._live is None and (line := line_of(event, self._now)):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    def lost(self, error: Exception) -> None:
        """The stream is gone; it is being taken up again."""
        told = f"the stream broke off ({one_line(str(error), 120)}); taking it up again"
        if self._live is None and not self._lost:
            sys.stderr.write(f"{told}\n")
        self._lost = told

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> RenderResult:
        room = max(4, (options.max_height or out.height) - LINES_BESIDE)
        seconds = time.monotonic() - self._began
        yield view(self._now, self._forecast, seconds, room, self._lost)


def view(
    now: ProjectNow,
    forecast: pb.EstimateProjectResponse | None,
    seconds: float,
    room: int,
    lost: str = "",
) -> RenderableType:
    """The project in at most `room` lines of tasks and repairs, and a few besides."""
    repairs = now.repairs[-SHOWN_REPAIRS:]
    parts: list[RenderableType] = [_head(now, seconds)]
    rows = tree_rows([each.task for each in now.tasks.values()])
    fitting = _fitting(rows, now, room - len(repairs))
    parts += [_row(row, now.tasks[row.task_id]) for row in fitting]
    if len(fitting) < len(rows):
        parts.append(Text(f"  {len(rows) - len(fitting)} tasks more", style="dim"))
    parts.append(_bar(now))
    parts.append(Text(_spending(now, forecast), style="dim"))
    if len(now.repairs) > len(repairs):
        parts.append(Text(f"  {len(now.repairs) - len(repairs)} repairs before these", style="dim"))
    parts += [_line(f"repaired  {repair}", "yellow") for repair in repairs]
    if lost:
        parts.append(_line(lost, "bold yellow"))
    return Group(*parts)


def line_of(event: pb.ProjectEvent, now: ProjectNow) -> str:
    """The event in a line for a log; empty for one that says nothing new to a reader."""
    line = ""
    kind = event.WhichOneof("event")
    if kind == "domain_found":
        line = f"field: {one_line(now.label, 100)}"
    elif kind == "plan_made":
        line = f"plan: {len(event.plan_made.tasks)} tasks, {len(event.plan_made.team)} roles"
    elif kind == "task_started":
        task = now.tasks[event.task_started].task
        line = f"{one_line(task.id)} started: {one_line(task.title, 100)}"
    elif kind == "task_finished":
        done, of = now.count(pb.TASK_STATE_DONE), len(now.tasks)
        line = f"{one_line(event.task_finished.task_id)} done ({done} of {of})"
    elif kind == "task_failed":
        failed = event.task_failed
        line = f"{one_line(failed.task_id)} failed: {one_line(failed.message, 300)}"
    elif kind == "degraded":
        line = f"repaired: {one_line(now.repairs[-1], 300)}"
    return line


def _head(now: ProjectNow, seconds: float) -> RenderableType:
    doing = "working" if now.tasks else "planning" if now.label else "finding the field"
    text = Text.assemble(
        (one_line(now.project_id, 60), "bold"), f"  {doing}",
        (f"  {one_line(now.label, 40)}" if now.label else "", "cyan"), (f"  {seconds:.0f} s", "dim"),
    )  # fmt: skip
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(Spinner("dots"), text)
    return grid


def _row(row: TreeRow, now: TaskNow) -> Text:
    mark, style = MARKS[now.state]
    quiet = now.state in (pb.TASK_STATE_WAITING, pb.TASK_STATE_OPEN)
    text = Text.assemble(
        (f"  {row.stem}", "dim"), (f"{mark} ", style), (f"{one_line(row.task_id, 12)} ", style),
        (one_line(now.task.title), "dim" if quiet else ""),
        (f"  also after {', '.join(map(one_line, row.also_after))}" if row.also_after else "", "dim"),
        (f"  review {now.rounds}" if now.rounds > 1 else "", "yellow"),
        (f"  {one_line(now.fault)}" if now.fault else "", "red"),
    )  # fmt: skip
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _fitting(rows: list[TreeRow], now: ProjectNow, room: int) -> list[TreeRow]:
    """All rows, or those that matter most where there is no room: at work, failed, waiting."""
    if len(rows) <= room:
        return rows
    order = [
        pb.TASK_STATE_RUNNING, pb.TASK_STATE_FAILED, pb.TASK_STATE_WAITING, pb.TASK_STATE_OPEN,
        pb.TASK_STATE_DONE,
    ]  # fmt: skip
    kept = sorted(rows, key=lambda row: order.index(now.tasks[row.task_id].state))[:room]
    return [row for row in rows if row in kept]


def _bar(now: ProjectNow) -> RenderableType:
    of, done = len(now.tasks), now.count(pb.TASK_STATE_DONE)
    failed = now.count(pb.TASK_STATE_FAILED)
    counts = f"{done} done, {now.count(pb.TASK_STATE_RUNNING)} running"
    counts += f", {now.count(pb.TASK_STATE_WAITING)} waiting"
    if failed:
        counts += f", {failed} failed"
    grid = Table.grid(padding=(0, 1, 0, 2))
    grid.add_row(ProgressBar(total=of or 1, completed=done, width=30), Text(counts if of else ""))
    return grid


def _spending(now: ProjectNow, forecast: pb.EstimateProjectResponse | None) -> str:
    spent = "  spent so far: nothing yet"
    if now.spent is not None and now.spent.calls:
        cost = short_cost(now.spent.cost, now.spent.served_by)
        spent = f"  spent so far: {cost}, {now.spent.calls:,} calls"
    if forecast is None:
        return spent
    probably, at_most = (
        short_cost(cost, forecast.served_by) for cost in (forecast.probably, forecast.at_most)
    )
    return f"{spent}; forecast: probably {probably}, at most {at_most}"


def short_cost(
    cost: gateway_pb2.Cost,
    served_by: gateway_pb2.ServedBy.ValueType = gateway_pb2.SERVED_BY_MOCK,
) -> str:
    """An amount in a word or two; served_by: whose calls it is of, where they were free."""
    if cost.status == gateway_pb2.COST_STATUS_MOCK:
        who = SERVED_BY[served_by] if served_by in FREE else "mock"
        if not cost.HasField("shadow_nano_usd"):
            return f"nothing ({who})"
        return f"nothing ({who}; would be {rough(cost.shadow_nano_usd)})"
    if not cost.HasField("nano_usd"):
        return "unknown (no price)"
    more = " and more that is unknown" if cost.unpriced_calls else ""
    return f"{rough(cost.nano_usd)}{more}"


def rough(nano_usd: int) -> str:
    """Dollars to hundredths of a cent: for what moves; results have the exact amount."""
    step = 100_000
    return dollars(-(-nano_usd // step) * step, 4)


def _line(told: str, style: str) -> Text:
    return Text(f"  {one_line(told)}", style=style, no_wrap=True, overflow="ellipsis")
