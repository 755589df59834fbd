"""Runs services as child processes: started together, watched, and stopped together.

Each child is owned by one task from its start to its end; when one dies, the task group
stops the others. Nothing heavy is imported here, so that the children start first.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.cli.exits import ExitCode, Stop
from shared.rpc.settings import ServiceName

T = TypeVar("T")
Targets = Mapping[ServiceName, str]
"""HOST:PORT of each service."""

Work = Callable[[Targets], Awaitable[T]]
"""What is done with a system that serves at these targets."""

Load = Callable[[], Work[T]]
"""Imports what the work needs and gives the work; called in a thread while services start."""

START_SECONDS = 180.0
"""The longest that a start may take: about 3 s, the first in a directory ten times that."""

STOP_SECONDS = 10.0
"""Added to a service's own grace before it is killed."""

STARTING_STOP_SECONDS = 1.0
"""What a service gets that is not healthy yet: it has no calls to finish."""

_TAIL_BYTES = 8_192
_ENDED_AS_ASKED = (0, -signal.SIGTERM)  # by SIGTERM itself: before it had a handler for it
_CHILD = Path(__file__).with_name("child.py")


def service_command(service: ServiceName) -> list[str]:
    """`python -m services.NAME`; -P: never from the working directory."""
    return [sys.executable, "-P", "-m", f"services.{service}"]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What to run, and how.

    targets: where each service of `services` says that it is healthy. grace_seconds: what
    a service takes at most to finish its calls; STOP_SECONDS later it is killed.
    """

    services: tuple[ServiceName, ...]
    targets: Targets
    environment: Mapping[str, str]
    logs: Path
    grace_seconds: float
    command: Callable[[ServiceName], list[str]] = service_command

    def log(self, service: ServiceName) -> Path:
        """Where a service's stderr goes: JSON lines."""
        return self.logs / f"{service}.log"


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who hears of it: `started` once all run, `healthy` as each says so, `stopping` once."""

    started: Callable[[tuple[ServiceName, ...]], None]
    healthy: Callable[[ServiceName], None]
    stopping: Callable[[], None]


class ServiceDied(Stop):
    """A service ended though nobody asked it to."""

    def __init__(self, service: ServiceName, returncode: int, last_line: str, log: Path) -> None:
        own = f"attune {service}: "
        if last_line.startswith(own):  # the service's own line for the operator
            what = last_line
        else:
            said = f"; its last line: {last_line}" if last_line else ""
            what = f"{own}ended with {_ending(returncode)}{said}"
        configuration = returncode == ExitCode.CONFIGURATION
        code = ExitCode.CONFIGURATION if configuration else ExitCode.UNAVAILABLE
        super().__init__(code, what, facts=[("log", str(log))])
        self.port_taken = configuration and "cannot listen on" in last_line


async def run_system(blueprint: Blueprint, load: Load[T], watchers: Watchers) -> T:
    """Starts the services, does the work once all are healthy, stops them, gives its result.

    Raises ServiceDied when one ends by itself, Stop when one cannot be started or does not
    become healthy, and what the work raises. However it ends, no child is left.
    """
    waiting = set(blueprint.services)
    try:
        async with asyncio.TaskGroup() as group:
            owners = [
                group.create_task(_own(blueprint, name, waiting)) for name in blueprint.services
            ]
            try:
                until_serving = await asyncio.to_thread(_import_health)
                loading = group.create_task(asyncio.to_thread(load))
                await _until_healthy(blueprint, until_serving, waiting, watchers)
                work = await loading
                return await work(blueprint.targets)
            finally:
                watchers.stopping()
                for owner in owners:
                    owner.cancel()
    except BaseExceptionGroup as failed:
        raise _cause(failed) from failed


def _cause(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """A child's death explains what else failed; the rest follows from it."""
    flat = list(_flattened(failed))
    return next((error for error in flat if isinstance(error, ServiceDied)), flat[0])


