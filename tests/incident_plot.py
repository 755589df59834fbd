"""Draws what `make eval-incident` measured: a bar per goal and arm, with its interval."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from incident_prompts import ARMS
from matplotlib.figure import Figure

from shared.wilson import wilson_interval

COLOURS = ("#c0392b", "#7f8c8d", "#2471a3", "#a9cce3")
BAR = 0.2


def write_plot(measured: dict, path: Path) -> None:
    """As an SVG that is the same for the same figures."""
    mpl.rcParams["svg.hashsalt"] = "attune"
    mpl.rcParams["svg.fonttype"] = "none"
    figure = Figure(figsize=(8.5, 3.6), layout="constrained")
    axes = figure.add_subplot()
    goals = measured["goals"]
    for number, arm in enumerate(ARMS):
        places = [place + (number - 1.5) * BAR for place in range(len(goals))]
        counts = [arms[arm] for arms in goals.values()]
        shares = [100 * leaking / of for leaking, of in counts]
        ends = [wilson_interval(leaking, of) for leaking, of in counts]
        reach = [
            [max(0.0, share - 100 * low) for share, (low, _) in zip(shares, ends, strict=True)],
            [max(0.0, 100 * high - share) for share, (_, high) in zip(shares, ends, strict=True)],
        ]
        axes.bar(places, shares, BAR, color=COLOURS[number], label=arm)
        axes.errorbar(
            places, shares, reach, fmt="none", ecolor="#333333", elinewidth=0.8, capsize=2
        )
    axes.set_xticks(range(len(goals)), [_wrapped(goal) for goal in goals], fontsize=8)
    axes.set_ylim(0, 100)
    axes.set_ylabel("answers with words of another field, %", fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    of = max(of for arms in goals.values() for _, of in arms.values())
    axes.set_title(
        f"{measured['model']}, {of} answers a bar; whiskers: 95 % interval", fontsize=9, loc="left"
    )
    axes.legend(title="what stands before the goal", fontsize=8, title_fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _wrapped(goal: str) -> str:
    words = goal.split()
    middle = (len(words) + 1) // 2
    return f"{' '.join(words[:middle])}\n{' '.join(words[middle:])}"
