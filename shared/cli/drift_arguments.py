"""`attune drift` on the command line: what it takes, checked before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.cli.arguments import Budget, Json, Target, Yes
from shared.cli.ending import ending


def drift(
    *,
    cassette: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Recorded answers to compare with.", show_default=False),
    ],
    real: Annotated[
        bool, typer.Option("--real", help="Ask the model of OPENAI_API_KEY the same, too.")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="The most requests to ask.")
    ] = 200,
    budget: Budget = "",
    yes: Yes = False,
    as_json: Json = False,
    target: Target = None,
) -> None:
    """Put recorded requests to the mock and a real model, and say where their habits differ."""
    with ending("drift"):
        from shared.cassette import CassetteError, read_cassette  # noqa: PLC0415
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415

        faults = options.Faults()
        limit_usd = options.read_budget(budget, faults)
        targets = options.read_targets(target or (), faults)
        if real and targets:
            faults.add("--real", "asks a gateway of its own; leave it out beside --target")
        if targets and "gateway" not in targets:
            faults.add("--target", "only the gateway's is of use: --target gateway=HOST:PORT")
        recorded = None
        try:
            recorded = read_cassette(cassette)
        except (CassetteError, OSError) as error:
            faults.add("--cassette", str(error))
        faults.done()
        if recorded is None:
            raise AssertionError("a cassette that cannot be read is a fault")
        from shared.cli.drift_command import DriftCommand  # noqa: PLC0415

        command = DriftCommand(
            cassette=recorded,
            limit=limit,
            target=targets.get("gateway", ""),
            real=real,
            budget_nano_usd=limit_usd,
            yes=yes,
            as_json=as_json,
        )
        run_loop(command.run)