def _flattened(failed: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    flat: list[BaseException] = []
    for error in failed.exceptions:
        flat += _flattened(error) if isinstance(error, BaseExceptionGroup) else [error]
    return flat


async def _own(blueprint: Blueprint, service: ServiceName, waiting: set[ServiceName]) -> None:
    """One child from its start to its end; waiting: services that are not healthy yet.

    Cancelling this stops the child.
    """
    log = blueprint.log(service)
    begin, process = await _start(blueprint, service, log)
    try:
        await process.wait()
    except asyncio.CancelledError:
        serves = service not in waiting
        bound = blueprint.grace_seconds + STOP_SECONDS if serves else STARTING_STOP_SECONDS
        killed = await _end(process, bound)
        if killed and serves:
            sys.stderr.write(f"attune {service}: did not end within {bound:g} s and was killed\n")
        if killed or process.returncode in _ENDED_AS_ASKED:
            raise
    reading = asyncio.ensure_future(asyncio.to_thread(_last_line, log, begin))
    try:
        line = await asyncio.shield(reading)
    except asyncio.CancelledError:  # what else failed must not hide that this one died
        line = await reading
    raise ServiceDied(service, process.returncode or 0, line, log)


async def _start(blueprint: Blueprint, service: ServiceName, log: Path) -> tuple[int, Process]:
    """The running child, and where in the log its lines begin."""
    try:
        output = await asyncio.to_thread(_open_log, log)
    except OSError as error:
        raise Stop(
            ExitCode.CONFIGURATION,
            f"cannot write the log {log}: {error.strerror}",
            todo="run this where you may write, or name another directory with --logs (attune up)",
        ) from error
    try:
        begin = os.fstat(output).st_size
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_CHILD), str(os.getpid())),
            *blueprint.command(service),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(blueprint.environment),
            process_group=0,  # Ctrl-C is for the command, which stops its children in order
        )
    finally:
        os.close(output)
    return begin, process


def _open_log(log: Path) -> int:
    """Opens a log for appending; empties it unless a running service still writes there."""
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    with suppress(BlockingIOError):
        # The child inherits the lock with the open file and holds it while it lives.
        fcntl.flock(output, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(output, 0)
    return output


def _last_line(log: Path, begin: int) -> str:
    """The last line that is not blank, of what was written after `begin`."""
    with log.open("rb") as written:
        size = written.seek(0, os.SEEK_END)
        written.seek(max(begin, size - _TAIL_BYTES))
        lines = written.read().decode("utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


async def _end(process: Process, bound: float) -> bool:
    """SIGTERM, and SIGKILL when that does not end it within `bound` seconds.

    Cancelling this kills at once. Gives whether it had to kill.
    """
    _signal(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(bound):
            await process.wait()
    except TimeoutError:
        return True
    finally:
        if process.returncode is None:
            _signal(process, signal.SIGKILL)
            await process.wait()
    return False


def _signal(process: Process, number: int) -> None:
    # Not process.send_signal: it polls, and what it reaps asyncio's own watcher misses.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _ending(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    return f"signal {signal.Signals(-returncode).name}"


async def _until_healthy(
    blueprint: Blueprint,
    until_serving: Callable[[str], Awaitable[None]],
    waiting: set[ServiceName],
    watchers: Watchers,
) -> None:
    """Returns when `waiting` is empty; takes each service out of it as it gets healthy."""
    watchers.started(blueprint.services)

    async def wait(service: ServiceName) -> None:
        await until_serving(blueprint.targets[service])
        waiting.remove(service)
        watchers.healthy(service)

    try:
        async with asyncio.timeout(START_SECONDS), asyncio.TaskGroup() as group:
            for service in blueprint.services:
                group.create_task(wait(service))
    except TimeoutError as error:
        late = ", ".join(service for service in blueprint.services if service in waiting)
        raise Stop(
            ExitCode.UNAVAILABLE,
            f"not healthy within {START_SECONDS:.0f} s: {late}",
            facts=[("logs", f"{blueprint.logs}/")],
        ) from error


def _import_health() -> Callable[[str], Awaitable[None]]:
    # gRPC takes 0.1 s to import, which passes while the children start.
    from shared.cli.health import until_serving  # noqa: PLC0415

    return until_serving
