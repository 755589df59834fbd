"""Asks services whether they serve, by gRPC's own health protocol and its own waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

CHECK_SECONDS = 2.0
"""How long a service that accepts connections has to say that it serves."""

_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 100),  # a service that starts is asked every 0.1 s
)


async def until_serving(target: str) -> None:
    """Returns as soon as the service at `target` says SERVING; waits for it to be there."""
    async with grpc.aio.insecure_channel(target, options=_OPTIONS) as channel:
        stub: Any = HealthStub(channel)
        while True:
            try:
                async for reply in stub.Watch(HealthCheckRequest(), wait_for_ready=True):
                    if reply.status == HealthCheckResponse.SERVING:
                        return
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise


async def serve_now(targets: Iterable[str]) -> bool:
    """Whether every one of `targets` says SERVING within CHECK_SECONDS."""
    return all(await asyncio.gather(*(_serves(target) for target in targets)))


async def _serves(target: str) -> bool:
    async with grpc.aio.insecure_channel(target) as channel:
        stub: Any = HealthStub(channel)
        try:
            reply = await stub.Check(HealthCheckRequest(), timeout=CHECK_SECONDS)
        except grpc.aio.AioRpcError:
            return False
    return bool(reply.status == HealthCheckResponse.SERVING)
