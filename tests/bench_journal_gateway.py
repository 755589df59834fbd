"""A gateway of `make bench-journal`: as it is, or with its journal in memory.

python tests/bench_journal_gateway.py durable|memory
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import sqlalchemy as sa

from services.gateway import bootstrap
from services.gateway.books import database
from services.gateway.books.budgets import Budgets
from services.gateway.books.journal import Journal
from services.gateway.books.outcomes import Begun, CallCost, TryEnded
from services.gateway.books.reservations import Counted, Payer
from services.gateway.books.rows import Server, Settled, State
from services.gateway.books.writer import Writer
from services.gateway.calls import ProviderAnswer, Usage
from services.gateway.pricing.cost import Bound, Cost
from services.gateway.requests import CallRequest
from services.gateway.settings import GatewaySettings
from shared.rpc.process import run_service


@dataclass
class DictJournal(Journal):
    """What is least: calls in a dict, and no budget."""

    writer: Writer
    server: Server
    budgets: Budgets
    keep: bool = True
    calls: dict[str, CallRequest | ProviderAnswer] = field(default_factory=dict)

    async def begin(
        self, caller: str, request: CallRequest, bound: Bound, call_id: str
    ) -> Begun | Settled:
        self.calls[call_id] = request
        payer = Payer(self.server.served_by, request.project_id, request.agent, "")
        return Begun(call_id, payer, 1, Counted(bound.nano_usd or 0, bound.tokens or 0))

    async def settle(
        self, begun: Begun, answer: ProviderAnswer, usage: Usage, own: Cost, whole: CallCost
    ) -> None:
        self.calls[begun.call_id] = answer

    async def fail(
        self,
        begun: Begun,
        ended: TryEnded,
        state: State,
        whole: CallCost,
        partly: tuple[ProviderAnswer, Usage] | None = None,
    ) -> None:
        del self.calls[begun.call_id]

    async def renew(self, seconds: float) -> int:
        return 0

    async def release(self) -> None: ...


def in_memory(url: str, *, wait: float = 0.0) -> sa.Engine:
    """The same tables, in SQLite without a file."""
    engine = sa.create_engine(
        "sqlite:///file:journal?mode=memory&cache=shared&uri=true",
        poolclass=sa.pool.QueuePool,
        connect_args={"check_same_thread": False},
    )
    sa.event.listen(engine, "connect", database._configure)
    sa.event.listen(engine, "begin", database._begin)
    with engine.execution_options(writes=True).begin() as connection:
        database._migrate(connection)
    return engine


if __name__ == "__main__":
    if sys.argv[1] == "memory":
        bootstrap.open_database = in_memory
    if sys.argv[1] == "dict":
        bootstrap.Journal = DictJournal  # type: ignore[misc]
    sys.exit(run_service("gateway", GatewaySettings, bootstrap.build))
