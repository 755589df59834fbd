"""The JSON parser beside others, on cases and on hostile texts, against the figures to reach.

Cases are those of the files that ATTUNE_JSON_SAMPLE names, otherwise the tests' own. Ends
with 1 where a goal is missed; what could not be measured is said, and is no miss.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench_json_cases import OWN_CASES, Case, load_cases
from bench_json_readers import (
    LIBRARIES,
    LIMIT_SECONDS,
    OURS,
    Child,
    NotInstalled,
    Verdict,
    read_cases,
)
from bench_json_speed import (
    MEASURABLE_SECONDS,
    Growth,
    Hostile,
    broken_and_small,
    cost_on_small,
    cost_on_valid,
    endured,
    grown,
    valid_documents,
)
from json_hostile import FAMILIES
from rich.console import Console
from rich.progress import track
from rich.table import Table

from shared.structured.result import MAX_CHARACTERS

GROWTH_GOAL = 2.3
PATIENCE = 8
"""Documents over the limit after which another library is asked for no further family."""

SIZES = (10_000, 100_000, 1_000_000)
T = TypeVar("T")
Results = dict[str, list[Verdict]]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure to reach. met: None where it was not measured."""

    figure: str
    goal: str
    ours: str
    other: str = "-"
    met: bool | None = None


def followed(items: Iterable[T], name: str) -> Iterable[T]:
    """The items, with progress on a terminal's stderr."""
    console = Console(stderr=True)
    return track(
        list(items), name, console=console, transient=True, disable=not console.is_terminal
    )


def share(verdicts: Sequence[Verdict], mark: str) -> float:
    """Per cent of the verdicts that are `mark`; 0 of none."""
    return 100 * sum(one.mark == mark for one in verdicts) / max(1, len(verdicts))


def part(results: Results, chosen: Callable[[Case], bool]) -> Results:
    """The verdicts on the chosen cases, by library."""
    return {name: [one for one in all_ if chosen(one.case)] for name, all_ in results.items()}


def best_other(results: Results) -> str | None:
    """The library beside ours that is exact most often; None where there is no other."""
    others = [name for name in results if name != OURS]
    return max(others, key=lambda name: share(results[name], "exact"), default=None)


def exact_row(figure: str, goal: float, results: Results) -> Row:
    """How often the value is exact."""
    ours = results[OURS]
    if not ours:
        return Row(figure, f"≥ {goal:g} %", "no cases")
    reached, other = share(ours, "exact"), best_other(results)
    told = f"{share(results[other], 'exact'):.1f} % ({other})" if other else "none installed"
    exact = sum(one.mark == "exact" for one in ours)
    return Row(
        figure, f"≥ {goal:g} %", f"{reached:.1f} % ({exact} of {len(ours)})", told, reached >= goal
    )


def wrong_row(results: Results) -> Row:
    """How often a wrong value is returned; beside it the library that is exact most often,
    because one that refuses nearly all is never wrong."""
    figure, goal = "schema-less, wrong values returned", 3.0
    ours = results[OURS]
    if not ours:
        return Row(figure, f"≤ {goal:g} %", "no cases")
    wrong, other = [one for one in ours if one.mark == "wrong"], best_other(results)
    told = f"{share(results[other], 'wrong'):.1f} % ({other})" if other else "none installed"
    cut = sum(not one.outcome.complete for one in wrong)
    reached = share(ours, "wrong")
    return Row(
        figure, f"≤ {goal:g} %", f"{reached:.1f} % ({len(wrong)}, of them {cut} complete=False)",
        told, reached <= goal,
    )  # fmt: skip


def case_rows(results: Results) -> list[Row]:
    """The rows about cases."""
    free = part(results, lambda case: case.schema is None)
    baml = part(results, lambda case: case.schema is not None and _of_baml(case))
    rest = part(results, lambda case: case.schema is not None and not _of_baml(case))
    return [
        exact_row("schema-less, exact value", 93, free),
        wrong_row(free),
        exact_row("schema-guided, cases not from BAML's suite", 92, rest),
        exact_row("schema-guided, BAML's suite", 97, baml),
    ]


def _of_baml(case: Case) -> bool:
    return case.source.startswith("baml")


