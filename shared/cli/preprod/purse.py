"""What a run may spend: each trial sets its part aside before it begins."""

from __future__ import annotations

import asyncio


class Purse:
    """Holds a run inside its budget, in nano-USD. limit: None is no limit."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._set_aside = 0
        self._changed = asyncio.Condition()
        self.spent = 0
        self.unknown = False
        """Whether something was spent of which nobody knows how much."""

    async def take(self, at_most: int | None, probably: int) -> int | None:
        """Sets aside what a trial may cost: `at_most`, or what is left if it will probably do.

        Waits for trials under way to give back what they did not need. Raises BudgetIsSpent
        when nothing that is left would do; None where there is no limit.
        """
        if self._limit is None:
            return None
        async with self._changed:
            while True:
                left = self._limit - self.spent - self._set_aside
                wanted = min(at_most, left) if at_most else left
                if wanted > 0 and wanted >= min(probably, at_most or probably):
                    self._set_aside += wanted
                    return wanted
                if not self._set_aside:
                    raise BudgetIsSpent(left)
                await self._changed.wait()

    async def give_back(self, taken: int | None, spent: int | None) -> None:
        """Books what a trial cost, and frees what it had set aside. spent: None is not known."""
        async with self._changed:
            self._set_aside -= taken or 0
            self.spent += spent if spent is not None else taken or 0
            self.unknown |= spent is None
            self._changed.notify_all()


class BudgetIsSpent(Exception):
    """What is left, in nano-USD, is less than a trial will probably cost."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left
