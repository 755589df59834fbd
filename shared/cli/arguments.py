"""What several commands take: the types of their options, as typer wants them."""

from __future__ import annotations

from enum import StrEnum
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
Model = Annotated[
    str, typer.Option(metavar="MODEL", help="The model to ask; else the gateway's own.")
]
