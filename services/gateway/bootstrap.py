"""Puts the gateway together. Mock, cassette or real is decided here, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from attune.gateway.v1.gateway_pb2_grpc import add_GatewayServiceServicer_to_server
from prometheus_client import CollectorRegistry

from services.gateway.asking.completion import Completion
from services.gateway.asking.paid_call import Means
from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.belonging import claim
from services.gateway.books.budgets import Budgets
from services.gateway.books.callers import Callers
from services.gateway.books.database import START_SECONDS, open_database
from services.gateway.books.journal import Journal
from services.gateway.books.late_outcomes import LateOutcomes
from services.gateway.books.ownership import owning
from services.gateway.books.rows import Server
from services.gateway.books.writer import Writer
from services.gateway.budget_gauges import BudgetGauges, refreshing
from services.gateway.budget_servicer import BudgetServicer
from services.gateway.calls import Provider
from services.gateway.cassette.provider import CassetteProvider
from services.gateway.cassette.recordings import Recordings
from services.gateway.metrics import CallLog, CallMetrics
from services.gateway.mock.provider import MockProvider
from services.gateway.pricing.cost import Pricing
from services.gateway.pricing.prices import PriceBook
from services.gateway.pricing.prompt_bounds import PromptBounds
from services.gateway.requests import Models
from services.gateway.servicer import GatewayServicer
from services.gateway.settings import Content, GatewaySettings
from shared.cassette import CassetteError, read_cassette
from shared.rpc.process import StartError
from shared.rpc.server import Served

_log = structlog.get_logger()


@asynccontextmanager
async def build(settings: GatewaySettings) -> AsyncIterator[Served]:
    """Everything that the gateway needs, freed at the end. Raises StartError."""
    try:
        book = PriceBook(settings.prices_file, base_url=settings.base_url)
    except ValueError as error:
        raise StartError(f"ATTUNE_PRICES_FILE: {error}") from error
    recordings = await asyncio.to_thread(_recordings, settings)
    engine = await asyncio.to_thread(open_database, settings.database_url, wait=START_SECONDS)
    try:
        await asyncio.to_thread(claim, engine, settings.environment)
    except StartError:
        engine.dispose()
        raise
    writer = Writer(engine)
    provider = _mock(settings, recordings) if settings.mock else _real(settings)
    try:
        models = Models(settings.default_model, settings.models)
        server = Server(provider.served_by, provider.name, provider.endpoint)
        registry = CollectorRegistry()
        configured = {models.default, *models.by_purpose.values()}
        metrics = CallMetrics(registry, server, lambda model: _label(model, configured, book))
        pricing = Pricing(book, provider.served_by)
        budgets = Budgets(settings.default_budget)
        journal = Journal(writer, server, budgets, keep=settings.keep_content is Content.FULL)
        late = LateOutcomes()
        retries = RetryPolicy(settings.max_attempts)
        bounds = PromptBounds(provider.name)
        means = Means(journal, pricing, bounds, retries, late, [metrics, CallLog(server)])
        completion = Completion(provider, means)
        limits = BudgetServicer(budgets, engine, writer, provider.served_by)
        servicer = GatewayServicer(
            settings, models, provider, completion, pricing, bounds, engine, limits, Callers(engine)
        )
        gauges = BudgetGauges(registry, budgets, engine, provider.served_by)
        async with owning(journal, late, settings.lease_seconds), refreshing(gauges):
            yield Served(
                full_name="attune.gateway.v1.GatewayService",
                register=lambda grpc_server: add_GatewayServiceServicer_to_server(
                    servicer, grpc_server
                ),
                registry=registry,
            )
            await completion.drain()
    finally:
        await provider.close()
        await asyncio.to_thread(writer.close)
        engine.dispose()


def _recordings(settings: GatewaySettings) -> Recordings | None:
    """What is replayed; None: nothing is. Raises StartError."""
    if settings.cassette is None:
        return None
    try:
        found = Recordings.of(read_cassette(settings.cassette))
    except CassetteError as error:
        raise StartError(f"ATTUNE_MOCK_PROFILE: {error}") from error
    except OSError as error:
        told = f"{settings.cassette}: {error.strerror or error}"
        raise StartError(f"ATTUNE_MOCK_PROFILE: {told}") from error
    if not len(found) and not settings.replay_lenient:
        raise StartError(
            f"ATTUNE_MOCK_PROFILE: {settings.cassette}: none of its {found.left_out.total():,} calls has an"
            " answer to replay; a recording needs ATTUNE_KEEP_CONTENT=full and calls that have"
            " ended"
        )
    _log.info("cassette_read", recordings=len(found), left_out=found.left_out.total())
    return found


def _mock(settings: GatewaySettings, recordings: Recordings | None) -> Provider:
    generator = MockProvider(settings.mock_seed, settings.mock_latency_ms / 1e3)
    if recordings is None:
        return generator
    return CassetteProvider(
        recordings,
        fallback=generator if settings.replay_lenient else None,
        recorded_latency=settings.replay_latency,
        quotes=settings.keep_content is Content.FULL,
    )


def _real(settings: GatewaySettings) -> Provider:
    # Imported here: the SDK takes a second to import, which the mock need not pay.
    from services.gateway.provider.openai_provider import OpenAIProvider  # noqa: PLC0415

    key = settings.openai_api_key
    if key is None:
        raise StartError("OPENAI_API_KEY is not set")
    try:
        return OpenAIProvider(
            key.get_secret_value(),
            settings.base_url,
            reasoning_effort=settings.reasoning_effort,
        )
    except ValueError as error:
        raise StartError(str(error)) from error


def _label(model: str, configured: set[str], book: PriceBook) -> str | None:
    """A model's metric label: itself if configured, else the catalogue's own id."""
    return model if model in configured else book.known_model_id(model)
