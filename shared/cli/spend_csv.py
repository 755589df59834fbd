"""The books as CSV (RFC 4180), for spreadsheets: whole nano-USD, and nothing where unknown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from attune.gateway.v1 import gateway_pb2 as pb

from shared.cli.cost_view import SERVED_BY
from shared.cli.terminal import one_line

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the beginning of a cell:
https://owasp.org/www-community/attacks/CSV_Injection"""
_FIGURES = (
    "calls", "settled", "failed", "lost", "in_flight", "attempts", "replays", "input_tokens",
    "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "input_audio_tokens",
    "output_audio_tokens", "usage_estimated",
    "nano_usd", "at_most_nano_usd", "unpriced_calls", "shadow_nano_usd",
)  # fmt: skip


def csv_text(spend: pb.GetSpendResponse, by: Sequence[str]) -> str:
    """A heading and a line for each group; one line for all calls where `by` is empty.

    nano_usd is empty where no amount is known, and without the calls that unpriced_calls
    counts; at_most_nano_usd is the part of it that is an upper bound.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow([*by, *_FIGURES])
    for row in spend.rows if by else [spend.total]:
        lines.writerow([*(_key(row, name) for name in by), *_figures(row)])
    return out.getvalue()


def _figures(row: pb.SpendRow) -> Iterator[int | str]:
    counts, usage, cost = row.call_counts, row.usage, row.cost
    yield from (row.calls, counts.settled, counts.failed, counts.lost, counts.in_flight)
    yield from (row.attempts, row.replays)
    yield from (usage.input_tokens, usage.cached_input_tokens)
    yield from (usage.output_tokens, usage.reasoning_output_tokens)
    yield from (usage.input_audio_tokens, usage.output_audio_tokens)
    yield "true" if usage.source == pb.USAGE_SOURCE_ESTIMATED else "false"
    yield cost.nano_usd if cost.HasField("nano_usd") else ""
    yield sum(item.nano_usd for item in row.costs if item.status == pb.COST_STATUS_AT_MOST)
    yield cost.unpriced_calls
    yield cost.shadow_nano_usd if cost.HasField("shadow_nano_usd") else ""


def _key(row: pb.SpendRow, name: str) -> str:
    if name == "served_by":
        return SERVED_BY.get(row.served_by, str(row.served_by))
    value = one_line(row.project_id if name == "project" else getattr(row, name))
    return f"'{value}" if value.startswith(_FORMULA) else value
