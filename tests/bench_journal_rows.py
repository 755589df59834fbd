"""A journal of a million calls, made in one go, and how long it takes to find some of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from gateway_house import ANSWER, REAL, REQUEST

from services.gateway.books.budgets import Budgets
from services.gateway.books.database import open_database
from services.gateway.books.journal import Journal
from services.gateway.books.rows import (
    State,
    answer_columns,
    cost_columns,
    day_of,
    intent_columns,
    now_micros,
)
from services.gateway.books.spend import SpendFilter, add_up
from services.gateway.books.tables import calls
from services.gateway.books.writer import Writer
from services.gateway.pricing.cost import Cost, CostStatus

ROWS = 1_000_000
PROJECTS = 1_000
TIMES = 30
_AT_ONCE = 20_000


def spend_and_lookup(folder: Path, rows: int) -> tuple[list[float], list[float]]:
    """Milliseconds of GetSpend for one project, and of finding one call by its request_id."""
    engine = open_database(f"sqlite:///{folder}/million.db")
    _fill(engine, rows)
    writer = Writer(engine)
    journal = Journal(writer, REAL, Budgets())
    with engine.connect() as connection:

        def spend(number: int) -> None:
            wanted = SpendFilter({"project_id": f"project-{number}"})
            _, total = add_up(connection, wanted, ("model",))
            assert total.calls == rows // PROJECTS

        def lookup(number: int) -> None:
            row = journal._earlier(connection, "local", f"id-{number * (rows // TIMES)}")
            assert row is not None

        found = _timed(spend), _timed(lookup)
    writer.close()
    engine.dispose()
    return found


def _timed(work: Callable[[int], None]) -> list[float]:
    taken = []
    for number in range(TIMES):
        began = time.perf_counter()
        work(number)
        taken.append(1e3 * (time.perf_counter() - began))
    return taken


def _fill(engine: sa.Engine, rows: int) -> None:
    now = now_micros()
    cost = Cost(40_000, CostStatus.EXACT)
    row: dict[str, Any] = {
        **intent_columns(REAL, REQUEST, keep=True),
        **cost_columns(cost),
        **answer_columns(ANSWER, ANSWER.usage, keep=True),
        "caller": "local", "state": State.SETTLED.value, "owner": "", "begun_at": now,
        "ended_at": now, "day": day_of(now), "counted_nano_usd": 40_000, "counted_tokens": 120,
    }  # fmt: skip
    with engine.execution_options(writes=True).begin() as connection:
        for start in range(0, rows, _AT_ONCE):
            some = [
                row | {
                    "call_id": f"{number:032x}", "request_id": f"id-{number}",
                    "project_id": f"project-{number % PROJECTS}",
                }
                for number in range(start, min(rows, start + _AT_ONCE))
            ]  # fmt: skip
            connection.execute(calls.insert(), some)
        connection.exec_driver_sql("ANALYZE")
