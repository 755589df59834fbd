"""Where two sources of answers differ, as a table, and in one line how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from shared.cli.terminal import one_line, page
from shared.preprod.drift import Difference, Verdict

STYLES = {Verdict.SAME: "dim", Verdict.DIFFERS: "bold yellow", Verdict.TOO_FEW: "dim"}


def print_drift(
    found: Mapping[tuple[str, str], Sequence[Difference]], requests: int, path: str
) -> None:
    """Only what differs, or might: the rest is counted."""
    with page() as out:
        for (one, other), differences in found.items():
            shown = [each for each in differences if each.verdict is not Verdict.SAME]
            table = Table(
                title=f"{one} and {other}", title_justify="left", box=SIMPLE_HEAD,
                show_edge=False, header_style="dim",
            )  # fmt: skip
            table.add_column("Purpose", no_wrap=True)
            table.add_column("An answer", min_width=14)
            for name in (one, other, "p"):
                table.add_column(name, justify="right", no_wrap=True)
            table.add_column("", no_wrap=True)
            for each in sorted(shown, key=lambda row: (row.verdict, row.p)):
                table.add_row(
                    each.purpose, one_line(each.aspect, 60), each.ours, each.theirs,
                    f"{each.p:.3f}", Text(each.verdict, STYLES[each.verdict]),
                )  # fmt: skip
            if shown:
                out.print(table)
            out.print(Text(_summary(one, other, differences)))
            out.print()
        real = "" if any("real" in pair for pair in found) else "; no real model was asked (--real)"
        out.print(Text(f"{requests:,} requests of {path}{real}", "dim"))


def _summary(one: str, other: str, differences: Sequence[Difference]) -> str:
    count = {v: sum(each.verdict is v for each in differences) for v in Verdict}
    said = f"{count[Verdict.DIFFERS]} of {len(differences)} habits of the {one} are not those of"
    said += f" the {other}"
    if count[Verdict.TOO_FEW]:
        said += f"; of {count[Verdict.TOO_FEW]} too few answers are there to tell"
    return said
