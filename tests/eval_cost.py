"""How the cost of a project grows with its tasks: `make eval-cost`.

Projects of 5, 10, 20 and 40 tasks run on the mock, each task resting on the two before it. What
each task is told is bounded, so tokens per task stay what they are; the last column says what
the same tasks would have been told if each had got all that was written before it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from rich.console import Console
from rich.table import Table
from running_system import running_system

from services.gateway.pricing.tokens import count
from shared.cli.money import dollars
from shared.rpc.client import AttuneClient

SIZES = (5, 10, 20, 40)
MOST_GROWTH = 1.25
"""Of tokens per task from the smallest project to the largest: more would not be linear."""
PARTS = (
    "warm-up", "squat", "bench press", "deadlift", "row", "overhead press", "pull-up", "rest days",
    "meals", "sleep",
)  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What a project of so many tasks took, reviews included."""

    tasks: int
    calls: int
    input_tokens: int
    output_tokens: int
    shadow_nano_usd: int
    whole_history: int


def plan_of(tasks: int, depth: int = 2) -> pb.Plan:
    """A plan in which each task rests on the `depth` before it."""
    titles = [f"{PARTS[n % len(PARTS)]}, week {n // len(PARTS) + 1}" for n in range(tasks)]
    return pb.Plan(
        goal="Create a bodybuilding training program",
        profile=domain_pb2.DomainProfile(
            domain="strength-training", label="Strength training", language="en",
            vocabulary=["set", "repetition", "progressive overload", "rest interval"],
        ),
        team=[analyst_pb2.TeamMember(name="Coach", responsibility="writes the program")],
        tasks=[
            analyst_pb2.Task(
                id=f"t{n + 1}", title=f"Lay out the {title}", role="Coach",
                description=f"Say how the {title} is done and how it grows from session to session.",
                depends_on=[f"t{before}" for before in range(n - depth + 1, n + 1) if before > 0],
                acceptance_criteria=[f"The sets of the {title} are there", "Rest is given in minutes"],
                deliverable=f"Sheet for the {title}",
            )
            for n, title in enumerate(titles)
        ],
    )  # fmt: skip


async def cost_of(client: AttuneClient, tasks: int) -> Cost:
    """Runs one project to its end. Raises AssertionError where it does not finish."""
    request = pb.StartProjectRequest(plan=plan_of(tasks), max_parallel_tasks=4)
    request.plan.project_id = f"cost-{tasks}"
    await client.director.StartProject(request)
    wanted = pb.WatchProjectRequest(project_id=request.plan.project_id)
    async for _ in client.director.WatchProject(wanted):
        pass
    project = (
        await client.director.GetProject(pb.GetProjectRequest(project_id=wanted.project_id))
    ).project
    assert project.state == pb.PROJECT_STATE_FINISHED, project.failure
    spent = project.accounting
    written = [count(work.markdown) for work in project.deliverables]
    told = spent.usage.input_tokens
    history = told + sum(sum(written[: max(0, n - 2)]) for n in range(tasks))
    return Cost(
        tasks, spent.calls, told, spent.usage.output_tokens, spent.cost.shadow_nano_usd, history
    )


async def run() -> list[Cost]:
    """All sizes, on a system of one's own."""
    with (
        tempfile.TemporaryDirectory(prefix="attune-cost-") as folder,
        running_system(Path(folder)) as system,
    ):
        async with AttuneClient(dict(system.targets)) as client:
            return [await cost_of(client, size) for size in SIZES]


def main() -> int:
    """Prints the table; the exit code is 1 where the cost is not linear."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    costs = asyncio.run(run())
    table = Table(title="A project's cost by its tasks (mock; prices of the configured model)")
    for name in ("tasks", "calls", "input tokens", "per task", "output tokens", "would cost",
                 "told all before it"):  # fmt: skip
        table.add_column(name, justify="right")
    for cost in costs:
        table.add_row(
            str(cost.tasks), str(cost.calls), f"{cost.input_tokens:,}",
            f"{cost.input_tokens / cost.tasks:,.0f}", f"{cost.output_tokens:,}",
            dollars(cost.shadow_nano_usd), f"{cost.whole_history:,}",
        )  # fmt: skip
    Console(width=100).print(table)
    first, last = costs[0], costs[-1]
    growth = (last.input_tokens / last.tasks) / (first.input_tokens / first.tasks)
    met = "met" if growth <= MOST_GROWTH else "NOT met"
    print(
        f"eval-cost: {last.tasks / first.tasks:.0f} times the tasks,"
        f" {last.input_tokens / first.input_tokens:.1f} times the input tokens;"
        f" per task {growth:.2f} times (reach: at most {MOST_GROWTH}): {met}"
    )
    return 0 if growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