def hostile_row(*, quick: bool) -> tuple[Row, list[Hostile]]:
    """Hostile texts: ours at every size with and without a schema, others up to 100 kB."""
    sizes = SIZES[:-1] if quick else SIZES
    ours = endured(OURS, followed(FAMILIES, "hostile texts"), sizes, guided=(False, True))
    others: list[str] = []
    for library in ("json_repair", "baml-py"):
        families = followed(FAMILIES, f"hostile texts, {library}")
        try:
            met = endured(library, families, SIZES[:-1], guided=(False,), patience=PATIENCE)
        except NotInstalled:
            others.append(f"{library} not installed")
        else:
            others.append(f"{library} {_counted(met)}")
    failed = [one for one in ours if one.outcome.failed]
    slowest = max(ours, key=lambda one: one.outcome.seconds)
    told = f"{len(failed)} of {len(ours)}; slowest {slowest.outcome.seconds:.2f} s"
    figure = f"documents over {LIMIT_SECONDS:g} s or crashed, to {sizes[-1] // 1000:,} kB"
    return Row(figure, "0", told, "; ".join(others) + " (to 100 kB)", not failed), failed


def _counted(met: list[Hostile]) -> str:
    kinds = Counter(one.outcome.kind for one in met if one.outcome.failed)
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    stopped = ", then stopped" if kinds["slow"] >= PATIENCE else ""
    return f"{kinds.total()} of {len(met)}" + (f" ({told}{stopped})" if told else "")


def growth_row() -> Row:
    """The steepest family when the text doubles."""
    found = [grown(family, goal=GROWTH_GOAL) for family in followed(FAMILIES, "growth")]
    growths: list[Growth] = [one for one in found if one is not None]
    under = f"{len(found) - len(growths)} of {len(found)} families under {MEASURABLE_SECONDS * 1e3:g} ms"
    figure, goal = "growth, 0.5 MB to 1 MB, worst family", f"≤ {GROWTH_GOAL:g} times"
    if not growths:
        return Row(figure, goal, under, met=True)
    worst = max(growths, key=lambda one: one.ratio)
    told = f"{worst.ratio:.2f} times ({worst.family}, {worst.seconds:.2f} s; {under})"
    return Row(figure, goal, told, met=worst.ratio <= GROWTH_GOAL)


def valid_row() -> Row:
    """The dearest valid document."""
    documents = valid_documents()
    costs = [cost_on_valid(*one) for one in followed(documents.items(), "valid documents")]
    worst = max(costs, key=lambda one: one.ratio)
    told = f"{worst.ratio:.2f} times ({worst.name}, {worst.microseconds:,.0f} µs)"
    return Row("valid JSON, worst document", "≤ 1.5 times json.loads", told, met=worst.ratio <= 1.5)


def small_row(results: Results) -> Row:
    """Small broken documents beside json_repair, but those on which it failed."""
    failed = {one.case.id for one in results.get("json_repair", ()) if one.outcome.failed}
    texts = [
        one.case.text
        for one in results[OURS]
        if one.case.schema is None and one.case.id not in failed
    ]
    cost = cost_on_small(list(followed(broken_and_small(texts), "small documents")))
    figure, goal = "small broken documents, median", "≤ 1 times json_repair"
    if cost is None:
        return Row(figure, goal, "not measured: no document, or no json_repair")
    told = f"{cost.ratio:.2f} times ({cost.ours_microseconds:.1f} µs, {cost.documents} documents)"
    return Row(
        figure, goal, told, f"{cost.theirs_microseconds:.1f} µs (json_repair)", cost.ratio <= 1
    )


def limit_row() -> Row:
    """One character more than the limit, in valid JSON."""
    text = '"' + "a" * (MAX_CHARACTERS - 1) + '"'
    with Child(OURS) as child:
        outcome = child.ask(text, None, keep=False)
    told = f"{outcome.kind} ({outcome.note}) in {outcome.seconds * 1e3:.1f} ms"
    met = outcome.kind == "error" and MAX_CHARACTERS >= 4_000_000
    return Row(f"{len(text):,} characters", "a clean error; limit ≥ 4,000,000", told, met=met)


def figures(rows: list[Row]) -> Table:
    """The figures to reach."""
    table = Table("figure", "goal", "ours", "best other here", "", title="Figures to reach")
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        met = {True: "met", False: "NOT met", None: ""}[row.met]
        table.add_row(row.figure, row.goal, row.ours, row.other, met)
    return table


