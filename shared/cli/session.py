"""Finds the system that a command talks to: named, running, or one of the command's own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from shared.cli.exits import ExitCode
from shared.cli.layout import private
from shared.cli.progress import Progress
from shared.cli.system import Load, ServiceDied, Targets, Watchers, run_system
from shared.cli.wanted import Wanted
from shared.rpc.settings import SERVICE_NAMES, ServiceName, ServiceSettings, read_settings

T = TypeVar("T")
LOGS = Path(".attune/logs")
PORT_TRIES = 3
_REFUSED_SECONDS = 0.3
_LOGS_HELP = (ExitCode.UNEXPECTED, ExitCode.UNAVAILABLE)


class Command(Protocol):
    """What a command does with a system."""

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Asks, and prints the result on stdout."""


async def do(wanted: Wanted, needs: tuple[ServiceName, ...], load: Callable[[], Command]) -> None:
    """Does a command with a system that serves `needs`.

    load: imports the command's parts and gives it. Raises as with_system does.
    """
    with Progress() as progress:
        await with_system(wanted, needs, lambda: partial(load().run, wanted, progress), progress)


async def with_system(
    wanted: Wanted, needs: tuple[ServiceName, ...], load: Load[T], progress: Progress
) -> T:
    """Does the work with a system that serves `needs`, and gives its result.

    Raises SettingsError, Stop, and what the work raises.
    """
    settings = read_settings(ServiceSettings)
    targets = {name: wanted.targets.get(name) or settings.target(name) for name in SERVICE_NAMES}
    if wanted.targets or await _all_serve(targets):
        work = await asyncio.to_thread(load)
        return await work(targets)
    return await _with_private(needs, load, progress, wanted.resume)


def is_private(wanted: Wanted, targets: Targets) -> bool:
    """Whether the system at `targets` is the command's own, and ends with it."""
    there = wanted.targets.get("director") or read_settings(ServiceSettings).target("director")
    return targets["director"] != there


async def _all_serve(targets: Targets) -> bool:
    """Whether a whole system serves at `targets`; takes no time where nothing listens."""
    if not all(await asyncio.gather(*(_listens(target) for target in targets.values()))):
        return False
    # Imported here: most commands find nothing, and need gRPC only after their own start.
    from shared.cli.health import serve_now  # noqa: PLC0415

    return await serve_now(targets.values())


async def _listens(target: str) -> bool:
    host, _, port = target.rpartition(":")
    try:
        async with asyncio.timeout(_REFUSED_SECONDS):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _with_private(
    needs: tuple[ServiceName, ...], load: Load[T], progress: Progress, resume: str
) -> T:
    """The work with a system of its own. Its logs are kept where they can explain a failure."""
    logs = LOGS / f"run-{os.getpid()}"
    try:
        result = await _on_free_ports(needs, load, progress, logs, resume)
    except (asyncio.CancelledError, BrokenPipeError):
        await _forget(logs)
        raise
    except Exception as error:
        from shared.cli.errors_view import explain  # noqa: PLC0415 it needs gRPC

        stop = explain(error)
        stop.facts = [fact for fact in stop.facts if fact[0] != "log"]
        if stop.code in _LOGS_HELP:
            stop.facts.append(("logs", f"{logs}/"))
        else:
            await _forget(logs)
        raise stop from error
    await _forget(logs)
    return result


async def _on_free_ports(
    needs: tuple[ServiceName, ...], load: Load[T], progress: Progress, logs: Path, resume: str
) -> T:
    watchers = Watchers(progress.starting, progress.healthy, progress.stopping)
    for tries_left in reversed(range(PORT_TRIES)):
        blueprint = private(needs, logs, resume)
        try:
            return await run_system(blueprint, load, watchers)
        except ServiceDied as died:
            if not (died.port_taken and tries_left):
                raise
    raise AssertionError("the last try returns or raises")


async def _forget(logs: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, logs, ignore_errors=True)
