"""`make eval-preprod`: whether the pre-production test tells a bad build from a good one.

A baseline is run on the small real model, and against it: the same build again; one with the
incident's marketing examples back in its prompts; one whose parser gives up on long answers;
one whose parser quietly loses the last item of every list. The first must not be called worse,
each of the others must, for its own fault. An hour; --quick has the mock behind a real socket
for a model, and takes two minutes: it says as much of the method, and nothing of a model.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from incident_prompts import fixture
from mock_over_http import MockServer, mock_over_http
from rich.console import Console
from rich.table import Table
from running_system import ATTUNE

from shared.preprod.comparison import Change
from shared.preprod.report import Report

ROOT = Path(__file__).parents[1]
RUN = Path(__file__).parent / "preprod_run.py"
LEAKS = ("leak_rate", "leak_rate_of_answers", "leak_rate_of_prompts")
READS = ("answers_read_first", "answers_read", "plans_made")
CRIPPLED = """        text = _crippled(text)
        shape = None if schema is None else shape_of(schema)
"""
FAILS = """
def _crippled(text: str) -> str:
    if len(text) > 700:
        raise ParseError("it is too long", text)
    return text
"""
LOSES = """
def _crippled(text: str) -> str:
    import json

    def less(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: less(item) for key, item in value.items()}
        if isinstance(value, list) and len(value) > 1:
            return [less(item) for item in value[:-1]]
        return value

    try:
        return json.dumps(less(json.loads(text)))
    except ValueError:
        return text
"""


def marketing(copy: Path) -> None:
    """Puts the examples before the roles of all prompts that ask for a goal's own words."""
    path = copy / "shared" / "context" / "templates.py"
    text = path.read_text("utf-8")
    examples = "\n" + fixture("marketing_examples").partition("\n")[2].strip() + "\n"
    for role in (
        "You name the roles that a goal needs.",
        "You divide a goal into tasks for a team.",
    ):
        assert text.count(f'role="{role}"') == 1, role
        text = text.replace(f'role="{role}"', f"role={role + examples!r}")
    path.write_text(text, "utf-8")


def crippled(how: str) -> Callable[[Path], None]:
    def change(copy: Path) -> None:
        path = copy / "shared" / "structured" / "parser.py"
        text = path.read_text("utf-8")
        first = "        shape = None if schema is None else shape_of(schema)\n"
        assert text.count(first) == 1
        path.write_text(text.replace(first, CRIPPLED) + how, "utf-8")

    return change


SAME = "the same build"
BUILDS: dict[str, tuple[Callable[[Path], None], Sequence[str]]] = {
    SAME: (lambda copy: None, ()),
    "marketing examples": (marketing, LEAKS),
    "parser gives up": (crippled(FAILS), READS),
    "parser loses items": (crippled(LOSES), ("faithful",)),
}


def build(name: str, folder: Path) -> Path:
    """A copy of the services with one thing changed."""
    copy = folder / name.replace(" ", "-")
    for part in ("services", "shared"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    BUILDS[name][0](copy)
    return copy


def run(copy: Path, out: Path, arguments: Sequence[str], model: MockServer | None) -> Report:
    """One run; its verdict is not the exit code's to tell here. model: None is the small one."""
    variables = os.environ | {"PYTHONPATH": str(copy)}
    command = [sys.executable, str(RUN)]
    if model is not None:
        variables |= model.variables
        command = [str(ATTUNE), "preprod", "--gates", "small-model", "--yes", "--parallel", "2"]
    command += ["--plans", "--out", str(out), *arguments]
    done = subprocess.run(command, check=False, env=variables, cwd=out.parent)
    if done.returncode not in (0, 6):
        raise SystemExit(f"the run in {out} ended with {done.returncode}")
    return Report.model_validate(json.loads((out / "report.json").read_text("utf-8")))


def verdicts(report: Report, measures: Sequence[str]) -> list[str]:
    """What of these the comparison calls worse."""
    found = report.baseline.compared if report.baseline else ()
    return [each.measure for each in found if each.change is Change.WORSE
            and (not measures or each.measure in measures)]  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--out", type=Path, default=Path(".attune/eval-preprod"))
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--only", action="append", default=[], help="a scenario; repeatable")
    arguments.add_argument("--quick", action="store_true", help="with the mock for a model")
    arguments.add_argument("--builds", nargs="*", choices=BUILDS, default=list(BUILDS))
    wanted = arguments.parse_args()
    with ExitStack() as stack:
        model = stack.enter_context(mock_over_http()) if wanted.quick else None
        wrong = compare_builds(wanted, model)
    if wrong:
        raise SystemExit(f"not told apart: {', '.join(wrong)}")


def compare_builds(wanted: argparse.Namespace, model: MockServer | None) -> list[str]:
    """Runs every build, prints what each was called, and gives those that were called wrongly."""
    shutil.rmtree(wanted.out, ignore_errors=True)
    wanted.out.mkdir(parents=True)
    out = wanted.out.resolve()
    options = ["--repeat", str(wanted.repeat), *(f"--only={name}" for name in wanted.only)]
    copies = {name: build(name, out) for name in dict.fromkeys([SAME, *wanted.builds])}
    baseline = out / "baseline"
    run(copies[SAME], baseline, options, model)
    table = Table(title="Against the baseline", title_justify="left")
    for column in ("build", "called worse for", "wanted", ""):
        table.add_column(column)
    wrong = []
    for name in wanted.builds:
        where = out / f"run-{name.replace(' ', '-')}"
        report = run(
            copies[name], where, [*options, "--baseline", str(baseline / "report.json")], model
        )
        measures = BUILDS[name][1]
        worse, own = verdicts(report, ()), verdicts(report, measures)
        good = bool(own) if measures else not worse
        if not good:
            wrong.append(name)
        wish = " or ".join(measures) if measures else "nothing"
        table.add_row(name, ", ".join(worse) or "nothing", wish, "as wanted" if good else "WRONG")
    Console(width=None if sys.stdout.isatty() else 130).print(table)
    return wrong


if __name__ == "__main__":
    main()
