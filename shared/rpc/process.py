"""A service as a process: settings, logs, metrics port, server, signals, exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog
from prometheus_client import start_http_server

from shared.rpc.logs import configure_logs
from shared.rpc.server import PortTaken, Served, serving
from shared.rpc.settings import ServiceName, SettingsError, SettingsT, read_settings

_log = structlog.get_logger()

EXIT_CONFIGURATION = 78
"""EX_CONFIG of sysexits.h: starting again without a change will not help."""


class StartError(Exception):
    """The service cannot start; the message is one line for the operator."""


def run_service(
    name: ServiceName,
    settings_type: type[SettingsT],
    build: Callable[[SettingsT], AbstractAsyncContextManager[Served]],
) -> int:
    """Serves until SIGTERM or SIGINT and gives the process's exit code.

    Whatever keeps it from starting is one line on stderr and a code that is not 0.
    """
    try:
        settings = read_settings(settings_type)
        configure_logs(name, settings.log_level)
        asyncio.run(_serve(name, settings, build))
    except (SettingsError, StartError, PortTaken) as error:
        sys.stderr.write(f"attune {name}: {error}\n")
        return EXIT_CONFIGURATION
    return 0


async def _serve(
    name: ServiceName,
    settings: SettingsT,
    build: Callable[[SettingsT], AbstractAsyncContextManager[Served]],
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with build(settings) as served:
        grace = settings.shutdown_grace_seconds
        async with serving(served, settings.host, settings.port(name), grace=grace) as port:
            metrics_port = settings.metrics_port(name)
            try:
                exporter, thread = start_http_server(
                    metrics_port, settings.host, registry=served.registry
                )
            except OSError as error:
                where = f"{settings.host}:{metrics_port}"
                raise StartError(f"cannot serve metrics on {where}: {error.strerror}") from error
            _log.info("started", port=port, metrics_port=exporter.server_port)
            try:
                await stop.wait()
            finally:
                _log.info("stopping", grace_seconds=grace)
                await asyncio.to_thread(exporter.shutdown)
                exporter.server_close()
                thread.join()
    _log.info("stopped")
