"""What a call cost, and how sure that is. Money is whole nano-USD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.gateway.calls import FormerCost, ServedBy, Usage
from services.gateway.pricing.prices import CATALOGUE, Price, PriceBook


class CostStatus(StrEnum):
    """How sure an amount is.

    NONE: nothing was charged, for example a failed call. AT_MOST: what was charged is not
    known, and this is the most that it can have been.
    """

    NONE = "none"
    EXACT = "exact"
    OVERRIDE = "override"
    UNPRICED = "unpriced"
    MOCK = "mock"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount; nano_usd None: not known, which is not 0.

    shadow_nano_usd: what a mocked call would have cost on the configured model, and what a
    replayed one had cost.
    """

    nano_usd: int | None
    status: CostStatus
    shadow_nano_usd: int | None = None
    catalogue_version: str = ""
    note: str = ""


NOTHING = Cost(nano_usd=0, status=CostStatus.NONE)
"""For calls that the provider did not charge."""

REPLAYED = "replayed from a cassette: "
"""How the note of a cost begins that was recorded, and is not by a price list."""

CHARGE_UNKNOWN = "what was charged is not known; this is the most that it can be"


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one try can come to.

    lost: what it costs if nobody ever knows how it ended. nano_usd, tokens: what a budget
    sets aside for it, mocked calls as if they were real; None where there is no bound: the
    model has no price, or (tokens None) the output no limit.
    """

    lost: Cost
    nano_usd: int | None
    tokens: int | None


def total(parts: Sequence[Cost]) -> Cost:
    """What the tries of one call cost together; nothing known is not the same as nothing."""
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    statuses = {part.status for part in parts}
    unsure = (CostStatus.UNPRICED, CostStatus.AT_MOST)
    status = next((status for status in unsure if status in statuses), parts[-1].status)
    shadows = [part.shadow_nano_usd for part in parts if part.shadow_nano_usd is not None]
    known = [part.nano_usd for part in parts if part.nano_usd is not None]
    notes = dict.fromkeys(part.note for part in parts if part.note)
    return Cost(
        nano_usd=sum(known) if len(known) == len(parts) else None,
        status=status,
        shadow_nano_usd=sum(shadows) if shadows else None,
        catalogue_version=parts[-1].catalogue_version,
        note="; ".join([f"of {len(parts)} tries that may have been charged", *notes]),
    )


class Pricing:
    """Says what calls cost, for the one who serves them."""

    def __init__(self, book: PriceBook, served_by: ServedBy) -> None:
        self._book = book
        self._mock = not served_by.spends

    @property
    def catalogue_version(self) -> str:
        """Which catalogue holds the prices that the operator did not set."""
        return CATALOGUE

    def of_answer(
        self, *, asked: str, answered: str, usage: Usage, former: FormerCost | None = None
    ) -> Cost:
        """What an answer cost; former: of one that is replayed, which costs nothing now.

        The model that answered counts, unless only the one that was asked for has a price,
        or the operator set one for it.
        """
        if former is not None:
            known = former.nano_usd is not None
            note = f"{REPLAYED}{'shadow is what it had cost' if known else 'its cost is not known'}"
            return Cost(0, CostStatus.MOCK, former.nano_usd, note=note)
        price = self._price(asked) if self._mock else self._price_of_either(asked, answered)
        return self._cost(price, None if price is None else price.cost(usage), asked)

    def at_most(self, model: str, input_tokens: int, output_tokens: int | None) -> Cost:
        """What a call can cost at most; output_tokens None: the output has no limit."""
        price = self._price(model)
        if price is not None and output_tokens is None:
            unlimited = "no bound: max_output_tokens is not set"
            status = CostStatus.MOCK if self._mock else CostStatus.UNPRICED
            return Cost(0 if self._mock else None, status, note=unlimited)
        bound = None if price is None else price.upper_bound(input_tokens, output_tokens or 0)
        return self._cost(price, bound, model)

    def bound(self, model: str, input_tokens: int, output_tokens: int | None) -> Bound:
        """The most that one try can come to; lost tries are counted at it.

        The mock never charges, so that its lost tries cost nothing.
        """
        most = self.at_most(model, input_tokens, output_tokens)
        tokens = None if output_tokens is None else input_tokens + output_tokens
        if self._mock:
            return Bound(Cost(0, CostStatus.MOCK), most.shadow_nano_usd, tokens)
        if most.nano_usd is None:
            return Bound(most, None, tokens)
        note = "; ".join(filter(None, (CHARGE_UNKNOWN, most.note)))
        lost = replace(most, status=CostStatus.AT_MOST, note=note)
        return Bound(lost, most.nano_usd, tokens)

    def counted(self, cost: Cost) -> int:
        """What a budget counts of a cost, in nano-USD: of the mock what it would have been."""
        return (cost.shadow_nano_usd if self._mock else cost.nano_usd) or 0

    def status_of(self, model: str) -> CostStatus:
        """How sure the price of a model is."""
        return self._cost(self._price(model), 0, model).status

    def _price_of_either(self, asked: str, answered: str) -> Price | None:
        of_answered, of_asked = self._price(answered), self._price(asked)
        if (
            of_asked is not None
            and of_asked.override
            and not (of_answered and of_answered.override)
        ):
            return of_asked
        return of_answered or of_asked

    def _price(self, model: str) -> Price | None:
        return self._book.price(model)

    def _cost(self, price: Price | None, nano_usd: int | None, model: str) -> Cost:
        if price is None:
            note = f"no price is known for {model}"
            status = CostStatus.MOCK if self._mock else CostStatus.UNPRICED
            return Cost(0 if self._mock else None, status, note=note)
        if self._mock:
            return Cost(0, CostStatus.MOCK, nano_usd, price.catalogue_version, price.note)
        status = CostStatus.OVERRIDE if price.override else CostStatus.EXACT
        return Cost(nano_usd, status, None, price.catalogue_version, price.note)
