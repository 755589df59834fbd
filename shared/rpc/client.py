"""The typed client for callers in Python: one object, four services, errors as ours."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceStub
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from shared.rpc.channel import open_channel
from shared.rpc.settings import SERVICE_NAMES, ServiceName, ServiceSettings, read_settings

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.analyst.v1.analyst_pb2_grpc import AnalystServiceAsyncStub
    from attune.director.v1.director_pb2_grpc import DirectorServiceAsyncStub
    from attune.domain.v1.domain_pb2_grpc import DomainServiceAsyncStub
    from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceAsyncStub


class AttuneClient:
    """Opens a channel per service and closes them all.

        async with AttuneClient() as client:
            reply = await client.director.CreatePlan(CreatePlanRequest(goal=...), timeout=120)

    targets: HOST:PORT by service; services left out are where the ATTUNE_* variables
    say, else on their default ports of this machine. ATTUNE_GATEWAY_TOKEN is shown to
    the gateway. Calls raise AttuneError (RemoteError
    with the reason that the service gave, Unavailable when it is down).
    """

    gateway: GatewayServiceAsyncStub
    domain: DomainServiceAsyncStub
    director: DirectorServiceAsyncStub
    analyst: AnalystServiceAsyncStub

    def __init__(self, targets: dict[ServiceName, str] | None = None) -> None:
        settings = read_settings(ServiceSettings)
        self.targets: dict[ServiceName, str] = {
            name: (targets or {}).get(name) or settings.target(name) for name in SERVICE_NAMES
        }

        self._bearer = settings.bearer

    async def __aenter__(self) -> Self:
        self.channels = {
            name: open_channel(name, self.targets[name], self._bearer if name == "gateway" else "")
            for name in SERVICE_NAMES
        }
        self.gateway = GatewayServiceStub(self.channels["gateway"])
        self.domain = DomainServiceStub(self.channels["domain"])
        self.director = DirectorServiceStub(self.channels["director"])
        self.analyst = AnalystServiceStub(self.channels["analyst"])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for channel in self.channels.values():
            await channel.close()
