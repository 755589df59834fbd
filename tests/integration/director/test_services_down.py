"""A service that is needed and down is named, within the deadline."""

from __future__ import annotations

import grpc
import pytest
from attune.director.v1.director_pb2 import CreatePlanRequest
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from attune.domain.v1.domain_pb2 import ClassifyDomainResponse, DomainProfile
from attune.domain.v1.domain_pb2_grpc import (
    DomainServiceServicer,
    add_DomainServiceServicer_to_server,
)
from prometheus_client import CollectorRegistry

from services.director.bootstrap import build
from services.director.settings import DirectorSettings
from shared.rpc.channel import open_channel
from shared.rpc.errors import RemoteError
from shared.rpc.server import Served, serving

NOBODY = "127.0.0.1:1"


class Domain(DomainServiceServicer):
    async def ClassifyDomain(self, request, context):  # noqa: N802
        return ClassifyDomainResponse(profile=DomainProfile(domain="baking"))


async def refusal(**targets: str) -> RemoteError:
    settings = DirectorSettings(**{f"{name}_target": target for name, target in targets.items()})
    async with (
        build(settings) as served,
        serving(served, "127.0.0.1", 0, grace=1) as port,
        open_channel("director", f"127.0.0.1:{port}") as channel,
    ):
        with pytest.raises(RemoteError) as raised:
            await DirectorServiceStub(channel).CreatePlan(
                CreatePlanRequest(goal="Bake bread"), timeout=5
            )
    return raised.value


async def test_a_domain_service_that_is_down_is_named() -> None:
    error = await refusal(domain=NOBODY, analyst=NOBODY, gateway=NOBODY)
    assert error.code is grpc.StatusCode.UNAVAILABLE
    assert (error.reason, error.metadata["service"]) == ("SERVICE_UNAVAILABLE", "domain")


async def test_a_gateway_that_is_down_is_named() -> None:
    registered = Served(
        "attune.domain.v1.DomainService",
        lambda server: add_DomainServiceServicer_to_server(Domain(), server),
        CollectorRegistry(),
    )
    async with serving(registered, "127.0.0.1", 0, grace=1) as port:
        error = await refusal(domain=f"127.0.0.1:{port}", analyst=NOBODY, gateway=NOBODY)
    assert error.code is grpc.StatusCode.UNAVAILABLE
    assert error.metadata["service"] == "gateway"
