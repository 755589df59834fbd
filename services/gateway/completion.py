"""Calls to the model side by side: who asks for the same waits for the same answer."""

from __future__ import annotations

from collections.abc import Hashable

from services.gateway.calls import Provider
from services.gateway.flights import Flight, Flights
from services.gateway.paid_call import Means, PaidCall
from services.gateway.requests import CallRequest
from services.gateway.rows import Settled

DRAIN_SECONDS = 10.0
"""For outcomes to be recorded at the end; a commit takes milliseconds."""


class Completion:
    """Makes calls. One object per process; calls run side by side."""

    def __init__(self, provider: Provider, means: Means) -> None:
        self._provider = provider
        self._means = means
        self._flights: Flights[Settled] = Flights()

    async def complete(self, caller: str, request: CallRequest) -> Settled:
        """One call, inside the deadline of the call being served.

        Whoever asks for the same while it is under way waits for the same answer, and gets
        it as a replay. Raises AttuneError as the proto says; lets CancelledError through.
        """
        named = (caller, request.request_id)
        flight = self._flights.under_way(named) if request.request_id else None
        if flight is not None and flight.body == request.body_hash:
            await self._flights.wait(named, flight)
        key: Hashable = named if request.request_id and flight is None else object()
        own = self._flights.start(
            key, request.body_hash, lambda flight: self._complete(caller, request, flight)
        )
        return await self._flights.wait(key, own)

    async def drain(self) -> None:
        """Waits until no call is running; outcomes are on the books then."""
        await self._flights.drain(DRAIN_SECONDS)

    async def _complete(
        self, caller: str, request: CallRequest, flight: Flight[Settled]
    ) -> Settled:
        def hear(call_id: str) -> None:
            flight.call_id = call_id

        call = PaidCall(
            self._means, caller, request, lambda: self._provider.complete(request.provider), hear
        )
        return await call.run(lambda: flight.ended_because)
