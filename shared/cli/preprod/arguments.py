"""`attune preprod` on the command line: what it takes, read and checked before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.arguments import Budget, Json, Target, Yes
from shared.cli.ending import ending
from shared.cli.wanted import SECONDS, Expect, Wanted

if TYPE_CHECKING:
    from shared.cli.options import Faults
    from shared.cli.session import Command
    from shared.preprod.report import Report
    from shared.preprod.scenario import Scenario, ScenarioFile

HOSTED = "hosted"


def preprod(
    *,
    scenario: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Goals and gates as YAML; else Attune's own fourteen."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this scenario; repeatable.")
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="How often each scenario is run.")
    ] = 1,
    gates: Annotated[
        str, typer.Option(metavar="NAME", help="Which set of gates of the file must hold.")
    ] = HOSTED,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="report.json", help="An earlier run to be compared with."),
    ] = None,
    budget: Budget = "",
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[PURPOSE=]MODEL", help="The model for all, or for one purpose; repeatable."
        ),
    ] = None,
    plans: Annotated[
        bool, typer.Option("--plans", help="Make plans only; their tasks are not done.")
    ] = False,
    reviews: Annotated[
        int | None,
        typer.Option(min=0, max=5, metavar="N", help="Reviews of a task at most; else 2."),
    ] = None,
    parallel: Annotated[
        int, typer.Option(min=1, max=50, metavar="N", help="Trials at a time.")
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where report, log and cassette go; else .attune/preprod/RUN."
        ),
    ] = None,
    provider_metrics: Annotated[
        str,
        typer.Option(
            metavar="URL", help="llama.cpp's metrics: its own count of tokens must be the books'."
        ),
    ] = "",
    yes: Yes = False,
    as_json: Json = False,
    target: Target = None,
) -> None:
    """Run the scenarios on a real model, and say whether this build may go to production."""
    with ending("preprod"):
        from shared.cli import options  # noqa: PLC0415
        from shared.cli.run import run as run_loop  # noqa: PLC0415
        from shared.cli.session import do  # noqa: PLC0415
        from shared.rpc.settings import SERVICE_NAMES  # noqa: PLC0415

        faults = options.Faults()
        file = _read_file(scenario, faults)
        chosen = _choose(file, gates, tuple(only or ()), faults)
        before = _read_baseline(baseline, file, faults)
        limit = options.read_budget(budget, faults)
        if limit == 0:
            faults.add("--budget 0", "nothing can be run for nothing; leave it out for no limit")
        models = _read_models(model or (), faults)
        if provider_metrics and not provider_metrics.startswith(("http://", "https://")):
            faults.add(f"--provider-metrics {provider_metrics[:60]}", "must be a URL")
        targets = options.read_targets(target or (), faults)
        faults.done()
        if file is None:
            raise AssertionError("a file that cannot be read is a fault")

        def load() -> Command:
            from shared.cli.preprod.asking import Depth  # noqa: PLC0415
            from shared.cli.preprod.command import PreprodCommand  # noqa: PLC0415

            return PreprodCommand(
                file=file,
                file_name=str(scenario or "Attune's own"),
                scenarios=chosen,
                gates=gates,
                repeats=repeat,
                baseline=(baseline, before) if baseline and before else None,
                budget_nano_usd=limit,
                models=models,
                depth=Depth.PLAN if plans else Depth.PROJECT,
                reviews=reviews,
                parallel=parallel,
                out=out,
                provider_metrics=provider_metrics,
                yes=yes,
                as_json=as_json,
            )

        wanted = Wanted(targets, Expect.REAL, SECONDS)
        run_loop(lambda: do(wanted, SERVICE_NAMES, load))


def _read_file(path: Path | None, faults: Faults) -> ScenarioFile | None:
    from shared.preprod.scenario import load_scenarios  # noqa: PLC0415
    from shared.preprod.yaml_lines import FileFaults  # noqa: PLC0415

    try:
        return load_scenarios(path)
    except FileFaults as error:
        for fault in error.faults:
            faults.add(f"{error.name}, line {fault.line}", fault.what)
        return None


def _choose(
    file: ScenarioFile | None, gates: str, only: tuple[str, ...], faults: Faults
) -> list[Scenario]:
    if file is None:
        return []
    if gates not in file.gates:
        faults.add(
            f"--gates {gates[:60]}", f"there is no such set; there are {', '.join(file.gates)}"
        )
        return []
    ids = {scenario.id for scenario in file.scenarios}
    for name in only:
        if name not in ids:
            faults.add(
                f"--only {name[:60]}", f"there is no such scenario; there are {', '.join(ids)}"
            )
    return file.chosen(gates, only)


def _read_baseline(path: Path | None, file: ScenarioFile | None, faults: Faults) -> Report | None:
    if path is None or file is None:
        return None
    from shared.preprod.report import load_baseline  # noqa: PLC0415
    from shared.preprod.yaml_lines import FileFaults  # noqa: PLC0415

    try:
        return load_baseline(path, file)
    except FileFaults as error:
        for fault in error.faults:
            faults.add(f"--baseline {error.name}, line {fault.line}", fault.what)
        return None


def _read_models(given: list[str] | tuple[()], faults: Faults) -> dict[str, str]:
    """By purpose; a name without a purpose is for all that have none of their own."""
    from shared.cli import options  # noqa: PLC0415
    from shared.context.templates import TEMPLATES  # noqa: PLC0415

    plain = [item for item in given if "=" not in item]
    named = options.read_models([item for item in given if "=" in item], faults)
    if len(plain) > 1:
        faults.add("--model", f"names {' and '.join(plain)} for everything; name one")
    everything = dict.fromkeys(TEMPLATES, plain[0]) if plain else {}
    return everything | named
