"""Puts the domain service together; the embeddings load before it serves."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attune.domain.v1.domain_pb2_grpc import add_DomainServiceServicer_to_server
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from prometheus_client import CollectorRegistry

from services.domain.classifier import Classifier
from services.domain.fields import FieldDataError
from services.domain.leakage.lexicon import LexiconError
from services.domain.leakage.measure import LeakageMeter
from services.domain.leakage.service import LeakageService
from services.domain.metrics import LeakageMetrics
from services.domain.servicer import DomainServicer
from services.domain.settings import DomainSettings
from services.domain.shortlist import Shortlist
from shared.rpc.channel import open_channel
from shared.rpc.process import StartError
from shared.rpc.server import Served
from shared.structured.ask import Asker


@asynccontextmanager
async def build(settings: DomainSettings) -> AsyncIterator[Served]:
    """Everything that the domain service needs, freed at the end."""
    registry = CollectorRegistry()
    gc.disable()  # what is loaded stays: to look through it for garbage only takes time
    try:
        shortlist = await asyncio.to_thread(Shortlist.load, settings.cache_dir)
        meter = await asyncio.to_thread(LeakageMeter, shortlist)
    except (FieldDataError, LexiconError) as error:
        raise StartError(str(error)) from error
    finally:
        gc.freeze()
        gc.enable()
    async with open_channel("gateway", settings.target("gateway"), settings.bearer) as gateway:
        asker = Asker(GatewayServiceStub(gateway), "domain", registry)
        metrics = LeakageMetrics(registry, {field.slug for field in shortlist.fields})
        servicer = DomainServicer(
            Classifier(shortlist, asker, meter.foreign_words),
            LeakageService(meter, shortlist, metrics),
        )
        yield Served(
            full_name="attune.domain.v1.DomainService",
            register=lambda server: add_DomainServiceServicer_to_server(servicer, server),
            registry=registry,
        )
