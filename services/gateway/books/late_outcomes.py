"""Outcomes that the journal could not take when they happened, written as soon as it can."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from shared.rpc.errors import AttuneError, Unavailable

_log = structlog.get_logger()
AT_ONCE = 100
"""Outcomes that share a transaction; the lease must be renewed in between."""


class LateOutcomes:
    """Keeps outcomes in order. Should the process die first, their calls end as LOST."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = deque()

    def add(self, call_id: str, write: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Keeps one; `write` records it."""
        self._waiting.append((call_id, write))
        _log.error("outcome_waits_for_the_journal", call_id=call_id, waiting=len(self._waiting))

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def write(self) -> None:
        """Writes some of those that wait, in one go. Raises Unavailable when it cannot be."""
        some = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        results = await asyncio.gather(*(write() for _, write in some), return_exceptions=True)
        unavailable: Unavailable | None = None
        for (call_id, write), result in zip(some, results, strict=True):
            if isinstance(result, Unavailable):
                self._waiting.append((call_id, write))
                unavailable = result
            elif isinstance(result, AttuneError):  # on the books, in another way than meant
                _log.warning("outcome_recorded_late", call_id=call_id, why=result.reason)
            elif isinstance(result, BaseException):
                self._waiting.append((call_id, write))
                _log.error("outcome_not_recorded", call_id=call_id, why=repr(result))
            else:
                _log.info("outcome_recorded_late", call_id=call_id)
        if unavailable is not None:
            raise unavailable
