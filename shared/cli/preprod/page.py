"""`report.html`: a run for a stranger, on one page that loads and runs nothing."""

from __future__ import annotations

from importlib import resources

from shared.cli.page.document import head
from shared.cli.page.markup import Html, heading, items, table, tag, theirs, words
from shared.cli.preprod.failures import failures
from shared.cli.preprod.plots import plots
from shared.cli.preprod.view import MOST_FAULTS, VERDICTS
from shared.cli.preprod.words import figure, interval, number, signed
from shared.preprod.gates import GateResult, Outcome
from shared.preprod.measures import MEASURES, QUANTITIES
from shared.preprod.report import Report, Verdict
from shared.preprod.trial import State

_CLASS = {Verdict.GO: "done", Verdict.NO: "failed", Verdict.NOT_SHOWN: "mock"}
_OUTCOME = {Outcome.HELD: "done", Outcome.FAILED: "failed", Outcome.NOT_SHOWN: "open"}


def report_page(report: Report) -> str:
    """The report as one HTML document; everything from outside is escaped."""
    base = resources.files("shared.cli.page").joinpath("style.css").read_text("utf-8")
    own = resources.files(__package__).joinpath("report.css").read_text("utf-8")
    body = tag(
        "body",
        _cover(report),
        tag("main", _gates(report), _baseline(report), _plots(report), _scenarios(report),
            _reading(report), failures(report)),
        tag("footer", tag("p", words("Made with Attune · run "), tag("code", report.about.run_id))),
    )  # fmt: skip
    title = f"Pre-production: {report.verdict}"
    return f"<!DOCTYPE html>\n{tag('html', head(title, base + own), body, lang='en')}\n"


def _cover(report: Report) -> Html:
    about = report.about
    said, _ = VERDICTS[report.verdict]
    why = list(report.why) or ["Every gate held, and nothing is shown to be worse than before."]
    spent = "unknown" if about.spent_nano_usd is None else f"${about.spent_nano_usd / 1e9:.4f}"
    facts = {
        "Model": ", ".join(about.models) or "unknown",
        "Served by": f"{about.provider} {about.endpoint}".strip(),
        "Environment": about.environment,
        "Gates": about.gates,
        "Trials": f"{len(report.trials)} of {len(about.scenarios) * about.repeats}"
        f" ({len(about.scenarios)} scenarios, each {about.repeats} times)",
        "Spent": spent + (f" of ${about.budget_usd}" if about.budget_usd else ""),
        "Took": f"{about.seconds:,.0f} s from {about.began:%Y-%m-%d %H:%M} UTC",
        "Attune": about.attune,
    }
    if report.margins:
        left = (f"{name} ${value:.2f}" for name, value in report.margins.items())
        facts["Left of its price"] = ", ".join(left)
    partial = Html()
    if about.stopped:
        partial = tag("p", words(f"Partial: {about.stopped}"), class_="note")
    return tag(
        "header",
        tag("p", words("Attune · pre-production test"), class_="name"),
        heading("h1", said),
        tag("div", items(why, class_="why"), class_=f"notice {_CLASS[report.verdict]}"),
        tag("p", theirs(about.gates_tell), class_="note") if about.gates_tell else Html(),
        partial,
        tag("dl", *(tag("div", heading("dt", k), tag("dd", theirs(v))) for k, v in facts.items()),
            class_="facts"),
        class_="cover",
    )  # fmt: skip


def _gates(report: Report) -> Html:
    rows = [_gate(gate) for gate in report.gates]
    about = (
        "Invariants hold of every trial. A proportion is held when its whole 95 % interval is on"
        " the right side of what is wanted; the repeats of one scenario are not independent, and"
        " the intervals know it. What is not shown is no pass."
    )
    listed = table(("Gate", "Measured", "95 % interval", "Wanted", "Outcome", "Why"), rows)
    return tag("section", heading("h2", "Gates"), tag("p", words(about), class_="note"), listed,
               id="gates")  # fmt: skip


