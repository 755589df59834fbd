"""Asks the gateway who serves the calls, before anything is spent."""

from __future__ import annotations

from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from grpc.aio import Channel

from shared.cli.cost_view import SERVED_BY
from shared.cli.exits import ExitCode, Stop
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.channel import open_channel
from shared.rpc.errors import AttuneError
from shared.rpc.settings import ServiceSettings, read_settings

_ASK_SECONDS = 5.0


def open_gateway(targets: Targets) -> Channel:
    """A channel to the gateway, for the caller that ATTUNE_GATEWAY_TOKEN names."""
    return open_channel("gateway", targets["gateway"], read_settings(ServiceSettings).bearer)


async def describe(targets: Targets) -> pb.DescribeProviderResponse:
    """What the gateway says of its provider. Raises AttuneError."""
    async with open_gateway(targets) as channel:
        return await GatewayServiceStub(channel).DescribeProvider(
            pb.DescribeProviderRequest(), timeout=_ASK_SECONDS
        )


async def describe_or_none(targets: Targets) -> pb.DescribeProviderResponse | None:
    """The same for what is nice to know; None when the gateway cannot be asked."""
    try:
        return await describe(targets)
    except AttuneError:
        return None


async def expect(wanted: Wanted, targets: Targets) -> None:
    """Raises Stop, before anything is spent, when the gateway is not what --expect says."""
    if wanted.expect is not None:
        provider = await describe(targets)
        check_served_by(wanted, provider.served_by, "the gateway is", "nothing was spent")


def check_served_by(
    wanted: Wanted, served_by: pb.ServedBy.ValueType, subject: str, spent: str
) -> None:
    """Raises Stop when `served_by` is not what --expect says."""
    found = SERVED_BY.get(served_by, str(served_by))
    if wanted.expect in (None, found):
        return
    switch = f"USE_MOCK_AI_PROVIDER={'true' if wanted.expect == 'mock' else 'false'}"
    if served_by == pb.SERVED_BY_CASSETTE:
        found = "a cassette, which is neither mock nor real"
        switch += " and without ATTUNE_MOCK_PROFILE"
    raise Stop(
        ExitCode.EXPECTATION,
        f"--expect {wanted.expect}, but {subject} {found}; {spent}",
        todo=f"start the gateway with {switch}, or name another with --target gateway=HOST:PORT",
    )


def provider_text(provider: pb.DescribeProviderResponse) -> str:
    """Who answers, and whether that costs money, in a few words."""
    if provider.served_by == pb.SERVED_BY_MOCK:
        return "answers come from the mock, nothing is spent"
    if provider.served_by == pb.SERVED_BY_CASSETTE:
        return f"answers come from the cassette {provider.endpoint}, nothing is spent"
    return f"answers come from {provider.default_model} at {provider.endpoint}, and cost money"
