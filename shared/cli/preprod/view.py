"""A run's report on one screen of a terminal: the verdict, why, and every gate."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.cli.field_view import print_facts
from shared.cli.preprod.words import figure, interval, signed
from shared.cli.terminal import one_line, page
from shared.preprod.comparison import Change
from shared.preprod.gates import Outcome
from shared.preprod.measures import MEASURES
from shared.preprod.report import Report, Verdict

STYLES = {Outcome.HELD: "green", Outcome.FAILED: "bold red", Outcome.NOT_SHOWN: "yellow"}
CHANGES = {
    Change.BETTER: "green", Change.WORSE: "bold red",
    Change.NONE_SHOWN: "", Change.TOO_FEW: "yellow",
}  # fmt: skip
VERDICTS = {
    Verdict.GO: ("This build may go to production", "bold green"),
    Verdict.NO: ("This build may not go to production", "bold red"),
    Verdict.NOT_SHOWN: ("Not shown that this build may go to production", "bold yellow"),
}
MOST_FAULTS, MOST_WHY = 3, 6


def print_report(report: Report, files: dict[str, Path]) -> None:
    """On stdout."""
    with page() as out:
        _gates(out, report)
        if report.baseline is not None:
            _baseline(out, report)
        words, style = VERDICTS[report.verdict]
        out.print()
        out.print(Text(words, style))
        if report.about.gates_tell:
            out.print(Text(f"  {report.about.gates_tell}", "dim"))
        for why in report.why[:MOST_WHY]:
            out.print(Text(f"  {one_line(why, 300)}"))
        if len(report.why) > MOST_WHY:
            out.print(Text(f"  and {len(report.why) - MOST_WHY} more; the report has them"))
        out.print()
        print_facts(out, _facts(report, files))


def _gates(out: Console, report: Report) -> None:
    table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim")
    table.add_column("Gate", min_width=26)
    table.add_column("Measured", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    table.add_column("Wanted", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, min_width=9)
    for gate in report.gates:
        table.add_row(
            gate.title, figure(gate), interval(gate.interval, gate.unit), gate.threshold,
            Text(gate.outcome, STYLES[gate.outcome]),
        )  # fmt: skip
    out.print(table)
    for gate in report.gates:
        if gate.outcome is not Outcome.HELD:
            out.print(Text(f"\n {gate.title}: {one_line(gate.why, 200)}", STYLES[gate.outcome]))
            for where, what in gate.faults[:MOST_FAULTS]:
                out.print(Text(f"   {where}: {one_line(what, 220)}", "dim"))
            if len(gate.faults) > MOST_FAULTS:
                out.print(Text(f"   and {len(gate.faults) - MOST_FAULTS} more", "dim"))


def _baseline(out: Console, report: Report) -> None:
    baseline = report.baseline
    if baseline is None:
        return
    table = Table(
        title=f"Against {baseline.run_id}", title_justify="left", box=SIMPLE_HEAD,
        show_edge=False, header_style="dim",
    )  # fmt: skip
    table.add_column("Measure", min_width=28)
    for name in ("Before", "Now", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", min_width=15)
    for each in baseline.compared:
        measure = MEASURES[each.measure]
        said = Text(each.change, CHANGES[each.change])
        if each.change is Change.TOO_FEW:
            said = Text(
                f"{each.change}: {each.scenarios} scenarios; from {each.needed} on", "yellow"
            )
        before, now, _ = signed(each, measure)
        p = "" if each.p is None else f"{each.p:.3f}"
        table.add_row(measure.title, before, now, p, said)
    out.print()
    out.print(table)


def _facts(report: Report, files: dict[str, Path]) -> list[tuple[str, str]]:
    about = report.about
    spent = "unknown" if about.spent_nano_usd is None else f"${about.spent_nano_usd / 1e9:.4f}"
    budget = f" of a budget of ${about.budget_usd}" if about.budget_usd else ""
    trials = f"{len(report.trials)} of {len(about.scenarios) * about.repeats}"
    facts = [
        ("Model", f"{', '.join(about.models) or 'unknown'} at {about.endpoint or about.provider}"),
        ("Gates", about.gates),
        (
            "Trials",
            f"{trials} ({len(about.scenarios)} scenarios, {about.depth}s) in {about.seconds:.0f} s",
        ),
        ("Spent", f"{spent}{budget}"),
    ]
    if report.margins:
        left = ", ".join(f"{name} ${value:.2f}" for name, value in report.margins.items())
        facts.append(("Left of its price", left))
    facts += [(name, str(path)) for name, path in files.items()]
    return facts
