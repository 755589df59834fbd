"""Prints what a plan and a goal's field have in common: the field, facts, what was mended."""

from __future__ import annotations

from collections.abc import Sequence

from attune.domain.v1 import domain_pb2
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.cli.terminal import one_line, shown

HEAD = "bold cyan"
_FOUND_BY = {
    domain_pb2.PROFILE_SOURCE_MODEL: "found by the model",
    domain_pb2.PROFILE_SOURCE_SHORTLIST: "found by the local shortlist alone",
    domain_pb2.PROFILE_SOURCE_CALLER: "imposed by you",
}
_LIKELY_ENOUGH = 0.01
"""Alternatives below it tell a reader nothing."""


def print_field(out: Console, profile: domain_pb2.DomainProfile) -> None:
    """The field's name, how sure that is, and what else it may be."""
    out.print(Text.assemble((field_name(profile), "bold")))
    facts = [f"{percent(profile.confidence)} sure"]
    if profile.source in _FOUND_BY:
        facts.append(_FOUND_BY[profile.source])
    if profile.language not in ("", "und"):
        facts.append(f"language {one_line(profile.language, 40)}")
    out.print(Text.assemble((" · ".join(facts), "dim")))
    others = [
        f"{one_line(other.label or other.domain, 100)} ({percent(other.confidence)})"
        for other in profile.alternatives
        if other.confidence >= _LIKELY_ENOUGH
    ]
    if others:
        out.print(Text.assemble((f"It could also be {', '.join(others)}", "dim")))


def field_name(profile: domain_pb2.DomainProfile) -> str:
    """The field's name for people; that there is none is said."""
    if profile.domain in ("", "unknown"):
        return "No field was found in the goal"
    return one_line(profile.label or profile.domain, 200)


def percent(share: float) -> str:
    """A share from 0 to 1 in whole percent; only 1 is 100 %, and only 0 is 0 %."""
    if 0 < share < 0.01:
        return "less than 1%"
    if 0.99 < share < 1:
        return "more than 99%"
    return f"{share:.0%}"


def print_facts(out: Console, facts: Sequence[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style=HEAD, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, shown(value))
    out.print(grid)


def print_degraded(out: Console, degraded: Sequence[str]) -> None:
    """What was repaired, retried or fell back; nothing when nothing was."""
    if not degraded:
        return
    out.print(Text.assemble(("Repaired, retried or fallen back", "bold yellow")))
    for note in degraded:
        out.print(bullet(note))
    out.print()


def bullet(text: str) -> Padding:
    """One entry of a list; long ones hang."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row("-", Text(one_line(text), overflow="fold"))
    return Padding(grid, (0, 0, 0, 2))
