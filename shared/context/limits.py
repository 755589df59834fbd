"""How long an answer may be, by purpose: what a call can cost at most rests on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutputLimit:
    """In tokens: so many for each item that is asked for, and so many besides.

    They are far above what answers take, so that models that reason first have room to.
    """

    besides: int
    per_item: int = 0

    def tokens(self, items: int = 0) -> int:
        """For an answer of so many items."""
        return self.besides + self.per_item * items


OUTPUT_LIMITS: Mapping[str, OutputLimit] = {
    "classify_domain": OutputLimit(2_048),
    "propose_team": OutputLimit(4_096),
    "analyze_goal": OutputLimit(4_096, per_item=500),
    "reword_tasks": OutputLimit(2_048, per_item=500),
    "perform_task": OutputLimit(5_000, per_item=1),
    "review_deliverable": OutputLimit(4_096, per_item=400),
}
"""Items are tasks, criteria of a review, and the tokens that a deliverable may have."""

DELIVERABLE_TOKENS = 4_000
"""How long a deliverable may be, about: some 3,000 words of English."""
