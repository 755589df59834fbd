"""A gRPC server as every service has it: health, reflection, errors, graceful end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry

from shared.rpc.channel import MAX_MESSAGE_BYTES
from shared.rpc.interceptor import ServerMetrics, ServingInterceptor

SERVER_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.so_reuseport", 0),  # a taken port must be an error, not a second server on it
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
)


class PortTaken(Exception):
    """The address cannot be listened on; the message says which."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a service puts on its server.

    full_name: as in the proto, for health and reflection. register: adds the servicer.
    registry: where its metrics are. seconds: by method ("Watch"), for calls that come without a
    deadline; others have deadline.DEFAULT_SECONDS. stopping: ends what would outlast the grace.
    """

    full_name: str
    register: Callable[[grpc.aio.Server], None]
    registry: CollectorRegistry
    seconds: Mapping[str, float] = field(default_factory=dict)
    stopping: Callable[[], None] = lambda: None


@asynccontextmanager
async def serving(served: Served, host: str, port: int, *, grace: float) -> AsyncIterator[int]:
    """Serves until the block ends; gives the port (of use when `port` is 0).

    At the end health goes NOT_SERVING, new calls are refused, and calls in flight have
    `grace` seconds to finish. Raises PortTaken.
    """
    interceptor = ServingInterceptor(ServerMetrics(served.registry), served.seconds)
    server = grpc.aio.server(interceptors=[interceptor], options=SERVER_OPTIONS)
    served.register(server)
    watch = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(watch, server)
    reflection.enable_server_reflection(
        (served.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME), server
    )
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise PortTaken(f"cannot listen on {host}:{port}: is another server there?") from error
    await server.start()
    for name in ("", served.full_name):
        await watch.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        yield bound
    finally:
        await watch.enter_graceful_shutdown()
        served.stopping()
        await server.stop(grace)
