"""Outcomes that the journal could not take when they happened, written as soon as it can."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from shared.rpc.errors import AttuneError, Unavailable

_log = structlog.get_logger()


class LateOutcomes:
    """Keeps outcomes in order. Should the process die first, their calls end as LOST."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = deque()

    def add(self, call_id: str, write: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Keeps one; `write` records it."""
        self._waiting.append((call_id, write))
        _log.error("outcome_waits_for_the_journal", call_id=call_id, waiting=len(self._waiting))

    async def write(self) -> None:
        """Writes all that wait. Raises Unavailable when the journal still cannot."""
        while self._waiting:
            call_id, write = self._waiting[0]
            try:
                await write()
            except Unavailable:
                raise
            except AttuneError as error:  # it is on the books, in another way than meant
                _log.warning("outcome_recorded_late", call_id=call_id, why=error.reason)
            else:
                _log.info("outcome_recorded_late", call_id=call_id)
            self._waiting.popleft()