def _gate(gate: GateResult) -> Html:
    told = [words(gate.why)] if gate.why else []
    told += [
        tag("div", theirs(f"{where}: {what}", 300)) for where, what in gate.faults[:MOST_FAULTS]
    ]
    if len(gate.faults) > MOST_FAULTS:
        told.append(tag("div", words(f"and {len(gate.faults) - MOST_FAULTS} more, below")))
    pill = tag("span", words(gate.outcome), class_=f"pill {_OUTCOME[gate.outcome]}")
    return tag(
        "tr",
        tag("td", words(gate.title)),
        tag("td", words(figure(gate)), class_="right"),
        tag("td", words(interval(gate.interval, gate.unit)), class_="right"),
        tag("td", words(gate.threshold), class_="right"),
        tag("td", pill),
        tag("td", *told),
    )


def _baseline(report: Report) -> Html:
    baseline = report.baseline
    if baseline is None:
        return Html()
    rows = []
    for each in baseline.compared:
        measure = MEASURES[each.measure]
        cells = (*signed(each, measure), "" if each.p is None else f"{each.p:.3f}")
        said = str(each.change)
        if each.needed is not None:
            said += f" ({each.scenarios} scenarios; from {each.needed} on one could be shown)"
        rows.append(
            tag("tr", tag("td", words(measure.title)),
                *(tag("td", words(cell), class_="right") for cell in cells),
                tag("td", words(said), class_=each.change.replace(" ", "-")))
        )  # fmt: skip
    about = (
        f"Compared with the run {baseline.run_id} ({', '.join(baseline.models) or 'unknown model'}):"
        " a permutation test, paired and clustered by scenario, corrected for looking at"
        f" {len(baseline.compared)} measures. Overall: {baseline.change}."
    )
    listed = table(("Measure", "Before", "Now", "Change", "p", "Verdict"), rows)
    return tag("section", heading("h2", "Against the baseline"),
               tag("p", theirs(about), class_="note"), listed, id="baseline")  # fmt: skip


def _plots(report: Report) -> Html:
    return tag("section", heading("h2", "By scenario"), plots(report), id="plots")


def _scenarios(report: Report) -> Html:
    """Every measure of each scenario, to be looked up."""
    names = list(dict.fromkeys(figure.name for figure in report.figures))
    found = {(each.name, each.scenario): each for each in report.figures}
    columns = [
        name for name in report.about.scenarios if any(t.scenario == name for t in report.trials)
    ]
    rows = []
    for name in names:
        unit = QUANTITIES[name].unit if name in QUANTITIES else ""
        cells = []
        for scenario in ["", *columns]:
            each = found.get((name, scenario))
            within = interval(each.interval, unit) if each else ""
            cells.append(
                tag("td", words(number(each.value, unit)), tag("small", words(within)), class_="right")
                if each else tag("td")
            )  # fmt: skip
        rows.append(tag("tr", tag("td", words(MEASURES[name].title)), *cells))
    listed = table(("Measure", "All", *columns), rows, figures=True)
    return tag("section", heading("h2", "Every figure"), listed, id="figures")


def _reading(report: Report) -> Html:
    """How answers were read, by purpose."""
    kinds = ("strict", "embedded", "fitted", "repaired", "text", "unusable", "refused")
    answers = [answer for trial in report.trials for answer in trial.answers]
    rows = []
    for purpose in dict.fromkeys(answer.purpose for answer in answers):
        some = [answer for answer in answers if answer.purpose == purpose]
        counts = [sum(answer.read_as == kind for answer in some) for kind in kinds]
        again = sum(answer.ask > 1 for answer in some)
        cells = [str(count or "") for count in (*counts, again)]
        rows.append(
            tag("tr", tag("td", theirs(purpose)),
                *(tag("td", cell, class_="right") for cell in cells))
        )  # fmt: skip
    ended = ", ".join(
        f"{count} {state}"
        for state in State
        if (count := sum(trial.state is state for trial in report.trials))
    )
    listed = table(("Purpose", *kinds, "asked again"), rows, figures=True)
    return tag("section", heading("h2", "How answers were read"),
               tag("p", words(f"Trials: {ended or 'none'}."), class_="note"), listed,
               id="reading")  # fmt: skip
