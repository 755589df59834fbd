"""Services of `make test-crash` that are killed and come back.

They are forked from one process that has imported everything, so that a start takes a tenth
of a second and many kills fit into a run; what runs in them is `python -m services.NAME`.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import services.analyst.bootstrap
import services.analyst.settings
import services.director.bootstrap
import services.director.settings
import services.domain.bootstrap
import services.domain.settings
import services.gateway.bootstrap
import services.gateway.settings
from shared.rpc.process import run_service
from shared.rpc.settings import ServiceName

LEASE_SECONDS = 0.5
STOP_SECONDS = 60
_fork = mp.get_context("forkserver")
_fork.set_forkserver_preload(
    [
        "crash_services",
        "services.gateway.provider.openai_provider",
        "httpcore2",
        "genai_prices.data",
    ]
)
os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # the server that forks imports us, too


_BUILD = {
    "gateway": (services.gateway.settings.GatewaySettings, services.gateway.bootstrap.build),
    "domain": (services.domain.settings.DomainSettings, services.domain.bootstrap.build),
    "director": (services.director.settings.DirectorSettings, services.director.bootstrap.build),
    "analyst": (services.analyst.settings.AnalystSettings, services.analyst.bootstrap.build),
}


class Service:
    """One service on a port of its own."""

    def __init__(self, name: ServiceName, folder: Path, port: int, **variables: str) -> None:
        self.name = name
        self.port = port
        self.kills = 0
        self._log = folder / f"{name}-{port}.log"
        self._variables = {
            **variables,
            f"ATTUNE_{name.upper()}_PORT": str(port),
            f"ATTUNE_{name.upper()}_METRICS_PORT": "0",
            "ATTUNE_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._process: ForkServerProcess | None = None

    @property
    def target(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begins; calls fail until it listens."""
        self._process = _fork.Process(target=_serve, args=(self.name, self._variables, self._log))
        self._process.start()

    def kill(self) -> None:
        """At once, wherever it is."""
        process = self._running()
        process.kill()
        process.join()
        self.kills += 1

    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._running().is_alive()

    def stop(self) -> int:
        """As an operator stops it; gives its exit code."""
        process = self._running()
        process.terminate()
        process.join(STOP_SECONDS)
        code = process.exitcode
        if code is None:
            process.kill()
            raise RuntimeError(f"the {self.name} on {self.target} does not stop; see {self._log}")
        return code

    def end(self) -> None:
        """At once, if it runs."""
        if self._process is not None:
            self._process.kill()

    def _running(self) -> ForkServerProcess:
        if self._process is None:
            raise RuntimeError("start it first")
        return self._process


def _serve(name: ServiceName, variables: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    for old in [old for old in os.environ if old.startswith(("ATTUNE_", "OPENAI_"))]:
        del os.environ[old]
    os.environ.update(variables)
    settings, build = _BUILD[name]
    sys.exit(run_service(name, settings, build))
