"""The gateway's inside around a provider that does as it is told, for tests of calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from services.gateway.asking.completion import Completion
from services.gateway.asking.paid_call import CallEnded, Means
from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.budgets import Budgets, DefaultBudget
from services.gateway.books.database import open_database
from services.gateway.books.journal import Journal
from services.gateway.books.late_outcomes import LateOutcomes
from services.gateway.books.rows import Server
from services.gateway.books.tables import calls
from services.gateway.books.writer import Writer
from services.gateway.calls import (
    FinishReason,
    Message,
    ProviderAnswer,
    ProviderRequest,
    Received,
    Role,
    ServedBy,
    Usage,
)
from services.gateway.pricing.cost import Pricing
from services.gateway.pricing.prices import PriceBook
from services.gateway.pricing.prompt_bounds import PromptBounds
from services.gateway.requests import CallRequest

REAL = Server(ServedBy.REAL, "openai", "example.com")
MOCK = Server(ServedBy.MOCK, "mock", "")

ANSWER = ProviderAnswer("hello", "gpt-6-luna", FinishReason.STOP, Usage(100, 20))
ASKED = ProviderRequest((Message(Role.USER, "hi"),), "gpt-6-luna", max_output_tokens=500)
REQUEST = CallRequest("id-1", "project", "analyst", "analyze_goal", ASKED)


@dataclass
class FakeProvider:
    """Answers as told; `asked` is set when a call arrives."""

    behave: Callable[[], ProviderAnswer] = lambda: ANSWER
    hang: bool = False
    gate: asyncio.Event | None = None
    served_by: ServedBy = ServedBy.REAL
    name: str = "openai"
    endpoint: str = "example.com"
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    calls: int = 0
    pieces: Iterable[str] = ("hel", "lo")
    usage: Usage | None = None
    given: int = 0

    async def complete(self, request: ProviderRequest) -> ProviderAnswer:
        self.calls += 1
        self.asked.set()
        try:
            if self.hang:
                await asyncio.Event().wait()
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.closed.set()
        return self.behave()

    async def stream(
        self, request: ProviderRequest, received: Received
    ) -> AsyncGenerator[str, None]:
        self.calls += 1
        self.asked.set()
        try:
            for piece in self.pieces:
                self.given += 1
                received.usage = self.usage
                yield received.take(piece)
            if self.hang:
                await asyncio.Event().wait()
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.closed.set()
        answer = self.behave()
        received.usage, received.finish_reason = answer.usage, answer.finish_reason
        received.complete = True

    async def close(self) -> None: ...


@dataclass
class House:
    """A gateway's inside, on a database of its own."""

    provider: FakeProvider
    engine: sa.Engine
    url: str
    writer: Writer
    journal: Journal
    means: Means
    completion: Completion
    events: list[CallEnded] = field(default_factory=list)

    def rows(self, table: sa.Table = calls) -> list[sa.Row]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(table).order_by(table.c.begun_at)))


@asynccontextmanager
async def open_house(
    url: str,
    *,
    retries: RetryPolicy | None = None,
    default: DefaultBudget | None = None,
    server: Server = REAL,
) -> AsyncIterator[House]:
    """A gateway's inside on this database; one try for each call unless told otherwise."""
    engine = open_database(url)
    writer = Writer(engine)
    events: list[CallEnded] = []
    journal = Journal(writer, server, Budgets(default))
    made = Means(
        journal,
        Pricing(PriceBook(None), server.served_by),
        PromptBounds("openai"),
        retries or RetryPolicy(most_tries=1),
        LateOutcomes(),
        [_Hearing(events)],
    )
    provider = FakeProvider()
    completion = Completion(provider, made)
    yield House(provider, engine, url, writer, journal, made, completion, events)
    writer.close()
    engine.dispose()


@dataclass
class _Hearing:
    events: list[CallEnded]

    def call_ended(self, event: CallEnded) -> None:
        self.events.append(event)


@contextmanager
def crashed(house: House) -> Iterator[Journal]:
    """Another process's journal of the same books, whose lease nobody renews."""
    writer = Writer(house.engine)
    yield Journal(writer, REAL, Budgets())
    writer.close()
