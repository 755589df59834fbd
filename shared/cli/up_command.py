"""`attune up`: the four services on their ports until a signal ends them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from shared.cli.layout import public
from shared.cli.system import Targets, Watchers, Work, run_system
from shared.rpc.settings import ServiceName, ServiceSettings, read_settings


async def up(logs: Path) -> None:
    """Runs until it is cancelled. Raises SettingsError, ServiceDied, Stop."""
    blueprint, metrics = await asyncio.to_thread(public, read_settings(ServiceSettings), logs)

    def started(services: tuple[ServiceName, ...]) -> None:
        _tell(f"Starting {', '.join(services)}; Ctrl-C stops them.")

    def healthy(service: ServiceName) -> None:
        _say(f"{service:<8}  healthy  {blueprint.targets[service]}")

    def load() -> Work[None]:
        # Imported here: it needs gRPC, which passes while the services start.
        from shared.cli.gateway_call import describe, provider_text  # noqa: PLC0415

        async def serve(targets: Targets) -> None:
            who = provider_text(await describe(targets))
            _say(
                f'Ready: attune run "YOUR GOAL" in another terminal uses it ({who}).'
                f" Metrics: {metrics}. Logs: {logs}/"
            )
            await asyncio.Event().wait()

        return serve

    watchers = Watchers(started, healthy, stopping=lambda: _tell("Stopping; calls may finish."))
    await run_system(blueprint, load, watchers)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tell(line: str) -> None:
    """What only someone who watches wants to know."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
