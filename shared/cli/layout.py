"""Where a system's services listen: on the ports that variables say, or on free ones."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from shared.cli.exits import ExitCode, Stop
from shared.cli.system import Blueprint
from shared.rpc.settings import SERVICE_NAMES, ServiceName, ServiceSettings

LOOPBACK = "127.0.0.1"
PRIVATE_GRACE_SECONDS = 5.0
"""A system of one command has no calls left when the command is done."""

_ANY = {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "[::1]"}  # noqa: S104 compared, not bound


def private(
    services: tuple[ServiceName, ...],
    logs: Path,
    resume: str,
    variables: Mapping[str, str] | None = None,
) -> Blueprint:
    """A system for one command: this machine only, free ports, nothing else changed.

    The ports were free a moment ago; a service that finds its port taken says so. resume: the
    interrupted project that goes on in it, or none. variables: beside those of this process.
    """
    ports = dict(zip(services, _free_ports(LOOPBACK, len(services)), strict=True))
    targets = {service: f"{LOOPBACK}:{port}" for service, port in ports.items()}
    environment = {
        **os.environ,
        "ATTUNE_HOST": LOOPBACK,
        "ATTUNE_SHUTDOWN_GRACE_SECONDS": f"{PRIVATE_GRACE_SECONDS:g}",
        "ATTUNE_RESUME_PROJECTS": resume,
        **(variables or {}),
    }
    for service, port in ports.items():
        environment[f"ATTUNE_{service.upper()}_PORT"] = str(port)
        environment[f"ATTUNE_{service.upper()}_METRICS_PORT"] = "0"
        environment[f"ATTUNE_{service.upper()}_TARGET"] = targets[service]
    return Blueprint(services, targets, environment, logs, PRIVATE_GRACE_SECONDS)


def public(settings: ServiceSettings, logs: Path) -> tuple[Blueprint, str]:
    """The system on the ports that the variables say, and the URL of its metrics.

    The URL has the four ports in braces, as shells and curl read it. Port 0 becomes a free
    one, since callers must know it. Raises Stop when a port is taken: asked before anything
    starts, as the health of a server that is there already would pass for that of ours.
    """
    host = settings.host
    wanted = {
        (service, kind): port
        for service in SERVICE_NAMES
        for kind, port in (
            ("", settings.port(service)),
            ("METRICS_", settings.metrics_port(service)),
        )
    }
    taken = [f"{host}:{port}" for port in wanted.values() if port and not _is_free(host, port)]
    if taken:
        raise Stop(
            ExitCode.CONFIGURATION,
            f"cannot listen on {', '.join(taken)}: is another server there?",
            todo="stop what listens there (another attune up?), or set ATTUNE_*_PORT and"
            " ATTUNE_*_METRICS_PORT to other ports",
        )
    free = iter(_free_ports(host, sum(not port for port in wanted.values())))
    ports = {key: port or next(free) for key, port in wanted.items()}
    near = _ANY.get(host, f"[{host}]" if ":" in host else host)
    targets = {service: f"{near}:{ports[service, '']}" for service in SERVICE_NAMES}
    environment = dict(os.environ)
    for (service, kind), port in ports.items():
        environment[f"ATTUNE_{service.upper()}_{kind}PORT"] = str(port)
    for service, target in targets.items():
        environment.setdefault(f"ATTUNE_{service.upper()}_TARGET", target)
    listed = ",".join(str(ports[service, "METRICS_"]) for service in SERVICE_NAMES)
    metrics = f"http://{near}:{{{listed}}}/metrics"
    grace = settings.shutdown_grace_seconds
    return Blueprint(SERVICE_NAMES, targets, environment, logs, grace), metrics


def _free_ports(host: str, count: int) -> list[int]:
    with ExitStack() as held:  # all held until all are known, so that none comes twice
        sockets = [held.enter_context(_bound(host, 0)) for _ in range(count)]
        return [item.getsockname()[1] for item in sockets]


def _is_free(host: str, port: int) -> bool:
    try:
        _bound(host, port).close()
    except OSError:
        return False
    return True


def _bound(host: str, port: int) -> socket.socket:
    family, kind, number, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, number)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gRPC does
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
