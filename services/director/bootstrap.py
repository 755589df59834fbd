"""Puts the director together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceStub
from attune.director.v1.director_pb2_grpc import add_DirectorServiceServicer_to_server
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from prometheus_client import CollectorRegistry

from services.director.estimating import Estimating
from services.director.planner import Planner
from services.director.projects.belonging import claim
from services.director.projects.books import Books
from services.director.projects.checks import MAX_SECONDS
from services.director.projects.ending import Ending
from services.director.projects.launching import launched
from services.director.projects.metrics import ProjectMetrics
from services.director.projects.projects import Projects
from services.director.projects.run import ProjectRun, Services
from services.director.servicer import DirectorServicer
from services.director.settings import DirectorSettings
from shared.context.templates import TEMPLATES
from shared.rpc.channel import open_channel
from shared.rpc.server import Served
from shared.structured.ask import Asker


@asynccontextmanager
async def build(settings: DirectorSettings) -> AsyncIterator[Served]:
    """Everything that the director needs, freed at the end. Raises StartError."""
    registry = CollectorRegistry()
    async with (
        open_channel("gateway", settings.target("gateway"), settings.bearer) as gateway_channel,
        open_channel("domain", settings.target("domain")) as domain_channel,
        open_channel("analyst", settings.target("analyst")) as analyst_channel,
    ):
        gateway, analyst = GatewayServiceStub(gateway_channel), AnalystServiceStub(analyst_channel)
        domain = DomainServiceStub(domain_channel)
        planner = Planner(domain, analyst, Asker(gateway, "director", registry))
        books = Books(gateway)
        estimating = Estimating(gateway, settings.task_context_tokens, settings.deliverable_tokens)
        services = Services(
            planner,
            analyst,
            Ending(domain, books),
            books,
            settings.task_context_tokens,
            settings.deliverable_tokens,
            ProjectMetrics(registry),
        )
        await claim(settings.projects_database_url, settings.environment)
        versions = {purpose: template.name for purpose, template in TEMPLATES.items()}
        async with launched(
            settings.projects_database_url,
            lambda given, log: ProjectRun(given, services, log),
            settings.resume_projects,
        ) as engine:
            servicer = DirectorServicer(planner, Projects(engine, versions), estimating, books)
            yield Served(
                full_name="attune.director.v1.DirectorService",
                register=lambda server: add_DirectorServiceServicer_to_server(servicer, server),
                registry=registry,
                # A watcher may wait for all of a project.
                seconds={"WatchProject": MAX_SECONDS},
                stopping=engine.send_watchers_away,
            )
