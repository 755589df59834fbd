"""Whether what was read is what the model said: nothing lost, nothing invented.

Held against the raw answers in the journal, by means that share nothing with the parser: the
standard library's JSON, and texts compared by their letters and digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
from attune.analyst.v1 import analyst_pb2

from shared.preprod.plan_rules import folded
from shared.preprod.trial import AnswerSeen

TEAM, TASKS, REWORD, PERFORM = "propose_team", "analyze_goal", "reword_tasks", "perform_task"
MENDED = ("repaired", "text", "unusable")
_SHOWN = 80
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}
_MARKS = re.compile(r"^\s*(?:#+|[-*+]|\d+[.)])\s*", re.MULTILINE)


@dataclass(slots=True)
class Checked:
    """How many things were compared, and which of them are not what was said."""

    checks: int = 0
    lost: list[str] = field(default_factory=list)

    def holds(self, what: str, *, true: bool) -> None:
        """Counts one comparison."""
        self.checks += 1
        if not true:
            self.lost.append(what)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer with its text, and the JSON Schema that it was asked for with."""

    seen: AnswerSeen
    text: str
    schema: str


def check_faithful(
    tasks: Sequence[analyst_pb2.Task],
    deliverables: Iterable[analyst_pb2.Deliverable],
    raws: Sequence[Raw],
    degraded: Sequence[str],
    team: Sequence[analyst_pb2.TeamMember] = (),
) -> Checked:
    """Compares a plan and its deliverables with the raw answers behind them.

    degraded: what the target says that it mended; what is told is not lost.
    """
    checked = Checked()
    for raw in raws:
        _check_reading(raw, checked)
    planned = [raw for raw in raws if raw.seen.purpose in (TASKS, REWORD)]
    if planned and tasks:  # where there is no plan, nothing of it can be lost
        _check_tasks(tasks, planned, degraded, checked)
    proposed = [raw for raw in raws if raw.seen.purpose == TEAM]
    if proposed and team:
        _check_team(team, proposed, degraded, checked)
    performed = [raw for raw in raws if raw.seen.purpose == PERFORM]
    if performed:
        said = _said(performed)
        for work in deliverables:
            _check_deliverable(work, performed, said, degraded, checked)
    return checked


def _check_reading(raw: Raw, checked: Checked) -> None:
    """An answer that is JSON and fits its schema needs no mending, and is not of no use."""
    if not _fits(raw):
        return
    checked.holds(
        f"{raw.seen.purpose}, call {raw.seen.call_id}: is valid JSON of the form that was asked"
        f" for, and was read as {raw.seen.read_as}" + (f" ({raw.seen.fault})" if raw.seen.fault else ""),
        true=raw.seen.read_as not in MENDED,
    )  # fmt: skip


def _check_tasks(
    tasks: Sequence[analyst_pb2.Task],
    raws: Sequence[Raw],
    degraded: Sequence[str],
    checked: Checked,
) -> None:
    said = _said(raws)
    for task in tasks:
        for text in (task.title, task.description, task.deliverable, *task.acceptance_criteria):
            if folded(text):
                what = f"invented, in task {task.id}: {text[:_SHOWN]!r} is in no answer"
                checked.holds(what, true=folded(text) in said)
    planned = {folded(task.title) for task in tasks}
    answered = [
        found for raw in raws
        if raw.seen.purpose == TASKS and raw.seen.is_usable and (found := _raw_tasks(raw.text))
    ]  # fmt: skip
    # Of two answers one was taken, and no reply says which: the one that fits.
    near = [found for found in answered if any(folded(raw["title"]) in planned for raw in found)]
    if near or answered:
        told, renamed = "\n".join(degraded), any(raw.seen.purpose == REWORD for raw in raws)
        gaps = [_gaps(found, tasks, told, ids_do=renamed) for found in near or answered]
        checked.holds("", true=True)
        for gap in min(gaps, key=len):
            checked.holds(f"lost: {gap}", true=False)


def _check_team(
    team: Sequence[analyst_pb2.TeamMember],
    raws: Sequence[Raw],
    degraded: Sequence[str],
    checked: Checked,
) -> None:
    """Roles and their skills; of two answers the one that fits was taken."""
    told, members = "\n".join(degraded), {folded(member.name): member for member in team}
    answered = [
        found
        for raw in raws
        if raw.seen.is_usable and (found := _named(_json(raw.text), "roles", "name"))
    ]
    gaps = []
    for roles in answered:
        missing = []
        for role in roles:
            name, member = role["name"], members.get(folded(role["name"]))
            if repr(name) in told:
                continue
            if member is None:
                missing.append(f"the role {name[:_SHOWN]!r} was answered and is not in the team")
            else:
                what = f"the skill {{!r}} of {name[:_SHOWN]!r}"
                missing += _items_gaps(role.get("skills"), member.skills, what)
        gaps.append(missing)
    if gaps:
        checked.holds("", true=True)
        for gap in min(gaps, key=len):
            checked.holds(f"lost: {gap}", true=False)


