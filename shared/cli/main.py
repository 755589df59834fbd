"""The `attune` command line: what it takes, and what of it starts what.

Only typer is imported here; a command imports its own parts when it runs, so that
`attune version` and `--help` are quick and a system's services start at once.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.arguments import (
    Column,
    Context,
    ExpectOption,
    Goal,
    ImposedDomain,
    Json,
    Language,
    MaxRoles,
    MaxTasks,
    Model,
    ModelsByPurpose,
    ProjectId,
    Target,
    Timeout,
)
from shared.cli.drift_arguments import drift
from shared.cli.ending import ending
from shared.cli.exits import EPILOG, ExitCode
from shared.cli.operator_commands import journal, token
from shared.cli.preprod.arguments import preprod
from shared.cli.project_commands import cancel, projects, run, watch
from shared.cli.system_commands import up
from shared.cli.wanted import SECONDS, Wanted

if TYPE_CHECKING:
    from shared.cli.session import Command

app = typer.Typer(
    name="attune",
    help="Turns a goal in plain words into a team, a checked plan and finished work in the language"
    " of the goal's own field, and accounts for every token.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(run)
app.command()(projects)
app.command()(watch)
app.command()(cancel)
app.command()(preprod)
app.command()(drift)
app.add_typer(token, name="token")
app.add_typer(journal, name="journal")


@app.command()
def plan(
    goal: Goal,
    *,
    as_json: Json = False,
    max_tasks: MaxTasks = None,
    max_roles: MaxRoles = None,
    language: Language = "",
    domain: ImposedDomain = "",
    project_id: ProjectId = "",
    model: ModelsByPurpose = None,
    context: Context = None,
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Timeout = SECONDS,
) -> None:
    """Make a team and a checked plan for GOAL, and say what they cost."""
    with ending("plan"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415
        from shared.rpc.settings import SERVICE_NAMES  # noqa: PLC0415

        faults = options.Faults()
        options.read_goal(goal, faults)
        models = options.read_models(model or (), faults)
        texts = options.read_context(context or (), faults)
        wanted = Wanted(options.read_targets(target or (), faults), expect, timeout)
        faults.done()

        def load() -> Command:
            from shared.cli.plan_command import PlanCommand  # noqa: PLC0415

            return PlanCommand(
                goal=goal,
                as_json=as_json,
                max_tasks=max_tasks or 0,
                max_roles=max_roles or 0,
                language=language,
                domain=domain,
                project_id=project_id,
                models=models,
                context=texts,
            )

        run_loop(lambda: do(wanted, SERVICE_NAMES, load))


@app.command()
def classify(
    goal: Annotated[
        str | None,
        typer.Argument(metavar="GOAL", help="The goal in plain words.", show_default=False),
    ] = None,
    *,
    file: Annotated[
        Path | None, typer.Option(metavar="GOALS.txt", help="Instead of GOAL: one goal per line.")
    ] = None,
    as_json: Json = False,
    language: Language = "",
    project_id: ProjectId = "",
    model: Model = "",
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Timeout = SECONDS,
) -> None:
    """Find the field of GOAL, or of each line of a file, in order."""
    with ending("classify"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415

        faults = options.Faults()
        goals = options.read_goal_or_file(goal, file, faults)
        wanted = Wanted(options.read_targets(target or (), faults), expect, timeout)
        faults.done()

        def load() -> Command:
            from shared.cli.classify_command import ClassifyCommand  # noqa: PLC0415

            return ClassifyCommand(
                goals=goals,
                from_file=file is not None,
                as_json=as_json,
                language=language,
                project_id=project_id,
                model=model,
            )

        run_loop(lambda: do(wanted, ("gateway", "domain"), load))


@app.command()
def leakage(
    *,
    goal: Annotated[
        str, typer.Option(metavar="GOAL", help="The goal that the texts serve.", show_default=False)
    ],
    file: Annotated[
        Path,
        typer.Option(
            metavar="TEXTS.jsonl", help='One {"text": "..."} per line.', show_default=False
        ),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="TEXTS.jsonl", help="Texts to compare with, for words that stand out."
        ),
    ] = None,
    as_json: Json = False,
    domain: ImposedDomain = "",
    language: Language = "",
    project_id: ProjectId = "",
    model: Model = "",
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Timeout = SECONDS,
) -> None:
    """Find words of other fields in texts that serve GOAL, and the share of texts with any."""
    with ending("leakage"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415

        faults = options.Faults()
        options.read_goal(goal, faults)
        texts = options.read_texts(file, "--file", faults)
        others = options.read_texts(reference, "--reference", faults) if reference else []
        wanted = Wanted(options.read_targets(target or (), faults), expect, timeout)
        faults.done()

        def load() -> Command:
            from shared.cli.leakage_command import LeakageCommand  # noqa: PLC0415

            return LeakageCommand(
                goal=goal,
                texts=texts,
                reference=others,
                as_json=as_json,
                domain=domain,
                language=language,
                project_id=project_id,
                model=model,
            )

        run_loop(lambda: do(wanted, ("gateway", "domain"), load))


@app.command()
def spend(
    *,
    as_json: Json = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV, and nothing else, on stdout.")
    ] = False,
    by: Annotated[list[Column] | None, typer.Option(help="Group by this; repeatable.")] = None,
    project_id: ProjectId = "",
    agent: Annotated[str, typer.Option(metavar="NAME", help="Only this agent's calls.")] = "",
    purpose: Annotated[str, typer.Option(metavar="NAME", help="Only calls for this.")] = "",
    model: Annotated[str, typer.Option(metavar="MODEL", help="Only calls it answered.")] = "",
    first: Annotated[
        str,
        typer.Option("--from", metavar="DAY", help="Only calls begun on this day (UTC) or later."),
    ] = "",
    last: Annotated[
        str,
        typer.Option("--to", metavar="DAY", help="Only calls begun on this day (UTC) or before."),
    ] = "",
    target: Target = None,
    expect: ExpectOption = None,
    timeout: Timeout = SECONDS,
) -> None:
    """Say what was spent so far: calls, tokens and money."""
    with ending("spend"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415

        faults = options.Faults()
        wanted = Wanted(options.read_targets(target or (), faults), expect, timeout)
        form = options.read_form(as_json=as_json, as_csv=as_csv, faults=faults)
        since, until = options.read_days(first, last, faults)
        faults.done()

        def load() -> Command:
            from shared.cli.spend_command import SpendCommand  # noqa: PLC0415

            return SpendCommand(
                by=list(dict.fromkeys(by or ())),
                form=form,
                project_id=project_id,
                agent=agent,
                purpose=purpose,
                model=model,
                first=since,
                last=until,
            )

        run_loop(lambda: do(wanted, ("gateway",), load))


@app.command()
def version(*, as_json: Json = False) -> None:
    """Print Attune's version and Python's."""
    from importlib.metadata import version as version_of  # noqa: PLC0415

    attune, python = version_of("attune"), platform.python_version()
    if as_json:
        typer.echo(json.dumps({"attune": attune, "python": python}))
    else:
        typer.echo(f"attune {attune}, Python {python}")


def main() -> None:
    """Runs the command line; the process ends with one of EPILOG's exit codes."""
    for number, argument in enumerate(sys.argv[1:], start=1):
        try:
            argument.encode()
        except UnicodeEncodeError as error:  # bytes that were no text in this locale
            sys.stderr.write(
                f"attune: argument {number} is not valid UTF-8 at character {error.start + 1}\n"
            )
            sys.exit(ExitCode.USAGE)
    # gRPC tells of connections that end; here they end with the services.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    app()
