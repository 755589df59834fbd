"""Shows that this process lives, and ends as lost what dead ones left in flight.

Each process has a row with a lease and renews it. Only when a lease has run out may anybody
end that process's calls, so a replica that is slow or busy loses nothing. Leases are compared
by each machine's own clock: replicas' clocks must agree to within LEASE_SECONDS less
RENEW_SECONDS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from services.gateway.journal import Journal
from services.gateway.late_outcomes import LateOutcomes
from shared.rpc.errors import Unavailable

LEASE_SECONDS = 20.0
RENEW_SECONDS = 5.0

_log = structlog.get_logger()


@asynccontextmanager
async def owning(journal: Journal, late: LateOutcomes) -> AsyncIterator[None]:
    """Holds the lease while the code inside runs, and gives it up when that ends well."""
    await _renew(journal)
    renewing = asyncio.create_task(_renew_for_ever(journal, late))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait([renewing])
    try:
        await late.write()
        await journal.release()
    except Unavailable as error:  # it runs out by itself
        _log.warning("lease_not_released", fault=error.message)


async def _renew_for_ever(journal: Journal, late: LateOutcomes) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await _renew(journal)
            await late.write()
        except Unavailable as error:  # the next time may go better; until then calls fail
            _log.warning("lease_not_renewed", fault=error.message)


async def _renew(journal: Journal) -> None:
    lost = await journal.renew(LEASE_SECONDS)
    if lost:
        _log.warning("calls_lost", calls=lost, why="the process that made them ended")
