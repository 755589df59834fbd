"""How fast projects run on the mock, what their CPU time is, and how soon they stop.

    make bench-projects           about a minute

A project is planned from a goal, and one of 12 tasks is run from a plan, end to end through
four processes. The CPU time of all four is compared with that of as many bare gRPC echoes, of
a client and a server process, measured by turns in the same run. Stops are measured on a mock
that takes two seconds for an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from attune.director.v1 import director_pb2 as pb
from bench_echo import echoes
from bench_journal import TICKS
from eval_cost import plan_of
from google.protobuf.duration_pb2 import Duration
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table
from running_system import RunningSystem, running_system

from shared.rpc.client import AttuneClient
from shared.rpc.settings import SERVICE_NAMES

TASKS, TURNS, PROJECTS = 12, 5, 4
MOST_SECONDS, MOST_RATIO, MOST_STOP_SECONDS = 3.0, 2.5, 1.0
GOAL = "Create a bodybuilding training program"


def cpu_seconds(system: RunningSystem) -> dict[str, float]:
    """Of each service's process so far."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text, line = stat.read_text(), (stat.parent / "cmdline").read_text()
        except OSError:
            continue  # it ended meanwhile
        values = text.rpartition(")")[2].split()
        if int(values[1]) == system.process.pid:
            name = line.rstrip("\0").rpartition("services.")[2].partition("\0")[0]
            found[name] = (int(values[11]) + int(values[12])) / TICKS
    return found


def calls_served(system: RunningSystem) -> int:
    """By all services so far."""
    count = 0.0
    for name in SERVICE_NAMES:
        url = f"http://127.0.0.1:{system.metrics_ports[name]}/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            text = answer.read().decode()
        count += sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "attune_rpc_calls_total"
        )
    return int(count)


async def run_one(client: AttuneClient, project_id: str) -> float:
    """Seconds of a project of TASKS tasks from its start to its last event."""
    request = pb.StartProjectRequest(plan=plan_of(TASKS, depth=1))
    # Every third task begins anew, so that some run side by side.
    for number, task in enumerate(request.plan.tasks):
        if number % 3 == 0:
            del task.depends_on[:]
    request.plan.project_id = project_id
    began = time.perf_counter()
    await client.director.StartProject(request)
    last = None
    async for reply in client.director.WatchProject(pb.WatchProjectRequest(project_id=project_id)):
        last = reply.event
    assert last is not None
    assert last.project_finished.tasks_done == TASKS, last
    return time.perf_counter() - began


async def speed(system: RunningSystem) -> dict[str, float]:
    """Seconds of a plan and of a project; CPU of calls, and of as many echoes."""
    plans, projects, ratios, cpus, per_call = [], [], [], [], []
    by_service: dict[str, list[float]] = {}
    async with AttuneClient(dict(system.targets)) as client:
        await run_one(client, "warm")
        for turn in range(TURNS):
            began = time.perf_counter()
            await client.director.CreatePlan(
                pb.CreatePlanRequest(goal=GOAL, project_id=f"plan-{turn}")
            )
            plans.append(time.perf_counter() - began)
            calls, before = calls_served(system), cpu_seconds(system)
            projects += [await run_one(client, f"project-{turn}-{n}") for n in range(PROJECTS)]
            after, calls = cpu_seconds(system), calls_served(system) - calls
            spent = sum(after[name] - before[name] for name in after) / PROJECTS
            cpus.append(spent)
            for name in after:
                by_service.setdefault(name, []).append((after[name] - before[name]) / PROJECTS)
            per_call.append(calls / PROJECTS)
            ratios.append(spent / (await asyncio.to_thread(echoes, calls) / PROJECTS))
    return {
        "plan": statistics.median(plans), "project": statistics.median(projects),
        "cpu": statistics.median(cpus), "calls": statistics.median(per_call),
        **{name: statistics.median(each) for name, each in by_service.items()},
        "ratio": statistics.median(ratios), "best": min(ratios), "worst": max(ratios),
    }  # fmt: skip


async def stops(system: RunningSystem) -> dict[str, float]:
    """Seconds until a cancelled project has stopped, and one whose time is over; the worst."""
    cancels, deadlines = [], []
    async with AttuneClient(dict(system.targets)) as client:
        for turn in range(TURNS):
            request = pb.StartProjectRequest(plan=plan_of(4, depth=0))
            request.plan.project_id = name = f"cancel-{turn}"
            await client.director.StartProject(request)
            async for reply in client.director.WatchProject(
                pb.WatchProjectRequest(project_id=name)
            ):
                if reply.event.WhichOneof("event") == "task_started":
                    break
            began = time.perf_counter()
            await client.director.CancelProject(pb.CancelProjectRequest(project_id=name))
            cancels.append(time.perf_counter() - began)
            request.max_duration.CopyFrom(Duration(seconds=1))
            request.plan.project_id = name = f"late-{turn}"
            await client.director.StartProject(request)
            began = time.perf_counter() + 1.0
            async for _ in client.director.WatchProject(pb.WatchProjectRequest(project_id=name)):
                pass
            deadlines.append(time.perf_counter() - began)
    return {"cancel": max(cancels), "deadline": max(deadlines)}


def main() -> int:
    """Prints a table and the line of figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="attune-bench-") as home:
        quick, slow = Path(home) / "quick", Path(home) / "slow"
        quick.mkdir()
        slow.mkdir()
        with running_system(quick) as system:
            found = asyncio.run(speed(system))
        with running_system(slow, ATTUNE_MOCK_LATENCY_MS="2000") as system:
            found |= asyncio.run(stops(system))
    whole = found["plan"] + found["project"]
    rows = (
        ("a plan from a goal", f"{found['plan']:.2f} s", "", ""),
        (f"a project of {TASKS} tasks", f"{found['project']:.2f} s", "", ""),
        ("both", f"{whole:.2f} s", f"{MOST_SECONDS:g} s", whole <= MOST_SECONDS),
        ("gRPC calls served of a project", f"{found['calls']:.0f}", "", ""),
        ("CPU of all services", f"{found['cpu'] * 1e3:.0f} ms", "", ""),
        *((f"  {name}", f"{found[name] * 1e3:.0f} ms", "", "") for name in SERVICE_NAMES),
        ("CPU over as many bare echoes",
         f"{found['ratio']:.1f} ({found['best']:.1f} to {found['worst']:.1f})",
         f"{MOST_RATIO:g}", found["ratio"] <= MOST_RATIO),
        ("stopped after a cancel, worst", f"{found['cancel']:.2f} s", f"{MOST_STOP_SECONDS:g} s",
         found["cancel"] <= MOST_STOP_SECONDS),
        ("stopped after its deadline, worst", f"{found['deadline']:.2f} s",
         f"{MOST_STOP_SECONDS:g} s", found["deadline"] <= MOST_STOP_SECONDS),
    )  # fmt: skip
    table = Table("", "measured", "goal", "", box=None)
    for what, measured, goal, met in rows:
        table.add_row(what, measured, goal, "" if met == "" else "met" if met else "NOT met")
    Console(width=100).print(table)
    print(
        f"bench-projects: plan and {TASKS} tasks {whole:.2f} s; CPU {found['ratio']:.1f} times bare"
        f" echoes; stopped {found['cancel']:.2f} s after a cancel, {found['deadline']:.2f} s after"
        " its deadline"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
