"""What making a plan has cost and mended so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from attune.gateway.v1 import gateway_pb2


@dataclass(slots=True)
class Progress:
    """Gathers the accounting of each step, and what a reader of the plan should know."""

    accounting: list[gateway_pb2.Accounting] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)

    def add(self, accounting: gateway_pb2.Accounting, degraded: Sequence[str]) -> None:
        """A step's cost, and what it repaired, retried or fell back to."""
        self.accounting.append(accounting)
        self.degraded += degraded

    def note(self, told: str) -> None:
        """Something repaired, retried or left, in words for a reader."""
        self.degraded.append(told)
