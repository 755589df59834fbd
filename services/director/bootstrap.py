"""Puts the director together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceStub
from attune.director.v1.director_pb2_grpc import add_DirectorServiceServicer_to_server
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from prometheus_client import CollectorRegistry

from services.director.planner import Planner
from services.director.servicer import DirectorServicer
from services.director.settings import DirectorSettings
from shared.rpc.channel import open_channel
from shared.rpc.server import Served
from shared.structured.ask import Asker


@asynccontextmanager
async def build(settings: DirectorSettings) -> AsyncIterator[Served]:
    """Everything that the director needs, freed at the end."""
    registry = CollectorRegistry()
    async with (
        open_channel("gateway", settings.target("gateway"), settings.bearer) as gateway,
        open_channel("domain", settings.target("domain")) as domain,
        open_channel("analyst", settings.target("analyst")) as analyst,
    ):
        asker = Asker(GatewayServiceStub(gateway), "director", registry)
        planner = Planner(DomainServiceStub(domain), AnalystServiceStub(analyst), asker)
        # What the servicer leaves out answers UNIMPLEMENTED from the generated base.
        servicer = DirectorServicer(planner)  # type: ignore[abstract]
        yield Served(
            full_name="attune.director.v1.DirectorService",
            register=lambda server: add_DirectorServiceServicer_to_server(servicer, server),
            registry=registry,
        )
