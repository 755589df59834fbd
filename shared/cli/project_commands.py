"""The commands of projects: what they take. Their parts are imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.arguments import (
    Budget,
    Context,
    ExpectOption,
    ImposedDomain,
    Json,
    Language,
    MaxRoles,
    MaxTasks,
    ModelsByPurpose,
    ProjectId,
    Target,
    Timeout,
    Yes,
)
from shared.cli.ending import ending
from shared.cli.wanted import SECONDS, Wanted, only

if TYPE_CHECKING:
    from shared.cli.session import Command

ThisProject = Annotated[
    str, typer.Argument(metavar="ID", help="The project's id.", show_default=False)
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Where its files go: a Markdown file per task, plan.json, project.html."
    ),
]


Watching = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        metavar="SECONDS",
        help="How long to watch; else to its end. The project goes on after that.",
    ),
]
FOR_EVER = 10_000_000.0
"""Seconds, more than a project may take."""


def run(
    goal: Annotated[
        str | None,
        typer.Argument(metavar="GOAL", help="The goal in plain words.", show_default=False),
    ] = None,
    *,
    plan: Annotated[
        Path | None,
        typer.Option(metavar="plan.json", help="Instead of GOAL: a plan, edited if you like."),
    ] = None,
    out: Out = None,
    budget: Budget = "",
    yes: Yes = False,
    as_json: Json = False,
    max_tasks: MaxTasks = None,
    max_roles: MaxRoles = None,
    parallel: Annotated[
        int | None, typer.Option(min=1, max=20, metavar="N", help="Tasks at a time; else 4.")
    ] = None,
    reviews: Annotated[
        int | None,
        typer.Option(min=0, max=5, metavar="N", help="Reviews of a task at most; else 2."),
    ] = None,
    max_duration: Annotated[
        float | None,
        typer.Option(
            min=1, max=2_592_000, metavar="SECONDS",
            help="When the project is stopped; else after a day.",
        ),
    ] = None,
    language: Language = "",
    domain: ImposedDomain = "",
    project_id: ProjectId = "",
    model: ModelsByPurpose = None,
    context: Context = None,
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Watching = None,
) -> None:  # fmt: skip
    """Make a plan for GOAL and do it: finished, reviewed work as files, and what it cost."""
    with ending("run"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415
        from shared.rpc.settings import SERVICE_NAMES  # noqa: PLC0415

        faults = options.Faults()
        options.read_goal_or_plan(goal, plan, faults)
        edited = options.read_plan(plan, goal, faults)
        if plan is not None:
            of_a_goal = {"--max-tasks": max_tasks, "--max-roles": max_roles, "--domain": domain}
            options.refuse_beside_plan([name for name, value in of_a_goal.items() if value], faults)
        if project_id:
            options.read_project_id(project_id, faults)
        nano_usd = options.read_budget(budget, faults)
        models = options.read_models(model or (), faults)
        texts = options.read_context(context or (), faults)
        targets = options.read_targets(target or (), faults)
        faults.done()

        def load() -> Command:
            from shared.cli.project_request import ProjectWanted  # noqa: PLC0415
            from shared.cli.run_command import RunCommand  # noqa: PLC0415

            asked = ProjectWanted(
                goal=goal or "",
                plan=edited,
                budget_nano_usd=nano_usd,
                models=models,
                context=texts,
                max_tasks=max_tasks or 0,
                max_roles=max_roles or 0,
                parallel=parallel or 0,
                reviews=reviews,
                max_duration=max_duration,
                language=language,
                domain=domain,
                project_id=project_id,
            )
            return RunCommand(asked.request(), models, out, yes, as_json)

        wanted = Wanted(targets, expect, timeout or FOR_EVER, only(project_id))
        run_loop(lambda: do(wanted, SERVICE_NAMES, load))


def watch(
    project_id: ThisProject,
    *,
    after: Annotated[
        int, typer.Option(min=0, metavar="N", help="Only events after this sequence number.")
    ] = 0,
    out: Out = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each event as a line of JSON on stdout.")
    ] = False,
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Watching = None,
) -> None:
    """Watch the project ID to its end. One that was interrupted goes on."""
    with ending("watch"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415
        from shared.rpc.settings import SERVICE_NAMES  # noqa: PLC0415

        faults = options.Faults()
        options.read_project_id(project_id, faults)
        targets = options.read_targets(target or (), faults)
        faults.done()

        def load() -> Command:
            from shared.cli.run_command import WatchCommand  # noqa: PLC0415

            return WatchCommand(project_id, after, out, as_json)

        wanted = Wanted(targets, expect, timeout or FOR_EVER, only(project_id))
        run_loop(lambda: do(wanted, SERVICE_NAMES, load))


def projects(
    *,
    most: Annotated[
        int, typer.Option(min=1, max=100_000, metavar="N", help="How many, the youngest first.")
    ] = 50,
    as_json: Json = False,
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Timeout = SECONDS,
) -> None:
    """List projects: how each stands, what it cost."""
    with ending("projects"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415

        faults = options.Faults()
        wanted = Wanted(options.read_targets(target or (), faults), expect, timeout)
        faults.done()

        def load() -> Command:
            from shared.cli.projects_command import ProjectsCommand  # noqa: PLC0415

            return ProjectsCommand(most, as_json)

        run_loop(lambda: do(wanted, ("gateway", "director"), load))


def cancel(
    project_id: ThisProject,
    *,
    as_json: Json = False,
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Timeout = SECONDS,
) -> None:
    """Stop the project ID for good, and say what is done, what is not and what was spent."""
    with ending("cancel"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415
        from shared.rpc.settings import SERVICE_NAMES  # noqa: PLC0415

        faults = options.Faults()
        options.read_project_id(project_id, faults)
        targets = options.read_targets(target or (), faults)
        wanted = Wanted(targets, expect, timeout, only(project_id))
        faults.done()

        def load() -> Command:
            from shared.cli.projects_command import CancelCommand  # noqa: PLC0415

            return CancelCommand(project_id, as_json)

        run_loop(lambda: do(wanted, SERVICE_NAMES, load))
