"""Plots of a run as SVG: a row for each scenario, a dot for each value, a bar for the middle.

No script and no style of its own, so that the page's policy lets it stand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.cli.page.markup import Html, tag, words
from shared.cli.preprod.words import number
from shared.preprod.gates import Figure
from shared.preprod.intervals import statistic
from shared.preprod.measures import QUANTITIES, by_scenario
from shared.preprod.report import Report
from shared.preprod.trial import TrialSeen

WIDTH, LABELS, ROW, FOOT, RIGHT = 620, 172, 22, 26, 66
TICKS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A scenario's row. middle: the bar; low and high: its whisker, where there is one."""

    label: str
    dots: Sequence[float]
    middle: float | None
    low: float | None = None
    high: float | None = None


def plots(report: Report) -> Html:
    """Latency, tokens, cost and leak rate, per scenario."""
    grouped = by_scenario(report.trials)
    shown = [
        _figure("Seconds of each call; bar: the median", _values("call_seconds_p50", grouped), "s"),
        _figure("Seconds of each project", _values("project_seconds_p50", grouped), "s"),
        _figure("Input and output tokens of each project", _tokens(grouped), "tokens"),
    ]
    costs = _values("cost_usd", grouped)
    if any(line.dots for line in costs):
        shown.append(_figure("Cost of each project", costs, "USD"))
    shown.append(
        _figure("Answers of the model with words of another field",
                _shares("leak_rate_of_answers", report.figures, grouped), "")
    )  # fmt: skip
    shown.append(
        _figure("Answers of use at the first asking",
                _shares("answers_read_first", report.figures, grouped), "")
    )  # fmt: skip
    return tag("div", *shown, class_="plots")


def _values(name: str, grouped: Mapping[str, Sequence[TrialSeen]]) -> list[Line]:
    measure = QUANTITIES[name]
    lines = []
    for scenario, trials in grouped.items():
        values = measure.of(trials)
        lines.append(Line(scenario, values, statistic(values, 0.5) if values else None))
    return lines


def _tokens(grouped: Mapping[str, Sequence[TrialSeen]]) -> list[Line]:
    lines = []
    for scenario, trials in grouped.items():
        values = [float(t.books.input_tokens + t.books.output_tokens) for t in trials]
        lines.append(Line(scenario, values, statistic(values, 0.5) if values else None))
    return lines


def _shares(
    name: str, figures: Sequence[Figure], grouped: Mapping[str, Sequence[TrialSeen]]
) -> list[Line]:
    found = {each.scenario: each for each in figures if each.name == name}
    lines = []
    for scenario in grouped:
        each = found.get(scenario)
        if each is None:
            lines.append(Line(scenario, (), None))
            continue
        low = each.interval.low if each.interval else None
        high = each.interval.high if each.interval else None
        lines.append(Line(scenario, (each.value,), each.value, low, high))
    return lines


def _figure(title: str, lines: Sequence[Line], unit: str) -> Html:
    most = max([value for line in lines for value in line.dots], default=0.0)
    top = 1.0 if not unit else nice(most)
    height = ROW * len(lines) + FOOT
    drawing = [*_grid(top, unit, ROW * len(lines))]
    for number_, line in enumerate(lines):
        drawing += _row(line, number_ * ROW, top, unit)
    svg = tag(
        "svg", *drawing, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=title,
        class_="plot",
    )  # fmt: skip
    return tag("figure", tag("figcaption", words(title)), svg)


def _grid(top: float, unit: str, height: int) -> list[Html]:
    drawn = []
    for step in range(TICKS + 1):
        value = top * step / TICKS
        x = _x(value, top)
        drawn.append(tag("line", x1=x, x2=x, y1=0, y2=height, class_="grid"))
        drawn.append(
            tag(
                "text", number(value, unit), x=x, y=height + 17, class_="tick", text_anchor="middle"
            )
        )
    return drawn


def _row(line: Line, y: int, top: float, unit: str) -> list[Html]:
    middle = y + ROW // 2
    drawn = [
        tag("text", line.label, x=LABELS - 10, y=middle + 4, class_="label", text_anchor="end")
    ]
    if line.middle is None:
        drawn.append(tag("text", "nothing", x=LABELS + 4, y=middle + 4, class_="tick"))
        return drawn
    if line.low is not None and line.high is not None:
        drawn.append(
            tag("line", x1=_x(line.low, top), x2=_x(line.high, top), y1=middle, y2=middle,
                class_="whisker")
        )  # fmt: skip
    drawn += [tag("circle", cx=_x(value, top), cy=middle, r=3, class_="dot") for value in line.dots]
    at = _x(line.middle, top)
    drawn.append(tag("line", x1=at, x2=at, y1=y + 4, y2=y + ROW - 4, class_="middle-bar"))
    told = number(line.middle, unit)
    drawn.append(tag("text", told, x=WIDTH - 2, y=middle + 4, class_="value", text_anchor="end"))
    return drawn


def _x(value: float, top: float) -> str:
    share = min(1.0, value / top) if top else 0.0
    return f"{LABELS + share * (WIDTH - LABELS - RIGHT):.1f}"


def nice(most: float) -> float:
    """The end of an axis: 1, 2, 4 or 8 times a power of ten, at least `most`."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 8, 10, 20) if step * power >= most)
