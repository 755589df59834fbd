"""Prints a plan for people: its field, who works, what is done and when it is done."""

from __future__ import annotations

from collections.abc import Sequence

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.cli.cost_view import cost_text
from shared.cli.field_view import HEAD, bullet, print_degraded, print_facts, print_field
from shared.cli.leakage_view import leak_rate
from shared.cli.terminal import one_line, page, shown


def print_plan(plan: pb.Plan, models: Sequence[str]) -> None:
    """Prints `plan` on stdout; models: those that its calls went to, where known."""
    cost = [("Cost", cost_text(plan.accounting, models))]
    if plan.accounting.calls and plan.accounting.cost.note:
        cost.append(("", one_line(plan.accounting.cost.note, 500)))
    wide = max((len(task.id) for task in plan.tasks), default=0)
    with page() as out:
        print_field(out, plan.profile)
        out.print()
        print_facts(out, [("Goal", one_line(plan.goal, 500)), ("Project", plan.project_id)])
        out.print()
        _print_team(out, plan.team)
        out.print()
        if plan.open_questions:
            out.print(Text.assemble(("To find out first", HEAD)))
            for each in plan.open_questions:
                out.print(bullet(f"{one_line(each.question, 200)} ({one_line(each.task_id, 20)})"))
            out.print()
        out.print(Text.assemble(("Tasks", HEAD)))
        for task in plan.tasks:
            _print_task(out, task, min(wide, 8) + 4)
            out.print()
        print_degraded(out, plan.degraded)
        print_facts(out, [("Leak rate", leak_rate(plan.leakage)), *cost])


def _print_team(out: Console, team: Sequence[analyst_pb2.TeamMember]) -> None:
    out.print(Text.assemble(("Team", HEAD)))
    table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim", expand=True)
    table.add_column("Role", style="bold", ratio=3, overflow="fold")
    table.add_column("Answers for", ratio=5, overflow="fold")
    table.add_column("Can do", ratio=4, overflow="fold")
    for member in team:
        skills = ", ".join(one_line(skill) for skill in member.skills)
        table.add_row(one_line(member.name), one_line(member.responsibility), skills)
    out.print(table)


def _print_task(out: Console, task: analyst_pb2.Task, indent: int) -> None:
    grid = Table.grid()
    grid.add_column(width=indent, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(
        Text.assemble((f"  {one_line(task.id)}", HEAD)),
        Text.assemble((one_line(task.title), "bold")),
    )
    who = f"by {one_line(task.role)}"
    if task.depends_on:
        who += f", after {', '.join(one_line(name) for name in task.depends_on)}"
    lines: list[Text] = [Text.assemble((who, "dim"))]
    if task.description.strip():
        lines.append(Text(shown(task.description).strip()))
    if task.deliverable:
        lines.append(Text.assemble(("Delivers ", HEAD), one_line(task.deliverable)))
    if task.acceptance_criteria:
        lines.append(Text.assemble(("Done when", HEAD)))
    for line in lines:
        grid.add_row("", line)
    for criterion in task.acceptance_criteria:
        grid.add_row("", bullet(criterion))
    out.print(grid)
