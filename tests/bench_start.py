"""Where the time of `make run` goes on a set-up machine: medians over a few runs, in seconds.

Every part is measured alone; together the four services start side by side, so their
times do not add up to the whole on a machine with several cores.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import grpc
from attune.client import AttuneClient
from attune.director.v1.director_pb2 import CreatePlanRequest
from rich.console import Console
from rich.table import Table
from running_system import ATTUNE, free_ports, running_system

from shared.rpc.settings import SERVICE_NAMES

GOAL = "Create a bodybuilding training program"
RUNS = 5
LIMIT_SECONDS = 6.0


def median(measure: Callable[[], float]) -> tuple[float, float, float]:
    """Least, median and most of RUNS runs after one that is not counted."""
    measure()
    seconds = [measure() for _ in range(RUNS)]
    return min(seconds), statistics.median(seconds), max(seconds)


def command(folder: Path, *words: str) -> float:
    """A whole `attune` command."""
    began = time.perf_counter()
    subprocess.run([ATTUNE, *words], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def service(folder: Path, name: str) -> float:
    """A service alone, from its process to its first answer."""
    port, metrics_port = free_ports(2)
    ports = {"PORT": port, "METRICS_PORT": metrics_port}
    variables = {f"ATTUNE_{name.upper()}_{key}": str(value) for key, value in ports.items()}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", f"services.{name}"],
        cwd=folder, env=os.environ | variables, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with grpc.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.initial_reconnect_backoff_ms", 20)]
    ) as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        seconds = time.perf_counter() - began
    process.terminate()
    process.wait()
    return seconds


def plan_of_running_system(folder: Path) -> tuple[float, float, float]:
    """CreatePlan alone; a new project each time, so that nothing but the field is replayed."""
    with running_system(folder) as running:

        async def measure() -> float:
            async with AttuneClient(running.targets) as client:
                began = time.perf_counter()
                await client.director.CreatePlan(CreatePlanRequest(goal=GOAL), timeout=60)
                return time.perf_counter() - began

        return median(lambda: asyncio.run(measure()))


def main() -> None:
    """Prints the table, and last the whole against its limit."""
    os.environ["USE_MOCK_AI_PROVIDER"] = "true"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [("attune version: the command alone", median(lambda: command(folder, "version")))]
        for each in SERVICE_NAMES:
            alone = median(lambda each=each: service(folder, each))  # type: ignore[misc]
            rows.append((f"{each}: process to first answer", alone))
        rows.append(("CreatePlan on a running system", plan_of_running_system(folder)))
        whole = median(lambda: command(folder, "plan", GOAL))
    table = Table("part", "least s", "median s", "most s")
    for part, seconds in [*rows, ("attune plan: all of it", whole)]:
        table.add_row(part, *(f"{value:.2f}" for value in seconds))
    console = Console()
    console.print(table)
    console.print(f"attune plan: median {whole[1]:.2f} s; the goal is under {LIMIT_SECONDS:.0f} s")


if __name__ == "__main__":
    main()