def by_class(results: Results, *, guided: bool) -> Table | None:
    """Exact, wrong and error of every library in every class; None of no cases."""
    group = part(results, lambda case: (case.schema is not None) is guided)
    if not group[OURS]:
        return None
    title = "Cases with a schema" if guided else "Cases without a schema"
    table = Table("class", "cases", title=title, caption="exact / wrong / error")
    for name in LIBRARIES:
        table.add_column(name, justify="right", overflow="fold")
    for cls in sorted({one.case.cls for one in group[OURS]}):
        _add_marks(table, cls, _of_class(group, cls))
    _add_marks(table, "all", group)
    return table


def _of_class(results: Results, cls: str) -> Results:
    return part(results, lambda case: case.cls == cls)


def _add_marks(table: Table, cls: str, results: Results) -> None:
    marks = (_marks(results.get(name)) for name in LIBRARIES)
    table.add_row(cls, str(len(results[OURS])), *marks)


def _marks(verdicts: list[Verdict] | None) -> str:
    if verdicts is None:
        return "not installed"
    counts = Counter(one.mark for one in verdicts)
    return f"{counts['exact']} / {counts['wrong']} / {counts['error']}"


def print_failures(console: Console, verdicts: Iterable[Verdict]) -> None:
    """Our cases that are not exact."""
    for one in verdicts:
        if one.mark != "exact":
            got = one.outcome.note or _short(one.outcome.value)
            wanted = "an error" if one.case.is_error else _short(one.case.right[0])
            console.print(f"\n{one.case.id} ({one.case.cls}) {one.mark}", markup=False)
            for name, told in (("input", _short(one.case.text)), ("wanted", wanted), ("got", got)):
                console.print(f"  {name:7}{told}", markup=False, highlight=False)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 300 else text[:300] + "…"


def sample() -> list[Path]:
    """The files and folders of ATTUNE_JSON_SAMPLE, or the own cases."""
    named = os.environ.get("ATTUNE_JSON_SAMPLE", "").replace(",", os.pathsep).split(os.pathsep)
    return [Path(one.strip()) for one in named if one.strip()] or [OWN_CASES]


def results_of(cases: list[Case]) -> Results:
    """The verdicts of every installed library on every case."""
    results: Results = {}
    for library in LIBRARIES:
        try:
            results[library] = read_cases(library, followed(cases, library))
        except NotInstalled as missing:
            if library == OURS:
                raise
            print(f"{library} is not installed: {missing}", file=sys.stderr)
    return results


def saved(path: Path, rows: list[Row], results: Results) -> None:
    """The rows, and every case's mark by library, as JSON."""
    marks = {name: {one.case.id: one.mark for one in all_} for name, all_ in results.items()}
    document = {"rows": [asdict(row) for row in rows], "marks": marks}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")


def main() -> int:
    """Measures and prints; 1 where a goal is not met."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    arguments.add_argument("--failures", action="store_true", help="print our cases that fail")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments.add_argument("--quick", action="store_true", help="no 1 MB texts, no growth")
    chosen = arguments.parse_args()
    console = Console() if sys.stdout.isatty() else Console(width=200)
    began = time.perf_counter()
    paths = sample()
    try:
        cases = load_cases(paths)
    except (OSError, ValueError) as error:
        arguments.error(str(error))
    which = "the own cases" if paths == [OWN_CASES] else ", ".join(path.name for path in paths)
    console.print(f"{len(cases)} cases: {which}")
    results = results_of(cases)
    hostile, failed = hostile_row(quick=chosen.quick)
    rows = [*case_rows(results), hostile]
    if not chosen.quick:
        rows.append(growth_row())
    rows += [valid_row(), small_row(results), limit_row()]
    console.print(figures(rows))
    for told in failed:
        console.print(f"hostile: {told}", markup=False)
    for guided in (False, True):
        if table := by_class(results, guided=guided):
            console.print(table)
    console.print(
        "json_repair and jiter know no schema: pydantic's engine converts what they read, "
        "jsonschema-rs checks it.\nGrowth is the best of up to 3 timings, of 1 where that is "
        "at most 2. One over the goal is measured up to 2 times more and the least counts, "
        "because other work on the machine only adds time."
    )
    for library, verdicts in results.items():
        if count := sum(one.outcome.kind == "inexpressible" for one in verdicts):
            console.print(f"{library} cannot express the schemas of {count} cases (error above).")
    if chosen.failures:
        print_failures(console, results[OURS])
    if chosen.json:
        saved(chosen.json, rows, results)
    console.print(f"{time.perf_counter() - began:.0f} s")
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
