"""What a command line says about the system: which one, whose answers, how long to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only for types: settings take 0.2 s to import
    from shared.rpc.settings import ServiceName

NO_PROJECT = "none"
ALL_PROJECTS = "all"
SECONDS = 300.0
"""As long as services wait for a caller that sets no deadline."""


def only(project_id: str) -> str:
    """What a system of the command's own goes on with: this project, and never all of them."""
    return project_id if project_id not in ("", ALL_PROJECTS) else NO_PROJECT


class Expect(StrEnum):
    """Who must serve the calls."""

    MOCK = "mock"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Wanted:
    """targets: HOST:PORT of services that run; empty: find a system, or start one.

    expect: who must serve; None: anyone. seconds: what an answer may take. resume: the
    interrupted project that a system of the command's own goes on with; it starts no other,
    since that would spend what nobody asked for now.
    """

    targets: Mapping[ServiceName, str] = field(default_factory=dict)
    expect: Expect | None = None
    seconds: float = SECONDS
    resume: str = NO_PROJECT
