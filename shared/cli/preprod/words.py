"""Figures of a report in words, alike on the terminal and on the page."""

from __future__ import annotations

from shared.preprod.comparison import Compared
from shared.preprod.gates import GateResult
from shared.preprod.intervals import Interval
from shared.preprod.measures import Measure, Proportion


def figure(gate: GateResult) -> str:
    """A gate's figure with what it is of."""
    if gate.value is None:
        return "nothing"
    if gate.unit in ("trials", "scenarios"):
        return f"{gate.value:.0f} of {gate.samples}"
    return f"{number(gate.value, gate.unit)}{f' of {gate.samples:,}' if not gate.unit else ''}"


def number(value: float, unit: str) -> str:
    """A share as a percentage, money as dollars, other figures with their unit."""
    if not unit:
        return f"{100 * value:.1f} %"
    if unit == "USD":
        return f"${value:.4f}"
    if unit == "s":
        return f"{value:.3g} s"
    return f"{value:,.3g}" if value < 1_000 else f"{value:,.0f}"


def interval(found: Interval | None, unit: str) -> str:
    """An interval; empty where there is none."""
    if found is None:
        return ""
    return f"{number(found.low, unit)} to {number(found.high, unit)}"


def signed(each: Compared, measure: Measure) -> tuple[str, str, str]:
    """Before, now, and the difference with its sign."""
    if each.before is None or each.now is None:
        return "", "", ""
    unit = "" if isinstance(measure, Proportion) else measure.unit
    change = each.now - each.before
    sign = "+" if change > 0 else "-" if change < 0 else ""
    return number(each.before, unit), number(each.now, unit), f"{sign}{number(abs(change), unit)}"
