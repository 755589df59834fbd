"""Holds a run against a scenario file's gates. Not shown is no pass, and says what would show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.preprod.intervals import (
    Interval,
    quantity_interval,
    samples_needed,
    share_interval,
    statistic,
)
from shared.preprod.measures import (
    INVARIANTS,
    MEASURES,
    NANO,
    PROPORTIONS,
    QUANTITIES,
    Proportion,
    Quantity,
    Share,
    by_scenario,
)
from shared.preprod.scenario import Gates, Scenario, Threshold
from shared.preprod.trial import State, TrialSeen


class Outcome(StrEnum):
    """What a gate says."""

    HELD = "held"
    FAILED = "failed"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate. value: its figure; None where nothing was measured. samples: behind it.

    why: in words where it is no pass. faults: (which trial, what) of an invariant.
    """

    name: str
    title: str
    outcome: Outcome
    value: float | None = None
    unit: str = ""
    interval: Interval | None = None
    samples: int = 0
    threshold: str = ""
    why: str = ""
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure as it is, for tables. scenario: empty for all together."""

    name: str
    scenario: str
    value: float
    samples: int
    interval: Interval | None


def judge(
    gates: Gates, scenarios: Sequence[Scenario], trials: Sequence[TrialSeen], repeats: int
) -> list[GateResult]:
    """Every gate of a set, of all that was planned: so many repeats of each scenario."""
    results = [_measured(scenarios, trials, repeats)]
    results += [_invariant(name, trials) for name in gates.invariants]
    results += [_proportion(n, t, trials, repeats) for n, t in gates.proportions.items()]
    results += [_limit(name, threshold, trials) for name, threshold in gates.limits.items()]
    grouped = by_scenario(trials)
    if gates.costs:
        results += _money(scenarios, grouped)
    return results


def figures(trials: Sequence[TrialSeen]) -> list[Figure]:
    """Every measure of each scenario and of all together, where there is anything to measure."""
    grouped = by_scenario(trials)
    found = []
    for name, measure in MEASURES.items():
        for scenario, some in {**grouped, "": list(trials)}.items():
            made = _figure(name, measure, scenario, some)
            if made is not None:
                found.append(made)
    return found


def _figure(
    name: str, measure: Proportion | Quantity, scenario: str, trials: Sequence[TrialSeen]
) -> Figure | None:
    clusters = by_scenario(trials)
    if isinstance(measure, Proportion):
        share = measure.of(trials)
        if share.value is None:
            return None
        interval = share_interval({n: measure.of(some) for n, some in clusters.items()})
        if scenario:  # repeats of one scenario: as independent as answers can be had
            interval = share_interval({t.key: measure.of([t]) for t in trials})
        return Figure(name, scenario, share.value, share.of, interval)
    values = measure.of(trials)
    if not values:
        return None
    groups = clusters if not scenario else {trial.key: [trial] for trial in trials}
    interval = quantity_interval(
        {key: measure.of(some) for key, some in groups.items()}, measure.quantile
    )
    return Figure(name, scenario, statistic(values, measure.quantile), len(values), interval)


def _measured(
    scenarios: Sequence[Scenario], trials: Sequence[TrialSeen], repeats: int
) -> GateResult:
    """Whether there is anything to judge: every scenario as often as planned, and some plan."""
    planned = len(scenarios) * repeats
    run = _run(trials)
    plans = sum(trial.has_plan for trial in run)
    answers = sum(any(not answer.replayed for answer in trial.answers) for trial in run)
    faults = []
    if len(run) < planned:
        faults.append(f"{len(run)} of {planned} trials were run")
    if answers < len(run):
        faults.append(f"in {len(run) - answers} of them no model answered")
    if not plans:
        faults.append("no trial came to a plan")
    return GateResult(
        "measured", "Run as planned, with something to judge",
        Outcome.NOT_SHOWN if faults else Outcome.HELD,
        value=float(len(run)), unit="trials", samples=planned, why="; ".join(faults),
    )  # fmt: skip


def _invariant(name: str, trials: Sequence[TrialSeen]) -> GateResult:
    invariant = INVARIANTS[name]
    run = _run(trials)
    faults = tuple((trial.key, fault) for trial in run for fault in invariant.faults(trial))
    broken = len({key for key, _ in faults})
    outcome, why = Outcome.HELD, ""
    unseen = [told for trial in run for told in trial.unseen] if invariant.needs_raw else []
    if broken:
        outcome, why = Outcome.FAILED, f"broken in {broken} of {len(run)} trials"
    elif unseen or not run:
        outcome, why = Outcome.NOT_SHOWN, unseen[0] if unseen else "nothing was run"
    return GateResult(
        name, invariant.title, outcome, value=float(len(run) - broken), unit="trials",
        samples=len(run), threshold="always", why=why, faults=faults,
    )  # fmt: skip


def _proportion(
    name: str, threshold: Threshold, trials: Sequence[TrialSeen], repeats: int
) -> GateResult:
    measure = PROPORTIONS[name]
    shares = {key: measure.of(some) for key, some in by_scenario(trials).items()}
    total, interval = sum(shares.values(), Share(0, 0)), share_interval(shares)
    outcome, why = Outcome.NOT_SHOWN, "nothing of it was measured"
    if interval is not None:
        outcome, why = _shown(threshold, shares, interval, repeats)
    return GateResult(
        name, measure.title, outcome, value=total.value, interval=interval, samples=total.of,
        threshold=str(threshold), why=why,
    )  # fmt: skip


def _shown(
    threshold: Threshold, shares: Mapping[str, Share], interval: Interval, repeats: int
) -> tuple[Outcome, str]:
    """Whether the whole interval is on one side of a threshold; else how many would do."""
    sides = {threshold.holds(interval.low), threshold.holds(interval.high)}
    if sides == {True}:
        return Outcome.HELD, ""
    if sides == {False}:
        return Outcome.FAILED, f"surely not {threshold}"
    total = sum(shares.values(), Share(0, 0))
    clusters = sum(bool(share.of) for share in shares.values())
    if clusters < 2:
        return Outcome.NOT_SHOWN, "of one scenario nothing can be said about others: run more"
    needed = samples_needed(
        total, clusters, interval.design_effect, threshold.bound,
        at_least=threshold.at_least is not None,
    )  # fmt: skip
    if needed is None:
        if threshold.holds(total.value or 0):
            return Outcome.NOT_SHOWN, f"{clusters} scenarios are too few to show it: run more"
        return Outcome.NOT_SHOWN, "at this share no number of samples would show it"
    times = math.ceil(repeats * needed / total.of)
    return (
        Outcome.NOT_SHOWN,
        f"{total.of:,} samples are too few; {needed:,} would do, with --repeat {times}",
    )


def _limit(name: str, threshold: Threshold, trials: Sequence[TrialSeen]) -> GateResult:
    """A limit holds by what was measured; its interval only says how sure that is."""
    measure = QUANTITIES[name]
    figure = _figure(name, measure, "", trials)
    if figure is None:
        unknown = "nothing of it was measured, or its price is not known"
        return GateResult(
            name, measure.title, Outcome.NOT_SHOWN, unit=measure.unit, threshold=str(threshold),
            why=unknown,
        )  # fmt: skip
    holds = threshold.holds(figure.value)
    return GateResult(
        name, measure.title, Outcome.HELD if holds else Outcome.FAILED, value=figure.value,
        unit=measure.unit, interval=figure.interval, samples=figure.samples,
        threshold=str(threshold), why="" if holds else f"not {threshold}",
    )  # fmt: skip


def _money(
    scenarios: Sequence[Scenario], grouped: Mapping[str, Sequence[TrialSeen]]
) -> list[GateResult]:
    """Whether every project keeps to what its scenario may cost, and is worth its price."""
    checks: tuple[tuple[str, str, Callable[[Scenario], bool], _Check], ...] = (
        ("max_usd", "Projects cost what they may", lambda s: s.max_usd is not None, _cost_fault),
        ("price_usd", "Projects are worth their price", lambda s: s.price_usd is not None,
         _price_fault),
    )  # fmt: skip
    results = []
    for name, title, concerned, fault_of in checks:
        of = [each for each in scenarios if concerned(each)]
        found = [(each.id, *fault_of(each, _run(grouped.get(each.id, [])))) for each in of]
        faults = tuple(
            (where, what) for where, outcome, what in found if outcome is not Outcome.HELD
        )
        outcomes = {outcome for _, outcome, _ in found}
        whole = next(
            (o for o in (Outcome.FAILED, Outcome.NOT_SHOWN) if o in outcomes), Outcome.HELD
        )
        if of:
            results.append(
                GateResult(
                    name, title, whole, value=float(len(of) - len(faults)), unit="scenarios",
                    samples=len(of), threshold="always", faults=faults,
                    why=f"not in {len(faults)} of {len(of)} scenarios" if faults else "",
                )
            )  # fmt: skip
    return results


def _run(trials: Sequence[TrialSeen]) -> list[TrialSeen]:
    return [trial for trial in trials if trial.state is not State.STOPPED]


def _cost_fault(scenario: Scenario, trials: Sequence[TrialSeen]) -> tuple[Outcome, str]:
    """Each project against the most that it may cost; an unknown cost is no pass."""
    books = [trial.books for trial in trials]
    known = [each.cost_nano_usd for each in books if each.cost_nano_usd is not None]
    worst, most = max(known, default=0) / NANO, float(scenario.max_usd or 0)
    if worst > most:
        return Outcome.FAILED, f"cost {worst:.4f} USD; at most {most:g}"
    if not books or len(known) < len(books) or any(each.unpriced_calls for each in books):
        return Outcome.NOT_SHOWN, "what it costs is not known; ATTUNE_PRICES_FILE sets a price"
    return Outcome.HELD, ""


def _price_fault(scenario: Scenario, trials: Sequence[TrialSeen]) -> tuple[Outcome, str]:
    left = scenario.margin([trial.books.cost_nano_usd for trial in trials])
    if left is None:
        return Outcome.NOT_SHOWN, "what it costs is not known"
    if left < 0:
        return Outcome.FAILED, f"costs {-left:.4f} USD more than its price"
    return Outcome.HELD, ""


_Check = Callable[[Scenario, Sequence[TrialSeen]], tuple[Outcome, str]]
