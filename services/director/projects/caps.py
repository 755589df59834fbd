"""How much a project may do: calls and money, per task and in all, kept while it runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from attune.gateway.v1 import gateway_pb2

from shared.rpc.errors import ResourceExhausted

MOST_CALLS_OF_A_STEP = 4
"""A task done or reviewed once: two answers of the analyst, each asked twice at most."""
CALLS_EXHAUSTED = "CALLS_EXHAUSTED"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most calls for one task and for all, and nano-USD for one task; 0 or None: no limit."""

    calls_per_task: int = 0
    calls: int = 0
    nano_usd_per_task: int | None = None


class Caps:
    """Counts what steps take. Replays count as calls: a step that was begun before is one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls: Counter[str] = Counter()
        self._nano_usd: Counter[str] = Counter()
        self._begun: set[str] = set()

    def task_is_at_limit(self, task_id: str) -> bool:
        """Whether one more step could pass what this task may take."""
        limits, calls = self._limits, self._calls[task_id]
        if limits.calls_per_task and calls + MOST_CALLS_OF_A_STEP > limits.calls_per_task:
            return True
        most = limits.nano_usd_per_task
        return most is not None and calls > 0 and self._nano_usd[task_id] >= most

    def begin(self, step: str) -> None:
        """Holds what a step may take. Raises ResourceExhausted when that is not there."""
        steps = len(self._begun) + 1
        taken = self._calls.total() + steps * MOST_CALLS_OF_A_STEP
        if self._limits.calls and taken > self._limits.calls:
            raise ResourceExhausted(
                f"the project may make {self._limits.calls:,} calls for its tasks, and one more"
                " step could pass that",
                reason=CALLS_EXHAUSTED,
            )
        self._begun.add(step)

    def end(self, step: str, task_id: str, spent: gateway_pb2.Accounting) -> None:
        """Books what the step took."""
        self._begun.discard(step)
        self._calls[task_id] += spent.calls + spent.replayed_calls
        self._nano_usd[task_id] += spent.cost.nano_usd
