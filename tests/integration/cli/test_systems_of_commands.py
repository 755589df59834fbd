"""Systems that commands start: they serve, they fail readably, and nothing of them stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from attune.gateway.v1 import gateway_pb2
from cli_fakes import FakeGateway, install, processes_with
from google.protobuf import json_format
from running_system import free_ports

from shared.cli.exits import ExitCode
from shared.cli.system import _open_log
from shared.rpc.settings import SERVICE_NAMES

ATTUNE = Path(sys.executable).parent / "attune"


class Place:
    """A working directory and variables, with fakes as the services."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"mark-{uuid.uuid4()}"
        self.work = folder / "work"
        self.work.mkdir()
        self.variables = {
            **install(folder / "fakes"),
            "ATTUNE_TEST": self.mark,
            "ATTUNE_GATEWAY_TARGET": "127.0.0.1:1",  # nothing runs unless a test says so
        }

    async def start(self, *arguments: str, **variables: str) -> Process:
        return await asyncio.create_subprocess_exec(
            ATTUNE, *arguments, stdout=PIPE, stderr=PIPE, cwd=self.work,
            env=self.variables | variables,
        )  # fmt: skip

    async def attune(self, *arguments: str, **variables: str) -> tuple[int | None, str, str]:
        process = await self.start(*arguments, **variables)
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    def left(self) -> list[str]:
        """Command lines of processes that a command of this test has left behind."""
        return processes_with(self.mark)

    def logs(self) -> list[Path]:
        return sorted((self.work / ".attune/logs").glob("*"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


class Held:
    """What a service that holds a call tells the test, line by line; b"" when it is gone."""

    def __init__(self) -> None:
        self.port = 0
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def line(self) -> bytes:
        async with asyncio.timeout(30):
            return await self._heard.get()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Held]:
        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                await self._heard.put(line)
            writer.close()
            await self._heard.put(b"")

        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            yield self


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    async with Held().listening() as listening:
        yield listening


async def test_a_plan_is_made_by_a_system_of_its_own_that_leaves_nothing(place: Place) -> None:
    code, out, err = await place.attune("plan", "Train", "--json", "--expect", "mock")
    assert (code, err) == (0, "")
    assert json.loads(out)["goal"] == "Train"
    assert place.left() == []
    assert place.logs() == []


async def test_only_the_services_that_a_command_needs_are_started(place: Place) -> None:
    code, out, _ = await place.attune("spend", "--json", FAKE_DOMAIN="says=was started")
    assert code == 0
    assert json_format.Parse(out, gateway_pb2.GetSpendResponse()) == FakeGateway().spend


async def test_a_service_that_cannot_start_is_heard_in_its_own_line(place: Place) -> None:
    line = "attune gateway: USE_MOCK_AI_PROVIDER is unset; it must be set to false"
    code, out, err = await place.attune("spend", FAKE_GATEWAY=f"says={line}")
    assert (code, out, err) == (ExitCode.CONFIGURATION, "", f"{line}\n")
    assert place.left() == []
    assert place.logs() == []


async def test_a_fault_in_the_variables_is_told_before_anything_starts(place: Place) -> None:
    code, out, err = await place.attune("spend", ATTUNE_GATEWAY_PORT="many")
    assert (code, out) == (ExitCode.CONFIGURATION, "")
    assert "ATTUNE_GATEWAY_PORT" in err
    assert not (place.work / ".attune").exists()


async def test_a_port_that_was_taken_meanwhile_is_replaced_by_another(place: Place) -> None:
    flag = place.work / "first-try-is-over"
    code, _, err = await place.attune("spend", "--json", FAKE_GATEWAY=f"port-taken-until={flag}")
    assert (code, err) == (0, "")
    assert flag.exists()


async def test_a_service_that_dies_is_the_reason_given_and_its_log_is_kept(place: Place) -> None:
    code, out, err = await place.attune("spend", FAKE_GATEWAY="dies-when-asked")
    assert (code, out) == (ExitCode.UNAVAILABLE, "")
    assert err.startswith("attune gateway: ended with signal SIGKILL; its last line: ")
    (kept,) = place.logs()
    assert str(kept.relative_to(place.work)) in err
    assert json.loads((kept / "gateway.log").read_text()) == {"event": "started"}
    assert place.left() == []


async def test_ctrl_c_stops_the_services_too(place: Place, held: Held) -> None:
    process = await place.start("spend", FAKE_GATEWAY=f"holds={held.port}")
    assert await held.line() == b"asked\n"
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, b"")
    assert err == b"attune spend: stopped by SIGINT\n"
    assert place.left() == []
    assert place.logs() == []


async def test_a_second_signal_does_not_wait_for_a_service_that_will_not_end(
    place: Place, held: Held
) -> None:
    process = await place.start("spend", FAKE_GATEWAY=f"holds-on={held.port}")
    assert await held.line() == b"asked\n"
    process.send_signal(signal.SIGTERM)
    assert await held.line() == b"SIGTERM\n"
    assert process.returncode is None
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 143
    assert place.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child")
