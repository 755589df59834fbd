"""Prints projects for people: how one ended, task by task, and a list of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from shared.cli.cost_view import FREE, SERVED_BY, cost_text
from shared.cli.errors_view import advice
from shared.cli.exits import ExitCode, Stop
from shared.cli.field_view import print_degraded, print_facts
from shared.cli.leakage_view import leak_rate
from shared.cli.project_files import PAGE, PLAN
from shared.cli.project_live import MARKS, short_cost
from shared.cli.project_tree import tree_rows
from shared.cli.terminal import one_line, page

STATES: Mapping[pb.ProjectState.ValueType, str] = {
    pb.PROJECT_STATE_RUNNING: "running",
    pb.PROJECT_STATE_FINISHED: "finished",
    pb.PROJECT_STATE_FAILED: "failed",
    pb.PROJECT_STATE_CANCELLED: "cancelled",
}
TASK_STATES: Mapping[pb.TaskState.ValueType, str] = {
    pb.TASK_STATE_WAITING: "waiting",
    pb.TASK_STATE_RUNNING: "running",
    pb.TASK_STATE_DONE: "done",
    pb.TASK_STATE_FAILED: "failed",
    pb.TASK_STATE_OPEN: "not done",
}


def print_project(
    project: pb.Project, files: Mapping[str, Path], folder: Path | None, models: Sequence[str]
) -> None:
    """Prints how the project stands. files: of each deliverable; folder: where they are."""
    with page() as out:
        out.print(_head(project))
        out.print()
        if project.tasks:
            out.print(_tasks(project, files))
            out.print()
        print_degraded(out, project.degraded)
        facts = [("Cost", cost_text(project.accounting, models))]
        if project.deliverables:
            facts.insert(0, ("Leak rate", _leaks(project)))
        if folder is not None:
            facts.append(("Page", str(folder / PAGE)))
            if project.HasField("plan"):
                edited = f"{folder / PLAN} (edit it, then: attune run --plan {folder / PLAN})"
                facts.append(("Plan", edited))
        print_facts(out, facts)


def print_projects(projects: Sequence[pb.Project]) -> None:
    """Prints a list, the youngest first."""
    with page() as out:
        if not projects:
            out.print('No project was started here yet; start one with: attune run "YOUR GOAL"')
            return
        table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim", expand=True)
        for name in ("Project", "State", "Tasks", "Started (UTC)", "Cost"):
            table.add_column(name, justify="right" if name == "Tasks" else "left", no_wrap=True)
        table.add_column("Goal", no_wrap=True, overflow="ellipsis", ratio=1, min_width=16)
        for project in projects:
            table.add_row(
                one_line(project.project_id, 24),
                STATES.get(project.state, "unknown"),
                f"{project.tasks_done}/{project.tasks_planned}",
                project.start_time.ToDatetime().strftime("%m-%d %H:%M"),
                _cost_in_a_list(project.accounting),
                one_line(project.goal),
            )
        out.print(table)


def _cost_in_a_list(spent: gateway_pb2.Accounting) -> str:
    if spent.served_by in FREE:
        return SERVED_BY[spent.served_by]
    return short_cost(spent.cost) if spent.calls else "nothing"


def stop_of(project: pb.Project) -> Stop | None:
    """How a command ends whose project did not finish; None where it did."""
    if project.state in (pb.PROJECT_STATE_FINISHED, pb.PROJECT_STATE_RUNNING):
        return None
    failure = project.failure
    return Stop(
        ExitCode.REFUSED,
        f"the project {STATES.get(project.state, 'ended')}: {one_line(failure.message, 500)}",
        facts=[
            ("reason", failure.reason),
            ("project_id", project.project_id),
            ("done", ", ".join(failure.tasks_done) or "nothing"),
            ("not done", ", ".join(failure.tasks_open) or "nothing"),
        ],
        todo=_TODO.get(failure.reason)
        or advice(failure.reason)
        or "run it again under another --project-id",
    )


_TODO = {
    "BUDGET_EXHAUSTED": "run it again under another --project-id with a larger --budget, from its"
    " plan.json if you like (--plan)",
    "DEADLINE_EXCEEDED": "run it again under another --project-id with a longer --max-duration",
    "TASKS_FAILED": "read why above; run it again under another --project-id, or name a stronger"
    " model (--model perform_task=MODEL)",
    "CANCELLED": "run it again under another --project-id, from its plan.json if you like (--plan)",
}


def _head(project: pb.Project) -> Text:
    ended = STATES.get(project.state, "unknown")
    style = "bold green" if project.state == pb.PROJECT_STATE_FINISHED else "bold yellow"
    took = ""
    if project.HasField("end_time"):
        seconds = (project.end_time.ToNanoseconds() - project.start_time.ToNanoseconds()) / 1e9
        took = f" in {seconds:.1f} s"
    done = f"{project.tasks_done} of {project.tasks_planned} tasks done" if project.tasks else ""
    return Text.assemble(
        (one_line(project.project_id, 60), "bold"), " ", (ended, style), took,
        f"; {done}" if done else "", "\n", (one_line(project.goal, 300), "dim"),
    )  # fmt: skip


def _tasks(project: pb.Project, files: Mapping[str, Path]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim", expand=True)
    table.add_column("Task", ratio=5, no_wrap=True, overflow="ellipsis")
    table.add_column("State", no_wrap=True, min_width=10)
    table.add_column("Review", ratio=2, overflow="fold")
    if files:
        table.add_column("File", no_wrap=True, min_width=max(len(f.name) for f in files.values()))
    standings = {standing.task_id: standing for standing in project.tasks}
    titles = {task.id: task.title for task in project.plan.tasks}
    for row in tree_rows(project.plan.tasks):
        standing = standings[row.task_id]
        mark, style = MARKS.get(standing.state, ("?", ""))
        cells = [
            Text.assemble(
                (row.stem, "dim"),
                f"{one_line(row.task_id, 12)} ",
                one_line(titles[row.task_id], 120),
            ),
            Text(f"{mark} {TASK_STATES.get(standing.state, 'unknown')}", style=style),
            Text(_review(standing)),
        ]
        if files:
            cells.append(Text(files[row.task_id].name if row.task_id in files else ""))
        table.add_row(*cells)
    return table


def _review(standing: pb.TaskStanding) -> str:
    if not standing.verdicts:
        return one_line(standing.fault, 200) or (
            "not reviewed" if standing.state == pb.TASK_STATE_DONE else ""
        )
    counts = Counter(each.verdict for each in standing.verdicts)
    names = (
        (analyst_pb2.VERDICT_MET, "met"),
        (analyst_pb2.VERDICT_NOT_MET, "not met"),
        (analyst_pb2.VERDICT_CANNOT_TELL, "cannot tell"),
    )
    told = ", ".join(f"{counts[verdict]} {name}" for verdict, name in names if counts[verdict])
    return f"{told} (done {standing.rounds} times)" if standing.rounds > 1 else told


def _leaks(project: pb.Project) -> str:
    if not project.HasField("leakage"):
        return "not measured"
    return f"{leak_rate(project.leakage)} (of the deliverables)"
