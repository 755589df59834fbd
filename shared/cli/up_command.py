"""`attune up`: the four services on their ports until a signal ends them."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from shared.cli.exits import ExitCode, Stop
from shared.cli.layout import public
from shared.cli.system import Targets, Watchers, Work, run_system
from shared.rpc.settings import ServiceName, ServiceSettings, read_settings


@dataclass(frozen=True, slots=True)
class Replay:
    """A cassette in the model's place. lenient: the mock answers what it has not.

    recorded_latency: each answer takes as long as it took when it was recorded.
    """

    file: Path
    lenient: bool
    recorded_latency: bool

    def variables(self) -> dict[str, str]:
        """What the services are told. Raises Stop where the file is no cassette."""
        # Imported here: it needs protobuf, which no other start waits for.
        from shared.cassette import CassetteError, read_cassette  # noqa: PLC0415

        try:
            read_cassette(self.file)
        except CassetteError as error:
            raise _no_cassette(str(error)) from error
        except OSError as error:
            raise _no_cassette(f"{self.file}: {error.strerror or error}") from error
        said = {"ATTUNE_MOCK_PROFILE": f"replay:{self.file.absolute()}"}
        if self.lenient:
            said["ATTUNE_REPLAY_LENIENT"] = "true"
        if self.recorded_latency:
            said["ATTUNE_REPLAY_LATENCY"] = "true"
        return said


def _no_cassette(what: str) -> Stop:
    return Stop(
        ExitCode.USAGE,
        f"--replay {what}",
        todo="name a file that was recorded; nothing was started",
    )


async def up(logs: Path, replay: Replay | None = None) -> None:
    """Runs until it is cancelled. Raises SettingsError, ServiceDied, Stop."""
    said = await asyncio.to_thread(replay.variables) if replay is not None else {}
    blueprint, metrics = await asyncio.to_thread(public, read_settings(ServiceSettings), logs)
    blueprint = replace(blueprint, environment={**blueprint.environment, **said})

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
