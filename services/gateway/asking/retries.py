"""When a try at the provider is worth another one, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass

from services.gateway.calls import ProviderFailure

LATE = 0.1
"""Jitter on top of a wait that the provider asked for, as a part of it."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """most_tries: of one call, the first included. Pauses in seconds.

    Pauses grow twofold and are drawn anew from all of their length ("full jitter"), so that
    callers that failed together do not come back together:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    most_tries: int = 4
    first_pause: float = 0.5
    longest_pause: float = 8.0

    def pause(self, failure: ProviderFailure, tries: int, left: float) -> float | None:
        """Seconds to wait before the next try, after so many; None: there is none.

        left: seconds until the deadline. Never shorter than the provider asked for.
        """
        if not failure.again or tries >= self.most_tries:
            return None
        if failure.retry_after is not None:
            pause = failure.retry_after * random.uniform(1, 1 + LATE)  # noqa: S311 -- jitter
        else:
            most = min(self.longest_pause, self.first_pause * 2 ** (tries - 1))
            pause = random.uniform(0, most)  # noqa: S311 -- jitter
        return pause if pause < left else None
