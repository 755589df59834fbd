"""Children that never get healthy or will not end: told by name, and gone all the same."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli_fakes import serve

from shared.cli import system
from shared.cli.exits import ExitCode, Stop
from shared.cli.system import Blueprint, ServiceDied, Targets, Watchers, Work, run_system
from shared.rpc.settings import ServiceName

STUBBORN = """
import signal, socket, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
test = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
test.sendall(b"here")
signal.pause()
"""
QUIET = Watchers(started=lambda services: None, healthy=lambda service: None, stopping=lambda: None)


def blueprint(folder: Path, *code: str) -> Blueprint:
    """Two services that run `code` and listen nowhere."""

    def command(service: ServiceName) -> list[str]:
        return [sys.executable, "-I", "-S", "-c", *code]

    targets: dict[ServiceName, str] = {"gateway": "127.0.0.1:1", "domain": "127.0.0.1:1"}
    return Blueprint(("gateway", "domain"), targets, os.environ, folder, 0.0, command)


def load() -> Work[None]:
    async def work(targets: Targets) -> None:
        raise AssertionError("the work must not begin")

    return work


@pytest.fixture
async def arrivals() -> AsyncIterator[tuple[int, asyncio.Queue[bytes]]]:
    """A port, and what its visitors say: b"here" when they come, b"" when they are gone."""
    said: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await said.put(await reader.readexactly(4))
        await said.put(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], said


async def test_services_that_do_not_get_healthy_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "START_SECONDS", 0.2)
    with pytest.raises(Stop) as late:
        await run_system(blueprint(tmp_path, "import signal; signal.pause()"), load, QUIET)
    assert late.value.code == ExitCode.UNAVAILABLE
    assert late.value.what == "not healthy within 0 s: gateway, domain"


async def test_a_service_that_ends_while_starting_ends_the_others(tmp_path: Path) -> None:
    with pytest.raises(ServiceDied) as died:
        await run_system(blueprint(tmp_path, "print('no room'); raise SystemExit(3)"), load, QUIET)
    assert died.value.what.endswith("ended with exit code 3; its last line: no room")


async def test_a_start_that_is_given_up_waits_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrivals: tuple[int, asyncio.Queue[bytes]]
) -> None:
    monkeypatch.setattr(system, "STARTING_STOP_SECONDS", 0.1)
    port, said = arrivals
    running = asyncio.create_task(run_system(blueprint(tmp_path, STUBBORN, str(port)), load, QUIET))
    async with asyncio.timeout(30):
        assert [await said.get(), await said.get()] == [b"here", b"here"]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert [await said.get(), await said.get()] == [b"", b""]


async def test_services_that_will_not_end_are_killed_and_that_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arrivals: tuple[int, asyncio.Queue[bytes]],
) -> None:
    monkeypatch.setattr(system, "STOP_SECONDS", 0.1)
    port, said = arrivals

    async def work(targets: Targets) -> str:
        return f"{await said.get()!r} {await said.get()!r}"

    async with asyncio.timeout(30), serve("analyst") as healthy:
        stubborn = replace(
            blueprint(tmp_path, STUBBORN, str(port)),
            targets={"gateway": healthy, "domain": healthy},
        )
        assert await run_system(stubborn, lambda: work, QUIET) == "b'here' b'here'"
        assert [await said.get(), await said.get()] == [b"", b""]
    err = capsys.readouterr().err
    for service in ("gateway", "domain"):
        assert f"attune {service}: did not end within 0.1 s and was killed" in err
