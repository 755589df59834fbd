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


def check_goal(checks: RequestChecks, goal: str, context: Sequence[_Context]) -> None:
    """The goal and what the caller knows, as every agent takes them."""
    checks.text("goal", goal, most=MAX_GOAL_CHARACTERS, required=True)
    check_context(checks, context)


def check_context(checks: RequestChecks, context: Sequence[_Context]) -> None:
    """What the caller knows: how much of it, each with a name and a text."""
    checks.count("context", context, most=MAX_CONTEXT_ITEMS)
    in_all = sum(len(item.text) for item in context)
    if in_all > MAX_CONTEXT_CHARACTERS_IN_ALL:
        most = f"{MAX_CONTEXT_CHARACTERS_IN_ALL:,}"
        checks.fault("context", f"has {in_all:,} characters in all; at most {most} are allowed")
    for index, item in enumerate(context):
        name, text = f"context[{index}].name", f"context[{index}].text"
        checks.text(name, item.name, most=MAX_NAME_CHARACTERS, required=True)
        checks.text(text, item.text, most=MAX_CONTEXT_CHARACTERS, required=True)
