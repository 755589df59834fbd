"""`attune up`: what it takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.ending import ending
from shared.cli.exits import Interrupted


def up(
    *,
    logs: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the services' logs go, as JSON lines.")
    ] = Path(".attune/logs"),
    replay: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answer from this cassette, not from mock or model."),
    ] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Let the mock answer what the cassette has not.")
    ] = False,
    recorded_latency: Annotated[
        bool, typer.Option("--recorded-latency", help="Let each answer take as long as it took.")
    ] = False,
) -> None:
    """Run the four services on their ports, until Ctrl-C or SIGTERM.

    ATTUNE_* variables change ports; USE_MOCK_AI_PROVIDER decides whether a mock answers.
    """
    with ending("up"):
        from shared.cli.options import Faults  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.up_command import Replay  # noqa: PLC0415
        from shared.cli.up_command import up as run_up  # noqa: PLC0415

        faults = Faults()
        for name, given in (("--lenient", lenient), ("--recorded-latency", recorded_latency)):
            if given and replay is None:
                faults.add(name, "needs --replay FILE")
        faults.done()
        wanted = Replay(replay, lenient, recorded_latency) if replay is not None else None
        try:
            run_loop(lambda: run_up(logs, wanted))
        except Interrupted:  # as it is meant to end
            sys.stderr.write("attune up: stopped\n")