async def test_services_do_not_outlive_a_command_that_was_killed(place: Place, held: Held) -> None:
    process = await place.start("spend", FAKE_GATEWAY=f"holds={held.port}")
    assert await held.line() == b"asked\n"
    process.kill()
    await process.communicate()
    assert await held.line() == b""  # its end of the connection is closed


async def until_ready(up: Process) -> list[str]:
    """What `attune up` says until it is ready."""
    assert up.stdout is not None
    lines: list[str] = []
    while not (lines and lines[-1].startswith("Ready")):
        line = await up.stdout.readline()
        assert line, lines
        lines.append(line.decode().rstrip("\n"))
    return lines


def pid_of_child(up: Process, name: str) -> int:
    pids = Path(f"/proc/{up.pid}/task/{up.pid}/children").read_text().split()
    (pid,) = [pid for pid in pids if name in Path(f"/proc/{pid}/cmdline").read_text()]
    return int(pid)


@pytest.fixture
def ports(place: Place) -> list[int]:
    """Ports of a system that others may find; metrics ports after the services' own."""
    found = free_ports(2 * len(SERVICE_NAMES))
    del place.variables["ATTUNE_GATEWAY_TARGET"]
    kinds = [
        f"{name.upper()}_{kind}" for kind in ("PORT", "METRICS_PORT") for name in SERVICE_NAMES
    ]
    place.variables |= {
        f"ATTUNE_{kind}": str(port) for kind, port in zip(kinds, found, strict=True)
    }
    return found


async def test_up_serves_other_commands_until_it_is_stopped(place: Place, ports: list[int]) -> None:
    up = await place.start("up", "--logs", "elsewhere")
    lines = await until_ready(up)
    healthy = {
        f"{name:<8}  healthy  127.0.0.1:{port}"
        for name, port in zip(SERVICE_NAMES, ports[:4], strict=True)
    }
    assert set(lines[:-1]) == healthy
    assert "nothing is spent" in lines[-1]
    assert f"http://127.0.0.1:{{{','.join(map(str, ports[4:]))}}}/metrics" in lines[-1]

    code, out, _ = await place.attune("spend", "--json")
    assert (code, json.loads(out)["total"]["calls"]) == (0, "9")
    assert place.logs() == []  # no system of its own

    code, out, err = await place.attune("up")
    assert (code, out) == (ExitCode.CONFIGURATION, "")
    first = err.splitlines()[0]
    assert first.startswith(f"attune up: cannot listen on 127.0.0.1:{ports[0]}, ")

    up.send_signal(signal.SIGTERM)
    out, err = await up.communicate()
    assert (up.returncode, out, err) == (0, b"", b"attune up: stopped\n")
    assert place.left() == []
    for name in SERVICE_NAMES:
        log = place.work / "elsewhere" / f"{name}.log"
        assert json.loads(log.read_text().splitlines()[0])["event"] == "started"


async def test_up_ends_with_the_service_that_died_and_stops_the_others(
    place: Place, ports: list[int]
) -> None:
    up = await place.start("up")
    await until_ready(up)
    os.kill(pid_of_child(up, "services.domain"), signal.SIGKILL)
    _, err = await up.communicate()
    assert up.returncode == ExitCode.UNAVAILABLE
    assert err.decode().startswith("attune domain: ended with signal SIGKILL")
    assert "log" in err.decode()
    assert place.left() == []


async def test_logs_that_cannot_be_written_are_told(place: Place, ports: list[int]) -> None:
    code, out, err = await place.attune("up", "--logs", "/proc/none")
    assert (code, out) == (ExitCode.CONFIGURATION, "")
    assert "cannot write the log /proc/none/" in err
    assert place.left() == []


def test_a_log_is_emptied_at_a_start_but_never_under_a_running_service(tmp_path: Path) -> None:
    log = tmp_path / "logs/gateway.log"
    with ExitStack() as opened:
        running = _open_log(log)
        opened.callback(os.close, running)
        os.write(running, b"line\n")
        os.close(_open_log(log))
        assert log.read_bytes() == b"line\n"
    os.close(_open_log(log))
    assert log.read_bytes() == b""


async def test_ctrl_c_leaves_the_project_of_a_system_of_its_own_standing_still(
    place: Place,
) -> None:
    process = await place.start(
        "run", "Train", "--project-id", "p-7", FAKE_DIRECTOR="holds-after=9"
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            while b"started" not in (await process.stderr.readline()):
                pass
    finally:
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, out) == (ExitCode.INTERRUPTED, b"")
    assert "stands still now" in err.decode()
    assert "attune watch p-7 " in err.decode()
    assert place.left() == []


async def test_a_system_of_its_own_goes_on_with_the_named_project_only(place: Place) -> None:
    code, out, err = await place.attune("run", "Train", "--project-id", "p-7", "--json")
    assert (code, json.loads(out)["degraded"]) == (0, ["goes on with p-7"]), err
    code, out, err = await place.attune("run", "Train", "--json")
    assert (code, json.loads(out)["degraded"]) == (0, ["goes on with none"]), err
