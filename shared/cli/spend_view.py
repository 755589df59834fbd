"""Prints the books for people: one sum, or a table of sums with their total."""

from __future__ import annotations

from collections.abc import Sequence

from attune.gateway.v1 import gateway_pb2 as pb
from rich.bar import Bar
from rich.box import SIMPLE_HEAD
from rich.table import Table

from shared.cli.cost_view import SERVED_BY
from shared.cli.field_view import HEAD, print_facts
from shared.cli.money import CENTS, decimals, dollars
from shared.cli.terminal import one_line, page

_HEADINGS = {"project": "Project", "agent": "Agent", "purpose": "Purpose", "model": "Model",
             "served_by": "Served by", "day": "Day (UTC)"}  # fmt: skip
GAP = 3
"""Columns between two columns of a table, and after the last."""
SHORTEST_BAR, LONGEST_BAR = 5, 20
"""Columns of the bar of the dearest row; where there is less room, there are no bars."""


def print_spend(spend: pb.GetSpendResponse, by: Sequence[str]) -> None:
    """Prints the sums on stdout, grouped `by` these columns, with a bar for each."""
    with page() as out:
        if not spend.total.calls:
            out.print("The books hold no such calls: nothing was spent.")
        elif by:
            room = out.width - out.measure(_table(spend, by, 0)).maximum - GAP
            out.print(_table(spend, by, min(room, LONGEST_BAR)))
        else:
            print_facts(out, _facts(spend.total))


def amount_text(cost: pb.Cost, places: int = CENTS) -> str:
    """What a row cost. Unknown amounts are said, never 0."""
    known = dollars(cost.nano_usd, places) if cost.HasField("nano_usd") else ""
    if cost.unpriced_calls:
        unknown = f"{cost.unpriced_calls:,} of unknown cost"
        return f"{known} + {unknown}" if known else unknown
    return known or "unknown"


def _facts(total: pb.SpendRow) -> list[tuple[str, str]]:
    counts, usage = total.call_counts, total.usage
    ends = [
        f"{count:,} {word}"
        for count, word in (
            (counts.settled, "answered"),
            (counts.failed, "failed at no charge"),
            (counts.lost, "lost, counted at the most they can have cost"),
            (counts.in_flight, "in flight"),
        )
        if count
    ]
    estimated = ", estimated in part" if usage.source == pb.USAGE_SOURCE_ESTIMATED else ""
    facts = [("Spent", amount_text(total.cost) + _bounds(total))]
    if total.cost.HasField("shadow_nano_usd"):
        shadow = dollars(total.cost.shadow_nano_usd)
        free = "mocked and replayed calls cost nothing"
        facts.append(("If real", f"{shadow} on the configured models: {free}"))
    facts.append(("Calls", f"{total.calls:,} ({', '.join(ends)})"))
    facts.append(("Tries", f"{total.attempts:,} at the provider"))
    if total.replays:
        facts.append(("Repeated", f"{total.replays:,} answers given again at no cost"))
    tokens_in = f"{usage.input_tokens:,} in ({usage.cached_input_tokens:,} cached)"
    tokens_out = f"{usage.output_tokens:,} out ({usage.reasoning_output_tokens:,} reasoning)"
    facts.append(("Tokens", f"{tokens_in}, {tokens_out}{estimated}"))
    return facts


def _bounds(total: pb.SpendRow) -> str:
    """What of a sum is an upper bound; empty where nothing is."""
    bound = next((cost for cost in total.costs if cost.status == pb.COST_STATUS_AT_MOST), None)
    if bound is None:
        return ""
    calls = "a call" if bound.calls == 1 else f"{bound.calls:,} calls"
    return f" (of it {dollars(bound.nano_usd)} at most, for {calls} cut off before the end)"


def _table(spend: pb.GetSpendResponse, by: Sequence[str], bar: int) -> Table:
    """bar: its columns."""
    table = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
        header_style=HEAD,
        show_footer=len(spend.rows) > 1,
    )
    for index, name in enumerate(by):
        table.add_column(_HEADINGS[name], "Total" if index == 0 else "", overflow="fold")
    everything = [*spend.rows, spend.total]
    mocked = any(row.cost.HasField("shadow_nano_usd") for row in everything)
    places = max(decimals(row.cost.nano_usd) for row in everything)
    shadow_places = max(decimals(row.cost.shadow_nano_usd) for row in everything)

    def figures(row: pb.SpendRow) -> list[str]:
        cells = [
            f"{row.calls:,}",
            f"{row.usage.input_tokens:,}",
            f"{row.usage.output_tokens:,}",
            amount_text(row.cost, places),
        ]
        if mocked:
            has = row.cost.HasField("shadow_nano_usd")
            cells.append(dollars(row.cost.shadow_nano_usd, shadow_places) if has else "")
        return cells

    headings = ["Calls", "Tokens in", "Tokens out", "Spent"]
    if mocked:
        headings.append("If real")
    for heading, total in zip(headings, figures(spend.total), strict=True):
        table.add_column(heading, total, justify="right", no_wrap=True)
    lengths = [_length(row, spend.total) for row in spend.rows]
    with_bars = bar >= SHORTEST_BAR and max(lengths, default=0) > 0
    if with_bars:
        table.add_column("")
    for row, length in zip(spend.rows, lengths, strict=True):
        bars = [Bar(max(lengths), 0, length, width=bar)] if with_bars else []
        table.add_row(*(_key(row, name) for name in by), *figures(row), *bars)
    return table


def _length(row: pb.SpendRow, total: pb.SpendRow) -> int:
    """What a bar shows: money; where none was spent, what mocked calls would have cost."""
    return row.cost.nano_usd if total.cost.nano_usd else row.cost.shadow_nano_usd


def _key(row: pb.SpendRow, name: str) -> str:
    if name == "served_by":
        return SERVED_BY.get(row.served_by, str(row.served_by))
    value = row.project_id if name == "project" else getattr(row, name)
    return one_line(value, 60) or "(none)"
