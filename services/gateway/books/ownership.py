"""Shows that this process lives, and ends as lost what dead ones left in flight.

Each process has a row with a lease and renews it. Only when a lease has run out may anybody
end that process's calls, so a replica that is slow or busy loses nothing. Leases are compared
by each machine's own clock: replicas' clocks must agree to within three quarters of a lease.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.gateway.books.database import AGAIN_SECONDS, START_SECONDS
from services.gateway.books.journal import Journal
from services.gateway.books.late_outcomes import AT_ONCE, LateOutcomes
from shared.rpc.errors import Unavailable
from shared.rpc.process import StartError

_log = structlog.get_logger()


@asynccontextmanager
async def owning(journal: Journal, late: LateOutcomes, seconds: float) -> AsyncIterator[None]:
    """Holds a lease of so many seconds while the code inside runs, renewed at each quarter.

    Gives it up when that ends well. Raises StartError when it cannot be had.
    """
    await _first(journal, seconds)
    renewing = asyncio.create_task(_renew_for_ever(journal, late, seconds))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait([renewing])
    try:
        for _ in range(1 + late.waiting // AT_ONCE):
            await late.write()
        await journal.release()
    except Unavailable as error:  # it runs out by itself
        _log.warning("lease_not_released", fault=error.message)


async def _first(journal: Journal, seconds: float) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return await _renew(journal, seconds)
        except Unavailable as error:
            if time.monotonic() > until:
                raise StartError(error.message) from error
            _log.warning("lease_not_taken", fault=error.message)
            await asyncio.sleep(AGAIN_SECONDS)


async def _renew_for_ever(journal: Journal, late: LateOutcomes, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 4)
        try:
            await _renew(journal, seconds)
            await late.write()
        except Unavailable as error:  # the next time may go better; until then calls fail
            _log.warning("lease_not_renewed", fault=error.message)
        except Exception:  # noqa: BLE001 without a lease, the calls of a living process are lost
            _log.exception("lease_not_renewed")


async def _renew(journal: Journal, seconds: float) -> None:
    lost = await journal.renew(seconds)
    if lost:
        _log.warning("calls_lost", calls=lost, why="the process that made them ended")
