"""What a durable journal and budgets add to a call, and how it answers with a million rows.

    make bench-journal            a few minutes; ARGS=--quick a short one

Three gateways with the mock, alike but for the journal: "durable" on a SQLite file and with a
budget for each project, "memory" the same build on SQLite without a file and without budgets,
"dict" with no journal but a dict. They are loaded by turns in one run, since machines are
noisy; each figure is the median over the turns, and the differences are those of neighbours
in time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from bench_journal_rows import ROWS, spend_and_lookup
from bench_upstream import upstream_closed
from crash_clients import request_of
from rich.console import Console
from rich.table import Table
from running_system import free_ports

MOST_CPU_MS, MOST_P50_MS = 0.3, 3.0
MOST_SPEND_MS, MOST_LOOKUP_MS = 20.0, 1.0
MOST_CLOSING_MS = 200.0
CALLERS = 32
KINDS = ("durable", "memory", "dict")
TICKS = os.sysconf("SC_CLK_TCK")
_ids = itertools.count(1)


@dataclass
class Measured:
    """Of one gateway, a figure per turn."""

    stub: GatewayServiceStub
    pid: int
    cpu_ms: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)

    def cpu_seconds(self) -> float:
        """What the process has used so far, in user and system time."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / TICKS

    async def ask(self) -> float:
        """One call; gives its milliseconds."""
        number = next(_ids)
        began = time.perf_counter()
        await self.stub.Complete(request_of(f"id-{number}", f"project-{number % 8}"), timeout=60)
        return 1e3 * (time.perf_counter() - began)

    async def at_capacity(self, calls: int) -> None:
        """So many calls, CALLERS at a time."""
        left = iter(range(calls))

        async def caller() -> None:
            for _ in left:
                await self.ask()

        cpu, began = self.cpu_seconds(), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(caller())
        self.per_second.append(calls / (time.perf_counter() - began))
        self.cpu_ms.append(1e3 * (self.cpu_seconds() - cpu) / calls)

    async def at_rate(self, per_second: float, calls: int) -> None:
        """So many calls, evenly spread, whether those before have ended or not."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in range(calls):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                tasks.append(group.create_task(self.ask()))
        self.p50_ms.append(statistics.median(task.result() for task in tasks))


@contextmanager
def gateway(kind: str, folder: Path) -> Iterator[tuple[str, int]]:
    """A gateway on the mock; gives where it listens, and its process."""
    (port,) = free_ports(1)
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("ATTUNE_")},
        "USE_MOCK_AI_PROVIDER": "true", "ATTUNE_GATEWAY_PORT": str(port),
        "ATTUNE_GATEWAY_METRICS_PORT": "0",
        "ATTUNE_PROJECT_BUDGET_USD": "1000000" if kind == "durable" else "",
        "ATTUNE_DATABASE_URL": f"sqlite:///{folder}/{kind}.db",
    }  # fmt: skip
    script = Path(__file__).with_name("bench_journal_gateway.py")
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, script, kind], env=environment, stdout=log, stderr=log
        )  # fmt: skip
    try:
        yield f"127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(60)


async def measured(folder: Path, turns: int, calls: int) -> tuple[list[Measured], float]:
    """All gateways by turns, first at their capacity and then at half of the durable one's."""
    with ExitStack() as stack:
        places = [stack.enter_context(gateway(kind, folder)) for kind in KINDS]
        channels = [grpc.aio.insecure_channel(target) for target, _ in places]
        gateways = [
            Measured(GatewayServiceStub(channel), pid)
            for channel, (_, pid) in zip(channels, places, strict=True)
        ]
        for channel, one in zip(channels, gateways, strict=True):
            await asyncio.wait_for(channel.channel_ready(), 60)
            await one.at_capacity(calls)
            one.cpu_ms.clear()
            one.per_second.clear()
        for _ in range(turns):
            for one in gateways:
                await one.at_capacity(calls)
        half = statistics.median(gateways[0].per_second) / 2
        for _ in range(turns):
            for one in gateways:
                await one.at_rate(half, calls)
        for channel in channels:
            await channel.close()
    return gateways, half


def added(ours: list[float], theirs: list[float]) -> list[float]:
    """Turn by turn."""
    return [one - other for one, other in zip(ours, theirs, strict=True)]


def main() -> None:
    """Measures, and prints a table with each goal beside its figure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    turns, calls, rows = (3, 300, ROWS // 20) if quick else (7, 1_500, ROWS)
    with tempfile.TemporaryDirectory(prefix="attune-bench-") as name:
        folder = Path(name)
        gateways, half = asyncio.run(measured(folder, turns, calls))
        closing = asyncio.run(upstream_closed(folder, 10 if quick else 50))
        spend, lookup = spend_and_lookup(folder, rows)
    durable, memory, in_dict = gateways
    middle = statistics.median
    console = Console(soft_wrap=True)
    table = Table("journal", "calls/s at capacity", "CPU ms per call", "p50 ms at half", box=None)
    for kind, one in zip(KINDS, gateways, strict=True):
        table.add_row(kind, f"{middle(one.per_second):.0f}", f"{middle(one.cpu_ms):.2f}",
                      f"{middle(one.p50_ms):.2f}")  # fmt: skip
    console.print(table)
    goals = Table("figure", "ms", "least to most", "goal", box=None)
    for figure, values, most in (
        ("CPU per call over memory", added(durable.cpu_ms, memory.cpu_ms), MOST_CPU_MS),
        ("CPU per call over a dict", added(durable.cpu_ms, in_dict.cpu_ms), None),
        (f"p50 over memory, {half:.0f} calls/s", added(durable.p50_ms, memory.p50_ms), MOST_P50_MS),
        (f"p50 over a dict, {half:.0f} calls/s", added(durable.p50_ms, in_dict.p50_ms), None),
        (f"GetSpend of a project, {rows:,} rows", spend, MOST_SPEND_MS),
        (f"idempotent lookup, {rows:,} rows", lookup, MOST_LOOKUP_MS),
        ("upstream closed after its caller left", closing, MOST_CLOSING_MS),
    ):
        goal = "" if most is None else f"under {most:g}"
        missed = most is not None and middle(values) >= most
        goals.add_row(
            figure, f"{middle(values):.2f}", f"{min(values):.2f} to {max(values):.2f}",
            f"MISSED: {goal}" if missed else goal,
        )  # fmt: skip
    console.print(goals)


if __name__ == "__main__":
    main()
