"""Prints for people which texts have words of another field, and how many do."""

from __future__ import annotations

from collections.abc import Sequence

from attune.domain.v1 import domain_pb2 as pb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from shared.cli.cost_view import cost_text
from shared.cli.field_view import percent, print_degraded, print_facts, print_field
from shared.cli.terminal import one_line, page

_TEXT_CHARACTERS = 200


def print_leakage(
    texts: Sequence[str],
    found: pb.ClassifyDomainResponse,
    report: pb.LeakageReport,
    models: Sequence[str],
) -> None:
    """The goal's field, the texts that leak, the rate, and what finding the field cost."""
    facts = [("Leak rate", leak_rate(report))]
    if report.distinctive_terms:
        words = ", ".join(one_line(each.term, 40) for each in report.distinctive_terms)
        facts.append(("Stand out", words))
    facts.append(("Cost", cost_text(found.accounting, models)))
    with page() as out:
        print_field(out, found.profile)
        out.print()
        _print_leaks(out, texts, report)
        print_degraded(out, found.degraded)
        print_facts(out, facts)


def leak_rate(report: pb.LeakageReport) -> str:
    """The rate in words; that nothing was measured is said."""
    if not report.measured:
        return f"not measured: there is no lexicon for the language {report.language or 'und'!r}"
    leaking = sum(bool(text.leaked_terms) for text in report.texts)
    interval = f"95% interval {percent(report.interval_low)} to {percent(report.interval_high)}"
    return (
        f"{percent(report.leak_rate)}: {leaking:,} of {len(report.texts):,} have a word of"
        f" another field ({interval})"
    )


def terms_text(leak: pb.TextLeakage) -> str:
    """The foreign terms of a text, each with the field that it is of."""
    return ", ".join(
        one_line(f"{term.term} ({term.field})" + (f" {term.count} times" if term.count > 1 else ""))
        for term in leak.leaked_terms
    )


def _print_leaks(out: Console, texts: Sequence[str], report: pb.LeakageReport) -> None:
    leaking = [
        (number, text, leak)
        for number, (text, leak) in enumerate(zip(texts, report.texts, strict=True), start=1)
        if leak.leaked_terms
    ]
    if not leaking:
        return
    table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim", expand=True)
    table.add_column("Line", justify="right", no_wrap=True)
    table.add_column("Words of another field", ratio=4, overflow="fold", style="bold yellow")
    table.add_column("Text", ratio=6, overflow="fold")
    for number, text, leak in leaking:
        table.add_row(f"{number:,}", terms_text(leak), one_line(text, _TEXT_CHARACTERS))
    out.print(table)
    out.print()