def _gaps(
    answered: Sequence[dict[str, Any]],
    tasks: Sequence[analyst_pb2.Task],
    told: str,
    *,
    ids_do: bool,
) -> list[str]:
    """What of an answer's tasks is not in a plan, and not told of either.

    ids_do: tasks were worded anew, so that an id alone shows that one is there.
    """
    planned = {folded(task.title): task for task in tasks}
    ids = {task.id for task in tasks} if ids_do else set()
    found = []
    for raw in answered:
        title = raw["title"]
        task = planned.get(folded(title))
        if repr(title) in told:  # as notes write it
            continue
        if task is not None:
            what = f"the criterion {{!r}} of {title[:_SHOWN]!r}"
            found += _items_gaps(raw.get("done_when"), task.acceptance_criteria, what)
        elif raw.get("id") not in ids:
            found.append(f"the task {title[:_SHOWN]!r} was answered and is not in the plan")
    return found


def _items_gaps(said: Any, there: Iterable[str], what: str) -> list[str]:
    """Texts of a list that are not there; what: with a place for the text."""
    kept = {folded(text) for text in there}
    texts = [each for each in said if isinstance(each, str)] if isinstance(said, list) else []
    return [what.format(t[:_SHOWN]) for t in texts if folded(t) and folded(t) not in kept]


def _check_deliverable(
    work: analyst_pb2.Deliverable,
    raws: Sequence[Raw],
    said: str,
    degraded: Sequence[str],
    checked: Checked,
) -> None:
    for block in work.markdown.split("\n\n"):
        text = folded(_MARKS.sub("", block))
        if text:
            what = f"invented, in the deliverable of {work.task_id}: {block.strip()[:_SHOWN]!r}"
            checked.holds(what, true=text in said)
    if any(line.startswith((f"{work.task_id}:", PERFORM)) for line in degraded):
        return
    written = folded(_MARKS.sub("", work.markdown))
    documents = [_parts(raw.text) for raw in raws if raw.seen.is_usable]
    missing = [
        sum(part not in written for part in parts[1:])
        for parts in documents
        if parts and parts[0] and written.startswith(parts[0])
    ]
    if missing:  # of those that were done again one was taken, and no reply says which
        checked.holds(
            f"lost: {min(missing)} parts of {work.task_id} were answered and are not in it",
            true=not min(missing),
        )


def _fits(raw: Raw) -> bool:
    value = _json(raw.text)
    if value is None or raw.seen.finish_reason == "length":
        return False
    try:
        schema = json.loads(raw.schema) if raw.schema else True
        return bool(jsonschema_rs.is_valid(schema, value))
    except (ValueError, jsonschema_rs.ValidationError):
        return False


def _raw_tasks(text: str) -> list[dict[str, Any]]:
    """The tasks with titles in an answer that is JSON as it stands."""
    return _named(_json(text), "tasks", "title")


def _named(value: Any, name: str, key: str) -> list[dict[str, Any]]:
    """The objects of a list in an object, which have a text under a key."""
    items = value.get(name) if isinstance(value, dict) else None
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [item for item in found if isinstance(item.get(key), str) and folded(item[key])]


def _parts(text: str) -> list[str]:
    """A document's title and the texts of its parts, folded."""
    value = _json(text)
    if not isinstance(value, dict) or not isinstance(value.get("parts"), list):
        return []
    texts = [part.get("text") for part in value["parts"] if isinstance(part, dict)]
    whole = [folded(_MARKS.sub("", each)) for each in texts if isinstance(each, str)]
    return [folded(str(value.get("title", ""))), *(each for each in whole if each)]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _said(raws: Iterable[Raw]) -> str:
    """All that was said, escapes read, as letters and digits."""
    return folded("\n".join(_MARKS.sub("", _ESCAPE.sub(_unescaped, raw.text)) for raw in raws))


def _unescaped(found: re.Match[str]) -> str:
    kind = found[1]
    return chr(int(kind[1:], 16)) if kind[0] == "u" else _PLAIN.get(kind, kind)
