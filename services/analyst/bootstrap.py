"""Puts the analyst together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attune.analyst.v1.analyst_pb2_grpc import add_AnalystServiceServicer_to_server
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from prometheus_client import CollectorRegistry

from services.analyst.goal_analysis import GoalAnalysis
from services.analyst.performing import Performing
from services.analyst.reviewing import Reviewing
from services.analyst.rewording import Rewording
from services.analyst.servicer import AnalystServicer
from services.analyst.settings import AnalystSettings
from shared.rpc.channel import open_channel
from shared.rpc.server import Served
from shared.structured.ask import Asker


@asynccontextmanager
async def build(settings: AnalystSettings) -> AsyncIterator[Served]:
    """Everything that the analyst needs, freed at the end."""
    registry = CollectorRegistry()
    async with open_channel("gateway", settings.target("gateway"), settings.bearer) as gateway:
        asker = Asker(GatewayServiceStub(gateway), "analyst", registry)
        servicer = AnalystServicer(
            GoalAnalysis(asker), Rewording(asker), Performing(asker), Reviewing(asker)
        )
        yield Served(
            full_name="attune.analyst.v1.AnalystService",
            register=lambda server: add_AnalystServiceServicer_to_server(servicer, server),
            registry=registry,
        )
