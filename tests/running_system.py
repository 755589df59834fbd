"""Starts the four services as users do, with `attune up`, on ports and files of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from shared.rpc.settings import SERVICE_NAMES, ServiceName

ATTUNE = Path(sys.executable).parent / "attune"
START_SECONDS = 180


@dataclass(frozen=True)
class RunningSystem:
    """Where a running system is. logs: a file of JSON lines per service."""

    ports: dict[ServiceName, int]
    metrics_ports: dict[ServiceName, int]
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def targets(self) -> dict[ServiceName, str]:
        return {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}

    def log_lines(self, event: str) -> Iterator[dict[str, Any]]:
        """Lines of one event from the logs of all services."""
        for path in sorted((self.folder / "logs").glob("*.log")):
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if entry.get("event") == event:
                    yield entry


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def running_system(folder: Path, **variables: str) -> Iterator[RunningSystem]:
    """A system that is healthy when the block begins and gone when it has ended."""
    found = free_ports(2 * len(SERVICE_NAMES))
    ports = dict(zip(SERVICE_NAMES, found, strict=False))
    metrics = dict(zip(SERVICE_NAMES, found[len(SERVICE_NAMES) :], strict=True))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ATTUNE_")},
        **{f"ATTUNE_{name.upper()}_PORT": str(port) for name, port in ports.items()},
        **{f"ATTUNE_{name.upper()}_METRICS_PORT": str(port) for name, port in metrics.items()},
        "ATTUNE_DATABASE_URL": f"sqlite:///{folder}/gateway.db",
        "ATTUNE_PROJECTS_DATABASE_URL": f"sqlite:///{folder}/projects.db",
        **variables,
    }
    with (folder / "up.txt").open("wb") as said:
        process = subprocess.Popen(
            [ATTUNE, "up", "--logs", str(folder / "logs")],
            cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
    try:
        for port in ports.values():
            _wait_for(port, process, folder / "up.txt")
        yield RunningSystem(ports, metrics, folder, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=START_SECONDS)


def _wait_for(port: int, process: subprocess.Popen[bytes], said: Path) -> None:
    """Returns when the port answers; services listen only once they can serve."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ready = grpc.channel_ready_future(channel)
        for _ in range(START_SECONDS):
            try:
                ready.result(timeout=1)
                return
            except grpc.FutureTimeoutError:
                if process.poll() is not None:
                    raise RuntimeError(f"it ended while starting: {said.read_text()}") from None
    raise RuntimeError(f"no service on port {port} after {START_SECONDS} s")
