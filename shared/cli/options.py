"""Reads what the command line names: services, models, files; all faults are told at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from shared.cli.exits import ExitCode, Stop
from shared.cli.money import NANO
from shared.cli.output import Form
from shared.rpc.settings import SERVICE_NAMES, ServiceName, Target

if TYPE_CHECKING:  # only for types: messages take 0.1 s to import
    from attune.director.v1.director_pb2 import Plan

MAX_GOALS_BYTES = 16 * 1024 * 1024
"""Of a file of goals."""
MAX_PLAN_BYTES = 16 * 1024 * 1024
"""Of a plan.json."""
MOST_BUDGET = 1_000_000
"""Dollars."""
MAX_TEXTS_BYTES = 16 * 1024 * 1024
"""Of a file of texts."""
FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Of days that the books can be asked for."""

_MAX_BYTES_PER_CHARACTER = 4
_target = TypeAdapter[str](Target)


class Faults:
    """Collects what is wrong with the command line."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def add(self, where: str, what: str) -> None:
        """Notes a fault."""
        self._found.append((where, what))

    def done(self) -> None:
        """Raises Stop when there was any."""
        if self._found:
            raise Stop(
                ExitCode.USAGE,
                "the command line breaks a rule",
                faults=self._found,
                todo="correct it and run the command again; nothing was spent",
            )


def read_goal(goal: str, faults: Faults) -> None:
    """A goal says something; how long it may be is the service's to say."""
    if not goal.strip():
        faults.add("GOAL", "must not be empty or blank")


def read_goal_or_file(goal: str | None, file: Path | None, faults: Faults) -> list[str]:
    """The goals of a command that takes either."""
    if (goal is None) == (file is None):
        faults.add("GOAL or --file", "exactly one of them is needed")
        return []
    if file is not None:
        return read_goals(file, faults)
    read_goal(goal or "", faults)
    return [goal or ""]


def read_form(*, as_json: bool, as_csv: bool, faults: Faults) -> Form:
    """A table, unless one of the others is asked for."""
    if as_json and as_csv:
        faults.add("--json and --csv", "exclude each other")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TABLE


def read_days(first: str, last: str, faults: Faults) -> tuple[date | None, date | None]:
    """Days as YYYY-MM-DD, or empty; the first is not after the last."""
    since, until = _read_day("--from", first, faults), _read_day("--to", last, faults)
    if since is not None and until is not None and since > until:
        faults.add(f"--from {since}", f"must not be after --to {until}")
    return since, until


def _read_day(name: str, text: str, faults: Faults) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        faults.add(f"{name} {text[:40]}", "must be a day, for example 2026-11-23")
        return None
    return day


def read_goal_or_plan(goal: str | None, plan: Path | None, faults: Faults) -> None:
    """A project begins with either; a goal beside a plan must be the plan's."""
    if goal is None and plan is None:
        faults.add("GOAL or --plan", "one of them is needed")
    elif goal is not None:
        read_goal(goal, faults)


def read_plan(path: Path | None, goal: str | None, faults: Faults) -> Plan | None:
    """The plan in a file, as `attune plan --json` prints it and a person may have edited it."""
    if path is None:
        return None
    from shared.cli.project_files import plan_of  # noqa: PLC0415 it takes protobuf

    where = f"--plan {path}"
    text = _read(where, path, MAX_PLAN_BYTES, faults)
    if text is None:
        return None
    try:
        plan = plan_of(text)
    except ValueError as error:
        faults.add(where, f"is no plan: {error}")
        return None
    if goal is not None and goal.strip() != plan.goal.strip():
        faults.add("GOAL", f"is not that of {path}; leave it out, or edit it there")
    return plan


def refuse_beside_plan(given: Sequence[str], faults: Faults) -> None:
    """What limits the making of a plan would do nothing where there is one."""
    for name in given:
        faults.add(name, "has no meaning with --plan; edit the plan instead")


def read_project_id(project_id: str, faults: Faults) -> None:
    """An id that a director takes."""
    from shared.rpc.checks import MAX_NAME_CHARACTERS  # noqa: PLC0415 as for texts

    if not project_id.strip():
        faults.add("the project's id", "must not be empty or blank")
    elif len(project_id) > MAX_NAME_CHARACTERS:
        faults.add("the project's id", f"is longer than {MAX_NAME_CHARACTERS} characters")


def read_budget(text: str, faults: Faults) -> int | None:
    """Dollars as nano-USD; None where none is set."""
    if not text:
        return None
    try:
        nano_usd = Decimal(text.removeprefix("$")) * NANO
    except InvalidOperation:
        nano_usd = Decimal("NaN")
    if not (
        nano_usd.is_finite() and 0 <= nano_usd <= MOST_BUDGET * NANO and nano_usd == int(nano_usd)
    ):
        most = f"{MOST_BUDGET:,}"
        faults.add(f"--budget {text[:40]}", f"must be dollars from 0 to {most}, for example 0.50")
        return None
    return int(nano_usd)


def read_targets(given: Sequence[str], faults: Faults) -> dict[ServiceName, str]:
    """SERVICE=HOST:PORT, each service at most once."""
    targets: dict[ServiceName, str] = {}
    for item in given:
        name, _, address = item.partition("=")
        service = next((known for known in SERVICE_NAMES if known == name), None)
        where = f"--target {item}"
        if service is None:
            faults.add(where, f"must be SERVICE=HOST:PORT; services: {', '.join(SERVICE_NAMES)}")
            continue
        try:
            address = _target.validate_python(address)
        except ValidationError:
            address = ""
        if not address:
            faults.add(where, f"must be {name}=HOST:PORT, for example {name}=127.0.0.1:50051")
        elif service in targets:
            faults.add(where, f"names {name} a second time")
        else:
            targets[service] = address
    return targets


