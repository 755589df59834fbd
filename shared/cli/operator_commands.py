"""`attune token` and `attune journal`: for the operator at the machine that has the database.

They read the gateway's variables and open its database themselves, so that there is no way
over the network to make a token. The gateway's own program does the work; only typer is
imported here, as in main.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.arguments import Json

token = typer.Typer(
    help="Who may call the gateway. Works on the database of ATTUNE_DATABASE_URL.",
    no_args_is_help=True,
)
journal = typer.Typer(
    help="The gateway's books. Works on the database of ATTUNE_DATABASE_URL, also while a gateway"
    " runs.",
    no_args_is_help=True,
)


def _ask_the_gateways_program(*arguments: str) -> None:
    command = [sys.executable, "-P", "-m", "services.gateway.admin", *arguments]
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 -- ours


@token.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The caller's name in the books.")],
) -> None:
    """Make a token for a caller and print it, this once."""
    _ask_the_gateways_program("token", "create", "--", name)


@token.command("list")
def list_tokens(*, as_json: Json = False) -> None:
    """List the tokens that there are and were, without the tokens themselves."""
    _ask_the_gateways_program("token", "list", *(["--json"] if as_json else []))


@token.command("revoke")
def revoke(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="All tokens of this caller, or one by its id.")
    ],
) -> None:
    """End a token; the gateway refuses it within two seconds."""
    _ask_the_gateways_program("token", "revoke", "--", name)


@journal.command("verify")
def verify(*, as_json: Json = False) -> None:
    """Recompute every sum and price from the rows and say where they disagree."""
    _ask_the_gateways_program("journal", "verify", *(["--json"] if as_json else []))


@journal.command("export")
def export(
    *,
    project_id: Annotated[str, typer.Option(metavar="ID", help="Only this project's calls.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new file; else standard output.")
    ] = None,
) -> None:
    """Write every call and its tries as a line of JSON."""
    where = [f"--out={out}"] if out else []
    _ask_the_gateways_program("journal", "export", f"--project-id={project_id}", *where)


@journal.command("prune")
def prune(
    *,
    older_than: Annotated[
        str, typer.Option(metavar="DAYS", help="For example 90d.", show_default=False)
    ],
) -> None:
    """Forget prompts and answers of older calls; what they cost stays."""
    _ask_the_gateways_program("journal", "prune", f"--older-than={older_than}")
