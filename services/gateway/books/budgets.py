"""Budgets: limits on what a project or an agent may spend, and who may still spend.

A budget lets a call begin when all that was spent, is reserved and can be added by it stays
within the limit. Whoever asks holds the database's one write lock, so that no two callers,
on whatever replica, are promised the same money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from services.gateway.books.reservations import (
    Counted,
    Payer,
    Period,
    Scope,
    Sums,
    add_up_calls,
    span_of,
    stored_sums,
    sums_now,
)
from services.gateway.books.statements import Statement
from services.gateway.books.tables import budgets
from services.gateway.pricing.cost import Bound
from shared.rpc.errors import BudgetExhausted, FailedPrecondition, InvalidArgument, Violation

_OF_PAYER = Statement(
    sa.select(budgets).where(
        sa.or_(
            sa.and_(
                budgets.c.scope == Scope.PROJECT.value, budgets.c.name == sa.bindparam("project")
            ),
            sa.and_(budgets.c.scope == Scope.AGENT.value, budgets.c.name == sa.bindparam("agent")),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be spent; None: no such limit. Passing the soft one only warns."""

    nano_usd: int | None = None
    soft_nano_usd: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one project or agent over one kind of span.

    from_environment: it is the default of projects that have none of their own.
    """

    scope: Scope
    name: str
    period: Period
    limits: Limits
    from_environment: bool = False

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget with what its current span has come to."""

    budget: Budget
    span: str
    sums: Sums

    @property
    def past_soft_limit(self) -> bool:
        """Whether more is spent than its soft limit."""
        soft = self.budget.limits.soft_nano_usd
        return soft is not None and self.sums.spent.nano_usd > soft

    @property
    def warning(self) -> str:
        """That its soft limit is passed, in words."""
        soft, spent = self.budget.limits.soft_nano_usd, self.sums.spent.nano_usd
        return f"{self.budget} is past its soft limit: {spent:,} of {soft:,} nano-USD ({self.span})"


@dataclass(frozen=True, slots=True)
class DefaultBudget:
    """The limit of every project that has none of its own for this period."""

    period: Period
    nano_usd: int

    def of(self, project_id: str) -> Budget:
        """The budget that it gives a project."""
        limits = Limits(nano_usd=self.nano_usd)
        return Budget(Scope.PROJECT, project_id, self.period, limits, from_environment=True)


class Budgets:
    """Reads and writes limits, inside the transaction of whoever asks."""

    def __init__(self, default: DefaultBudget | None = None) -> None:
        self._default = default

    def set(self, connection: Connection, budget: Budget) -> None:
        """Puts a limit in the place of the one of the same name and period."""
        same = (
            budgets.c.scope == budget.scope,
            budgets.c.name == budget.name,
            budgets.c.period == budget.period,
        )
        connection.execute(budgets.delete().where(*same))
        connection.execute(
            budgets.insert().values(
                scope=budget.scope, name=budget.name, period=budget.period,
                limit_nano_usd=budget.limits.nano_usd, limit_tokens=budget.limits.tokens,
                soft_limit_nano_usd=budget.limits.soft_nano_usd,
            )
        )  # fmt: skip

    def get(self, connection: Connection, scope: Scope, name: str, period: Period) -> Budget | None:
        """The budget of this name and period; None where there is none."""
        row = connection.execute(
            sa.select(budgets).where(
                budgets.c.scope == scope, budgets.c.name == name, budgets.c.period == period
            )
        ).one_or_none()
        if row is not None:
            return _budget(row)
        default = self._default
        if scope is Scope.PROJECT and default is not None and default.period is period:
            return default.of(name)
        return None

    def page(
        self, connection: Connection, after: tuple[str, str, str] | None, most: int
    ) -> Sequence[Budget]:
        """Budgets that were set, by scope, name and period, after the one with this key."""
        key = (budgets.c.scope, budgets.c.name, budgets.c.period)
        query = sa.select(budgets).order_by(*key).limit(most)
        if after is not None:
            query = query.where(sa.tuple_(*key) > sa.tuple_(*map(sa.literal, after)))
        return [_budget(row) for row in connection.execute(query)]

    def standing(
        self, connection: Connection, served_by: str, budget: Budget, day: str
    ) -> Standing:  # fmt: skip
        """A budget with what the span that `day` is in has come to."""
        span = span_of(budget.period, day)
        where = (served_by, budget.scope, budget.name, span)
        sums = stored_sums(connection, *where) or add_up_calls(connection, *where)
        return Standing(budget, span, sums)

    def admit(
        self, connection: Connection, payer: Payer, bound: Bound
    ) -> tuple[Standing, ...]:  # fmt: skip
        """Lets a call begin, or not; the caller reserves.

        Gives the budgets whose soft limit is passed.

        Raises BudgetExhausted with every budget that has no room, FailedPrecondition where
        money is limited and the model has no price, InvalidArgument where the call has no
        bound.
        """
        standings = self._of_payer(connection, payer)
        if not standings:
            return ()
        _refuse_unbounded(standings, bound)
        refusals = [
            violation
            for standing in standings
            for violation in _violations(standing, bound)
        ]  # fmt: skip
        if refusals:
            first = refusals[0]
            raise BudgetExhausted([violation for violation, _ in refusals], metadata=first[1])
        return tuple(standing for standing in standings if standing.past_soft_limit)

    def _of_payer(self, connection: Connection, payer: Payer) -> list[Standing]:
        named = {"project": payer.project_id, "agent": payer.agent}
        found = [_budget(row) for row in _OF_PAYER.rows(connection, named)]
        if (default := self._default) is not None and not any(
            budget.scope is Scope.PROJECT and budget.period is default.period for budget in found
        ):
            found.append(default.of(payer.project_id))
        if not found:
            return []
        wanted = [(budget.scope, span_of(budget.period, payer.day)) for budget in found]
        sums = sums_now(connection, payer, wanted)
        return [
            Standing(budget, key[1], sums[key]) for budget, key in zip(found, wanted, strict=True)
        ]