def read_models(given: Sequence[str], faults: Faults) -> dict[str, str]:
    """PURPOSE=MODEL, each purpose at most once; which purposes there are, the director says."""
    models: dict[str, str] = {}
    for item in given:
        purpose, _, model = item.partition("=")
        if not purpose or not model:
            faults.add(f"--model {item}", "must be PURPOSE=MODEL, for example analyze_goal=gpt-5")
        elif purpose in models:
            faults.add(f"--model {item}", f"names {purpose} a second time")
        else:
            models[purpose] = model
    return models


def read_context(paths: Sequence[Path], faults: Faults) -> list[tuple[str, str]]:
    """The (name, text) of each --context file, the name being the file's own."""
    if not paths:
        return []
    # Imported here: the limits come with gRPC, which most commands need only later.
    from shared.rpc.checks import MAX_CONTEXT_CHARACTERS, MAX_CONTEXT_ITEMS  # noqa: PLC0415

    if len(paths) > MAX_CONTEXT_ITEMS:
        most = f"at most {MAX_CONTEXT_ITEMS} are allowed"
        faults.add("--context", f"is given {len(paths)} times; {most}")
    context = []
    for path in paths[:MAX_CONTEXT_ITEMS]:
        where = f"--context {path}"
        text = _read(where, path, MAX_CONTEXT_CHARACTERS * _MAX_BYTES_PER_CHARACTER, faults)
        if text is None:
            continue
        if len(text) > MAX_CONTEXT_CHARACTERS:
            most = f"at most {MAX_CONTEXT_CHARACTERS:,} are allowed"
            faults.add(where, f"has {len(text):,} characters; {most}")
        elif not text.strip():
            faults.add(where, "is empty or blank")
        context.append((path.name, text))
    return context


def read_goals(path: Path, faults: Faults) -> list[str]:
    """One goal per line of a file; every line that no service would take is named."""
    from shared.rpc.checks import MAX_GOAL_CHARACTERS  # noqa: PLC0415 as above

    where = f"--file {path}"
    text = _read(where, path, MAX_GOALS_BYTES, faults)
    if text is None:
        return []
    lines = text.removesuffix("\n").split("\n") if text else []
    goals = [line.removesuffix("\r") for line in lines]
    numbered = list(enumerate(goals, start=1))
    too_long = f"longer than {MAX_GOAL_CHARACTERS:,} characters"
    kinds: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
        ("is blank", "are blank", lambda goal: not goal.strip()),
        (f"is {too_long}", f"are {too_long}", lambda goal: len(goal) > MAX_GOAL_CHARACTERS),
        ("has a NUL character", "have a NUL character", lambda goal: "\x00" in goal),
    )
    for one, many, is_at_fault in kinds:
        numbers = [number for number, goal in numbered if is_at_fault(goal)]
        if numbers:
            faults.add(where, f"{_lines(numbers)} {one if len(numbers) == 1 else many}")
    if not goals:
        faults.add(where, "has no goals; it needs one on each line")
    return goals


def read_texts(path: Path, option: str, faults: Faults) -> list[str]:
    """The `text` of each line of a file of JSON lines; every line without one is named."""
    from shared.rpc.checks import MAX_TEXT_CHARACTERS_IN_ALL, MAX_TEXTS  # noqa: PLC0415 as above

    where = f"{option} {path}"
    content = _read(where, path, MAX_TEXTS_BYTES, faults)
    if content is None:
        return []
    lines = content.removesuffix("\n").split("\n") if content else []
    texts, wrong = [], []
    for number, line in enumerate(lines, start=1):
        text = _text_of(line)
        if text is None:
            wrong.append(number)
        else:
            texts.append(text)
    if wrong:
        verb = "is" if len(wrong) == 1 else "are"
        faults.add(where, f'{_lines(wrong)} {verb} no {{"text": "..."}} with a text in it')
    if not lines:
        faults.add(where, 'has no texts; it needs one {"text": "..."} on each line')
    if len(lines) > MAX_TEXTS:
        faults.add(where, f"has {len(lines):,} lines; at most {MAX_TEXTS:,} are allowed")
    if (in_all := sum(map(len, texts))) > MAX_TEXT_CHARACTERS_IN_ALL:
        most = f"at most {MAX_TEXT_CHARACTERS_IN_ALL:,} are allowed"
        faults.add(where, f"has {in_all:,} characters of text; {most}")
    return texts


def _text_of(line: str) -> str | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    text = value.get("text") if isinstance(value, dict) else None
    return text if isinstance(text, str) and text.strip() else None


def _read(where: str, path: Path, most_bytes: int, faults: Faults) -> str | None:
    """The file's text; None, and a fault, when it cannot be had."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
        if len(data) > most_bytes:
            faults.add(where, f"has more than {most_bytes:,} bytes")
            return None
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(where, f"is not UTF-8 at byte {error.start:,}")
    except OSError as error:
        faults.add(where, error.strerror or str(error))
    return None


def _lines(numbers: list[int], most: int = 20) -> str:
    listed = ", ".join(f"{number:,}" for number in numbers[:most])
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return f"line {listed}" if len(numbers) == 1 else f"lines {listed}{more}"
