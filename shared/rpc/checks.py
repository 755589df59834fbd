"""Collects every fault of a request, so that a caller learns of all of them at once."""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from typing import Protocol

from shared.rpc.errors import InvalidArgument, Violation

MAX_GOAL_CHARACTERS = 8_000
MAX_NAME_CHARACTERS = 200
MAX_CONTEXT_ITEMS = 50
MAX_CONTEXT_CHARACTERS = 100_000
MAX_CONTEXT_CHARACTERS_IN_ALL = 500_000
MAX_TEXTS = 2_000
MAX_TEXT_CHARACTERS = 100_000
MAX_TEXT_CHARACTERS_IN_ALL = 1_000_000
DEFAULT_TASKS = 8
MAX_TASKS = 50
MAX_CRITERIA = 20
MAX_VOCABULARY = 200
MAX_FAULTS = 200
"""Named of a request; whoever has more is told of the rest next time."""


class RequestChecks:
    """Checks fields one by one; `done` raises InvalidArgument with all that failed."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def fault(self, field: str, description: str) -> None:
        """Notes a fault that the caller of this found itself."""
        if len(self._violations) < MAX_FAULTS:
            self._violations.append(Violation(field, description))

    def text(self, field: str, value: str, *, most: int, required: bool = False) -> None:
        """A text of at most `most` characters without NUL; `required`: and not blank."""
        if required and not value.strip():
            self.fault(field, "must not be empty or blank" if value else "is required")
        if len(value) > most:
            self.fault(field, f"has {len(value):,} characters; at most {most:,} are allowed")
        if "\x00" in value:
            self.fault(field, f"has a NUL character at position {value.index(chr(0))}")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            self.fault(field, f"has a lone surrogate at position {error.start}")

    def number(self, field: str, value: float, *, least: float, most: float) -> None:
        """A number from `least` to `most`, both allowed; NaN is not."""
        if math.isnan(value) or not least <= value <= most:
            self.fault(field, f"is {value:,}; it must be from {least:,} to {most:,}")

    def count(self, field: str, items: Sized, *, most: int, least: int = 0) -> None:
        """From `least` to `most` entries."""
        if len(items) < least:
            self.fault(field, "must not be empty" if least == 1 else f"needs at least {least}")
        if len(items) > most:
            self.fault(field, f"has {len(items):,} entries; at most {most:,} are allowed")

    def done(self) -> None:
        """Raises InvalidArgument when anything was wrong."""
        if self._violations:
            raise InvalidArgument(self._violations)


class _Context(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...


class _Task(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def deliverable(self) -> str: ...

    @property
    def acceptance_criteria(self) -> Sequence[str]: ...


class _Profile(Protocol):
    @property
    def domain(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def local_label(self) -> str: ...

    @property
    def vocabulary(self) -> Sequence[str]: ...


def check_goal(
    checks: RequestChecks, goal: str, context: Sequence[_Context], where: str = ""
) -> None:
    """The goal and what the caller knows, as every agent takes them. where: "" or "path."."""
    checks.text(f"{where}goal", goal, most=MAX_GOAL_CHARACTERS, required=True)
    check_context(checks, context, where)


def check_task_texts(checks: RequestChecks, where: str, task: _Task) -> None:
    """The texts of a task at this path: what must be there, and how long each may be."""
    checks.text(f"{where}.id", task.id, most=MAX_NAME_CHARACTERS, required=True)
    checks.text(f"{where}.title", task.title, most=1_000, required=True)
    for name, text in (("description", task.description), ("deliverable", task.deliverable)):
        checks.text(f"{where}.{name}", text, most=10_000)
    checks.count(f"{where}.acceptance_criteria", task.acceptance_criteria, most=MAX_CRITERIA)
    for number, criterion in enumerate(task.acceptance_criteria[:MAX_CRITERIA]):
        checks.text(f"{where}.acceptance_criteria[{number}]", criterion, most=10_000)


def check_profile(checks: RequestChecks, profile: _Profile, where: str) -> None:
    """The texts of a field's profile at this path."""
    checks.text(f"{where}.domain", profile.domain, most=100)
    checks.text(f"{where}.label", profile.label, most=MAX_NAME_CHARACTERS)
    checks.text(f"{where}.local_label", profile.local_label, most=MAX_NAME_CHARACTERS)
    checks.count(f"{where}.vocabulary", profile.vocabulary, most=MAX_VOCABULARY)
    for index, term in enumerate(profile.vocabulary):
        checks.text(f"{where}.vocabulary[{index}]", term, most=100)


def check_context(
    checks: RequestChecks,
    context: Sequence[_Context],
    where: str = "",
    most_items: int = MAX_CONTEXT_ITEMS,
) -> None:
    """What the caller knows: how much of it, each with a name and a text."""
    checks.count(f"{where}context", context, most=most_items)
    in_all = sum(len(item.text) for item in context)
    if in_all > MAX_CONTEXT_CHARACTERS_IN_ALL:
        most = f"{MAX_CONTEXT_CHARACTERS_IN_ALL:,}"
        told = f"has {in_all:,} characters in all; at most {most} are allowed"
        checks.fault(f"{where}context", told)
    for index, item in enumerate(context):
        name, text = f"{where}context[{index}].name", f"{where}context[{index}].text"
        checks.text(name, item.name, most=MAX_NAME_CHARACTERS, required=True)
        checks.text(text, item.text, most=MAX_CONTEXT_CHARACTERS, required=True)
