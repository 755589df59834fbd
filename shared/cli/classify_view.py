"""Prints the field of a goal for people."""

from __future__ import annotations

from collections.abc import Sequence

from attune.domain.v1 import domain_pb2 as pb
from rich.table import Table

from shared.cli.cost_view import cost_text
from shared.cli.field_view import field_name, percent, print_degraded, print_facts, print_field
from shared.cli.terminal import one_line, page


def print_profile(reply: pb.ClassifyDomainResponse, models: Sequence[str]) -> None:
    """One goal's field, its words, and what finding it cost."""
    profile = reply.profile
    facts = [("Slug", one_line(profile.domain))]
    if profile.vocabulary:
        facts.append(("Words", ", ".join(one_line(word) for word in profile.vocabulary)))
    with page() as out:
        print_field(out, profile)
        out.print()
        print_facts(out, facts)
        out.print()
        print_degraded(out, reply.degraded)
        print_facts(out, [("Cost", cost_text(reply.accounting, models))])


def print_row(profile: pb.DomainProfile, goal: str) -> None:
    """One of many goals, in a line."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=3, no_wrap=True, overflow="ellipsis", style="bold")
    grid.add_column(width=13, justify="right", no_wrap=True, style="dim")
    grid.add_column(ratio=6, no_wrap=True, overflow="ellipsis")
    grid.add_row(field_name(profile), percent(profile.confidence), one_line(goal))
    with page() as out:
        out.print(grid)
