"""What several commands take: the types of their options, as typer wants them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.wanted import Expect


class Column(StrEnum):
    """Columns that spend can be grouped by."""

    PROJECT = "project"
    AGENT = "agent"
    PURPOSE = "purpose"
    MODEL = "model"
    SERVED_BY = "served_by"
    DAY = "day"


Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Target = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SERVICE=HOST:PORT",
        help="Use this running service; repeatable. Without it: the system on this machine's"
        " ports, else one started for this command.",
    ),
]
ExpectOption = Annotated[
    Expect | None,
    typer.Option("--expect", help="End before anything is spent if the gateway is the other one."),
]
Timeout = Annotated[
    float,
    typer.Option(
        min=0.1, max=3600, metavar="SECONDS",
        help="How long an answer may take; starting services is not counted.",
    ),
]  # fmt: skip
Language = Annotated[
    str, typer.Option(metavar="TAG", help="BCP 47 tag, for example pt-BR; else the goal's own.")
]
Goal = Annotated[
    str, typer.Argument(metavar="GOAL", help="The goal in plain words.", show_default=False)
]
ProjectId = Annotated[str, typer.Option(metavar="ID", help="The project's name in the books.")]
ImposedDomain = Annotated[
    str, typer.Option(metavar="D", help="Impose a field; no model is asked for it.")
]
ModelsByPurpose = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="PURPOSE=MODEL",
        help="A model for classify_domain, propose_team, analyze_goal, reword_tasks, perform_task"
        " or review_deliverable; repeatable.",
    ),
]
MaxTasks = Annotated[
    int | None, typer.Option(min=1, max=50, metavar="N", help="The most tasks; else 8.")
]
MaxRoles = Annotated[
    int | None, typer.Option(min=1, max=20, metavar="N", help="The most roles; else 4.")
]
Context = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="A text that you already have; repeatable."),
]
Model = Annotated[
    str, typer.Option(metavar="MODEL", help="The model to ask; else the gateway's own.")
]
Budget = Annotated[
    str, typer.Option(metavar="USD", help="The most that it may cost, for example 0.50.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before real money is spent.")]