def reservation(bound: Bound) -> Counted:
    """What is set aside for a try."""
    return Counted(bound.nano_usd or 0, bound.tokens or 0)


def _refuse_unbounded(standings: Sequence[Standing], bound: Bound) -> None:
    of_money = [item.budget for item in standings if item.budget.limits.nano_usd is not None]
    of_tokens = [item.budget for item in standings if item.budget.limits.tokens is not None]
    limited = [*of_money, *of_tokens]
    if limited and bound.tokens is None:
        needed = Violation(
            "max_output_tokens",
            f"is required, since {limited[0]} has a budget and a call without a limit could"
            " cost any amount",
        )
        raise InvalidArgument([needed], reason="UNBOUNDED_UNDER_BUDGET")
    if of_money and bound.nano_usd is None:
        raise FailedPrecondition(
            f"{of_money[0]} has a budget of money, and {bound.lost.note or 'the price is unknown'}:"
            " set one in ATTUNE_PRICES_FILE, or use a budget of tokens",
            reason="UNPRICED_UNDER_BUDGET",
        )


def _violations(standing: Standing, bound: Bound) -> list[tuple[Violation, dict[str, str]]]:
    """Why a budget has no room for a call, in words and in figures."""
    limits, sums = standing.budget.limits, standing.sums
    found = []
    for unit, limit, spent, reserved, more in (
        ("nano_usd", limits.nano_usd, sums.spent.nano_usd, sums.reserved.nano_usd, bound.nano_usd),
        ("tokens", limits.tokens, sums.spent.tokens, sums.reserved.tokens, bound.tokens),
    ):
        wanted = more or 0
        if limit is None or spent + reserved + wanted <= limit:
            continue
        figures = {"limit": limit, "spent": spent, "reserved": reserved, "wanted": wanted}
        of = "in all" if standing.budget.period is Period.TOTAL else f"of {standing.span}"
        told = (
            f"the budget {of} has no room for this call: limit {limit:,}, spent {spent:,},"
            f" reserved {reserved:,}, wanted {wanted:,} {_UNITS[unit]}"
        )
        facts = {f"{name}_{unit}": str(value) for name, value in figures.items()}
        facts |= {"budget": str(standing.budget), "span": standing.span}
        found.append((Violation(str(standing.budget), told), facts))
    return found


_UNITS = {"nano_usd": "nano-USD", "tokens": "tokens"}


def _budget(row: Any) -> Budget:
    limits = Limits(row.limit_nano_usd, row.soft_limit_nano_usd, row.limit_tokens)
    return Budget(Scope(row.scope), row.name, Period(row.period), limits)
