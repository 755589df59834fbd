"""What agents' budgets have left, for Prometheus.

Of agents only, and of Attune's own: projects have as many names as callers think of, and a
metric's labels are from closed sets.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import product

import structlog
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.engine import Connection, Engine

from services.gateway.books.budgets import Budgets
from services.gateway.books.reader import read
from services.gateway.books.reservations import Period, Scope
from services.gateway.books.rows import day_of, now_micros
from services.gateway.calls import ServedBy
from services.gateway.metrics import AGENTS
from shared.rpc.errors import Unavailable

REFRESH_SECONDS = 5.0

_Left = dict[tuple[str, str], float]
"""By agent and period."""

_log = structlog.get_logger()


class BudgetGauges:
    """A gauge per agent and period that has a limit; none where there is no limit."""

    def __init__(
        self, registry: CollectorRegistry, budgets: Budgets, engine: Engine, served_by: ServedBy
    ) -> None:
        self._budgets = budgets
        self._engine = engine
        self._served_by = served_by
        labels = ["agent", "period"]
        self._money = Gauge(
            "attune_budget_left_usd", "What an agent may still spend in the current span, in US"
            " dollars: its limit less what is spent and reserved.", labels, registry=registry,
        )  # fmt: skip
        self._tokens = Gauge(
            "attune_budget_left_tokens", "The same in tokens.", labels, registry=registry
        )

    async def refresh(self) -> None:
        """Reads the budgets anew. Raises Unavailable."""
        money, tokens = await read(self._engine, self._left)
        _show(self._money, money)
        _show(self._tokens, tokens)

    def _left(self, connection: Connection) -> tuple[_Left, _Left]:
        day = day_of(now_micros())
        money: _Left = {}
        tokens: _Left = {}
        for agent, period in product(sorted(AGENTS), Period):
            budget = self._budgets.get(connection, Scope.AGENT, agent, period)
            if budget is None:
                continue
            standing = self._budgets.standing(connection, self._served_by, budget, day)
            spent, reserved = standing.sums.spent, standing.sums.reserved
            key, limits = (agent, period.value), budget.limits
            if limits.nano_usd is not None:
                money[key] = (limits.nano_usd - spent.nano_usd - reserved.nano_usd) / 1e9
            if limits.tokens is not None:
                tokens[key] = limits.tokens - spent.tokens - reserved.tokens
        return money, tokens


def _show(gauge: Gauge, now: Mapping[tuple[str, str], float]) -> None:
    """Sets what there is and takes away what is no more, without a gap for a scrape to see."""
    shown = {
        (sample.labels["agent"], sample.labels["period"])
        for metric in gauge.collect() for sample in metric.samples
    }  # fmt: skip
    for key in shown - set(now):
        gauge.remove(*key)
    for key, left in now.items():
        gauge.labels(*key).set(left)


@asynccontextmanager
async def refreshing(gauges: BudgetGauges) -> AsyncIterator[None]:
    """Keeps the gauges fresh while the code inside runs."""

    async def refresh_for_ever() -> None:
        while True:
            try:
                await gauges.refresh()
            except Unavailable as error:  # the next time may go better
                _log.warning("budgets_not_read", fault=error.message)
            except Exception:  # noqa: BLE001 gauges that stand still would look like the truth
                _log.exception("budgets_not_read")
            await asyncio.sleep(REFRESH_SECONDS)

    task = asyncio.create_task(refresh_for_ever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
