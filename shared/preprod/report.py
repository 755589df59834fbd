"""A run as a value: what was measured, what the gates say, and whether the build may go on.

`report.json` is this value; a later run takes it as its baseline.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.preprod.comparison import Change, Compared, compare, overall
from shared.preprod.gates import Figure, GateResult, Outcome, figures, judge
from shared.preprod.measures import MEASURES, PROPORTIONS, QUANTITIES
from shared.preprod.scenario import Scenario, ScenarioFile
from shared.preprod.trial import TrialSeen
from shared.preprod.yaml_lines import Fault, FileFaults

FORMAT = 1
MOST_SHOWN = 200
"""Characters of a fault that the verdict shows."""
MAX_BYTES = 512 * 1024 * 1024


class Verdict(StrEnum):
    """Whether a build may go to production."""

    GO = "may go"
    NO = "may not go"
    NOT_SHOWN = "not shown"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class About(_Part):
    """What was run, where and how.

    served_by: real, mock or cassette. models: who answered. gates_tell: what these gates can tell
    and what they cannot. budget_usd: as text, empty: none. stopped: why it was cut short.
    """

    run_id: str
    began: datetime
    seconds: float = 0.0
    attune: str = ""
    environment: str = ""
    served_by: str = ""
    provider: str = ""
    endpoint: str = ""
    models: tuple[str, ...] = ()
    gates: str = ""
    gates_tell: str = ""
    repeats: int = 1
    depth: str = "project"
    scenario_file: str = ""
    scenario_digest: str = ""
    scenarios: tuple[str, ...] = ()
    budget_usd: str = ""
    spent_nano_usd: int | None = None
    stopped: str = ""


class Baseline(_Part):
    """Which run this one was compared with."""

    path: str
    run_id: str
    models: tuple[str, ...] = ()
    change: Change
    compared: tuple[Compared, ...]


class Report(_Part):
    """A whole run."""

    format: int = FORMAT
    verdict: Verdict
    why: tuple[str, ...]
    about: About
    gates: tuple[GateResult, ...]
    figures: tuple[Figure, ...]
    baseline: Baseline | None = None
    margins: dict[str, float] = Field(default_factory=dict)
    trials: tuple[TrialSeen, ...]


def make_report(
    about: About,
    file: ScenarioFile,
    scenarios: Sequence[Scenario],
    trials: Sequence[TrialSeen],
    *,
    extra: Sequence[GateResult] = (),
    baseline: tuple[Path, Report] | None = None,
) -> Report:
    """Judges a run. extra: gates that were held outside, such as the server's own count."""
    gates = file.gates[about.gates]
    results = [*judge(gates, scenarios, trials, about.repeats), *extra]
    compared = None
    if baseline is not None:
        path, before = baseline
        found = tuple(compare(before.trials, trials, gates.compare))
        compared = Baseline(
            path=str(path), run_id=before.about.run_id, models=before.about.models,
            change=overall(found), compared=found,
        )  # fmt: skip
    verdict, why = _verdict(about, results, compared)
    return Report(
        verdict=verdict,
        why=why,
        about=about,
        gates=tuple(results),
        figures=tuple(figures(trials)),
        baseline=compared,
        margins=margins(scenarios, trials),
        trials=tuple(trials),
    )


def margins(scenarios: Sequence[Scenario], trials: Sequence[TrialSeen]) -> dict[str, float]:
    """What is left of each scenario's price, in dollars, after what it costs; unknown ones not."""
    found = {}
    for scenario in scenarios:
        left = scenario.margin([t.books.cost_nano_usd for t in trials if t.scenario == scenario.id])
        if left is not None:
            found[scenario.id] = left
    return found


def _verdict(
    about: About, results: Sequence[GateResult], baseline: Baseline | None
) -> tuple[Verdict, tuple[str, ...]]:
    why = [_failed(gate) for gate in results if gate.outcome is Outcome.FAILED]
    if baseline is not None and baseline.change is Change.WORSE:
        why += [
            f"{MEASURES[worse.measure].title}: {_figures(worse)}, worse than {baseline.run_id}"
            for worse in baseline.compared
            if worse.change is Change.WORSE
        ]
    if why:
        return Verdict.NO, tuple(why)
    open_ = [f"{r.title}: {r.why}" for r in results if r.outcome is Outcome.NOT_SHOWN]
    if about.stopped:
        open_.insert(0, f"stopped: {about.stopped}")
    if baseline is not None and baseline.change is Change.TOO_FEW:
        open_.append(f"against {baseline.run_id}: too few samples")
    return (Verdict.NOT_SHOWN if open_ else Verdict.GO), tuple(open_)


def _failed(gate: GateResult) -> str:
    """What a gate says, with the first thing that broke it."""
    first = ""
    if gate.faults:
        where, what = gate.faults[0]
        first = f" (first {where}: {what[:MOST_SHOWN]}{'…' if len(what) > MOST_SHOWN else ''})"
    return f"{gate.title}: {gate.why or gate.outcome}{first}"


def _figures(each: Compared) -> str:
    before, now = each.before or 0.0, each.now or 0.0
    if each.measure in PROPORTIONS:
        return f"from {before:.0%} to {now:.0%}"
    return f"from {before:,.4g} to {now:,.4g} {QUANTITIES[each.measure].unit}"


def load_baseline(path: Path, file: ScenarioFile) -> Report:
    """The report of an earlier run of the same scenarios. Raises FileFaults."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileFaults(str(path), [Fault(1, f"has more than {MAX_BYTES:,} bytes")])
        said = json.loads(path.read_text("utf-8"))
        found = said.get("format") if isinstance(said, dict) else None
        if found != FORMAT:
            what = f"is no report of format {FORMAT}: it says {found!r}"
            raise FileFaults(str(path), [Fault(1, what)])
        report = Report.model_validate(said, strict=False)
    except OSError as error:
        raise FileFaults(str(path), [Fault(1, error.strerror or str(error))]) from error
    except json.JSONDecodeError as error:
        raise FileFaults(str(path), [Fault(error.lineno, f"is not JSON: {error.msg}")]) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise FileFaults(str(path), [Fault(1, f"is not JSON: {error}")]) from error
    except ValidationError as error:
        faults = [
            Fault(1, f"{'.'.join(map(str, each['loc']))}: {each['msg']}")
            for each in error.errors()[:20]
        ]
        raise FileFaults(str(path), faults) from error
    if report.about.scenario_digest != file.digest():
        what = (
            f"is of another version of the scenarios ({report.about.scenario_digest}, not"
            f" {file.digest()}): make a new baseline"
        )
        raise FileFaults(str(path), [Fault(1, what)])
    if report.about.served_by != "real":
        what = f"was answered by a {report.about.served_by or 'nobody'}, not by a real model"
        raise FileFaults(str(path), [Fault(1, what)])
    return report
