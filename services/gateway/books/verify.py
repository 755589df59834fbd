"""Recomputes every sum and price of the journal from its rows, and says where they disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from services.gateway.books.database import SQLITE
from services.gateway.books.outcomes import lease_is_over
from services.gateway.books.reservations import Scope, Sums, add_up_calls, stored_sums
from services.gateway.books.rows import State, answer_sha256, usage_of
from services.gateway.books.tables import attempts, budget_sums, calls, owners
from services.gateway.calls import ServedBy
from services.gateway.pricing.cost import REPLAYED, CostStatus, Pricing
from services.gateway.pricing.prices import PriceBook

MOST_FAULTS = 20
"""Named of each check; all are counted."""
_ROWS_AT_ONCE = 2_000


@dataclass(slots=True)
class Check:
    """One promise of the books. done: rows it was checked on. left_out: why some were not."""

    name: str
    done: int = 0
    faults: int = 0
    told: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def holds(self, what: str, *, true: bool, fault: str) -> None:
        """Counts one row, and what is wrong with it."""
        self.done += 1
        if not true:
            self.faults += 1
            if len(self.told) < MOST_FAULTS:
                self.told.append(f"{what}: {fault}")

    def skip(self, why: str) -> None:
        """Counts one row that cannot be checked."""
        self.left_out[why] = self.left_out.get(why, 0) + 1


class Moment:
    """A clock that stands at the time of the call whose price is recomputed."""

    def __init__(self) -> None:
        self.micros = 0

    def __call__(self) -> datetime:
        """The time of that call."""
        return datetime.fromtimestamp(self.micros / 1e6, UTC)


class Verifier:
    """Checks a journal. book_of: the prices for an endpoint, at the time of a clock."""

    def __init__(self, book_of: Callable[[str, Moment], PriceBook]) -> None:
        self._book_of = book_of
        self._moment = Moment()
        self._pricings: dict[tuple[str, str], Pricing] = {}
        self.tries = Check("every call costs what its tries cost")
        self.prices = Check("every price is what the price list says")
        self.counted = Check("budgets count every call at its cost")
        self.answers = Check("every answer is the one that was given")
        self.states = Check("every call has ended, or somebody works on it")
        self.sums = Check("every budget's sums are those of its calls")
        self.file = Check("the database file is sound")

    def run(self, connection: Connection) -> list[Check]:
        """All checks, on one view of the journal."""
        live = set(
            connection.execute(sa.select(owners.c.owner).where(sa.not_(lease_is_over()))).scalars()
        )
        for call, tries in calls_and_tries(connection):
            self._check_call(call, tries, live)
        for row in connection.execute(sa.select(budget_sums)).all():
            self._check_sums(connection, row)
        checks = [
            self.tries, self.prices, self.counted, self.answers, self.states, self.sums,
        ]  # fmt: skip
        if connection.dialect.name == SQLITE:
            said = list(connection.exec_driver_sql("PRAGMA integrity_check").scalars())
            self.file.holds("the file", true=said == ["ok"], fault="; ".join(said[:5]))
            checks.append(self.file)
        return checks

    def _check_call(self, call: Row[Any], tries: list[Row[Any]], live: set[str]) -> None:
        name = f"call {call.call_id}"
        for amount in ("cost_nano_usd", "shadow_nano_usd"):
            parts = [getattr(item, amount) for item in tries]
            known = [part for part in parts if part is not None]
            expected = sum(known) if known else None
            if amount == "cost_nano_usd" and len(known) < len(parts):
                expected = None
            found = getattr(call, amount)
            self.tries.holds(
                name, true=found == expected,
                fault=f"{amount} is {found}; its tries have {expected}",
            )  # fmt: skip
        self.tries.holds(
            name, true=call.attempts == len(tries),
            fault=f"says {call.attempts} tries, and has {len(tries)}",
        )  # fmt: skip
        self._check_end(name, call, tries, live)
        self._check_counted(name, call, tries)
        if call.state == State.SETTLED:
            self._check_price(name, call, tries[-1] if tries else None)
            self._check_answer(name, call)

    def _check_end(self, name: str, call: Row[Any], tries: list[Row[Any]], live: set[str]) -> None:
        in_flight = call.state == State.INTENT
        open_tries = [item.number for item in tries if item.state == State.INTENT]
        if in_flight and call.owner not in live:
            self.states.skip("left by a process that ended: a running gateway ends them as lost")
            return
        self.states.holds(
            name, true=bool(open_tries) == in_flight,
            fault=f"is {call.state}, and its tries {open_tries} are open",
        )  # fmt: skip

    def _check_counted(self, name: str, call: Row[Any], tries: list[Row[Any]]) -> None:
        if call.cost_status == CostStatus.UNPRICED:
            self.counted.skip("of unknown cost")
            return
        expected = call.cost_nano_usd or 0
        if not ServedBy(call.served_by).spends:
            if any(item.state in (State.LOST, State.INTENT) for item in tries):
                self.counted.skip("mocked calls that broke off, counted at their bound")
                return
            expected = call.shadow_nano_usd or 0
        self.counted.holds(
            name, true=call.counted_nano_usd == expected,
            fault=f"counts {call.counted_nano_usd}, and costs {expected}",
        )  # fmt: skip

    def _check_price(self, name: str, call: Row[Any], last: Row[Any] | None) -> None:
        if last is None:
            return
        if last.cost_status == CostStatus.UNPRICED:
            self.prices.skip("of unknown cost")
            return
        if last.cost_status == CostStatus.AT_MOST:
            self.prices.skip("of streams that broke off before their usage came")
            return
        if call.cost_note.startswith(REPLAYED):
            self.prices.skip("replayed from a cassette, at what they had cost")
            return
        self._moment.micros = call.ended_at
        pricing = self._pricing(call)
        cost = pricing.of_answer(
            asked=call.model_asked, answered=call.model, usage=usage_of(call)
        )  # fmt: skip
        if cost.catalogue_version != call.catalogue_version:
            self.prices.skip(f"priced by {call.catalogue_version or 'a list that is gone'}")
            return
        mocked = not ServedBy(call.served_by).spends
        expected = cost.shadow_nano_usd if mocked else cost.nano_usd
        found = last.shadow_nano_usd if mocked else last.cost_nano_usd
        self.prices.holds(
            name, true=found == expected,
            fault=f"its answer is booked at {found}; the price list says {expected}",
        )  # fmt: skip

    def _check_answer(self, name: str, call: Row[Any]) -> None:
        if not call.content_kept or not call.answer_sha256:
            self.answers.skip("not kept")
            return
        now = answer_sha256(call.answer_text, call.refusal)
        self.answers.holds(
            name, true=now == call.answer_sha256,
            fault=f"its text has the hash {now[:12]}, and was {call.answer_sha256[:12]}",
        )  # fmt: skip

    def _check_sums(self, connection: Connection, row: Row[Any]) -> None:
        where = (row.served_by, Scope(row.scope), row.name, row.span)
        # Both in one view: a call that ends meanwhile is in neither, or in both.
        kept, counted = stored_sums(connection, *where), add_up_calls(connection, *where)
        self.sums.holds(
            f"{row.scope}:{row.name} ({row.span}, {row.served_by})", true=kept == counted,
            fault=f"has {_words(kept)}; its calls have {_words(counted)}",
        )  # fmt: skip

    def _pricing(self, call: Row[Any]) -> Pricing:
        key = (call.served_by, call.endpoint)
        if key not in self._pricings:
            server = ServedBy(call.served_by)
            book = self._book_of(call.endpoint if server.spends else "", self._moment)
            self._pricings[key] = Pricing(book, server)
        return self._pricings[key]


def _words(sums: Sums | None) -> str:
    if sums is None:
        return "none"
    spent, reserved = sums.spent, sums.reserved
    return (
        f"{spent.nano_usd:,} nano-USD and {spent.tokens:,} tokens spent,"
        f" {reserved.nano_usd:,} and {reserved.tokens:,} reserved"
    )


def calls_and_tries(connection: Connection) -> Iterator[tuple[Row[Any], list[Row[Any]]]]:
    """Every call with its tries, a few thousand rows in memory at a time."""
    last = ""
    while True:
        some = connection.execute(
            sa.select(calls).where(calls.c.call_id > last).order_by(calls.c.call_id)
            .limit(_ROWS_AT_ONCE)
        ).all()  # fmt: skip
        if not some:
            return
        first, last = some[0].call_id, some[-1].call_id
        tries = connection.execute(
            sa.select(attempts).where(attempts.c.call_id.between(first, last))
            .order_by(attempts.c.call_id, attempts.c.number)
        )  # fmt: skip
        of_call = {key: list(group) for key, group in groupby(tries, lambda row: row.call_id)}
        for call in some:
            yield call, of_call.get(call.call_id, [])
