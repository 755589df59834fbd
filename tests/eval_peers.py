"""Tokens of a project beside CrewAI's, both counted by the same model server: `make eval-peers`.

The same goal and number of tasks on SmolLM2-135M: CrewAI with a planner agent, two workers and
tasks written by hand; Attune with tasks made from the goal. What planning takes is counted; since
so small a model plans as many tasks as it likes, the tasks that are then done are of a plan with
the wanted number, each resting on the one before. Reviews are counted apart, and made only of
the smallest project: they take longer than all the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from attune.director.v1 import director_pb2 as pb
from counting_proxy import Counted, Counts, counting
from eval_cost import plan_of
from real.small_model import MODEL, serving_small_model
from rich.console import Console
from rich.table import Table
from running_system import running_system

from shared.context.templates import MENDING, TEMPLATES
from shared.rpc.client import AttuneClient

GOAL = "Create a bodybuilding training program"
"""As peers_crewai.py has it."""
SIZES = (4, 8, 16)
OUTPUT_TOKENS = 200
REACH = {4: 1.0, 8: 0.5, 16: 0.2}
"""Of CrewAI's input tokens, reviews apart."""
MEASURED_BEFORE = {4: 2_556, 8: 8_029, 16: 28_117}
"""CrewAI's input tokens when the reach was set, with longer texts of tasks than here."""
PRICES = f'[models."{MODEL}"]\ninput_usd_per_million = "1"\noutput_usd_per_million = "1"\n'


@dataclass(frozen=True)
class Taken:
    """Calls and input tokens: of planning, of tasks, of reviews."""

    planning: list[Counted]
    tasks: list[Counted]
    reviews: list[Counted]

    @property
    def again(self) -> int:
        """Input tokens of what was asked once more, since its answer was of no use or unfinished."""
        calls = [*self.planning, *self.tasks]
        return sum(call.input_tokens for call in calls if MENDING in call.told)

    @property
    def input_tokens(self) -> int:
        """Without reviews."""
        return sum(call.input_tokens for call in [*self.planning, *self.tasks])


def crew(python: str, url: str, size: int, counts: Counts) -> list[Counted]:
    """What CrewAI takes."""
    script = Path(__file__).with_name("peers_crewai.py")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, script, url, MODEL, str(size)], cwd=folder, check=False,
            capture_output=True, text=True, timeout=1_200,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"CrewAI ended with {done.returncode}: {done.stderr[-2_000:]}")
    return counts.taken()


async def ours(client: AttuneClient, name: str, size: int, counts: Counts) -> Taken:
    """What a plan and a project of so many tasks take."""
    limits = pb.PlanConstraints(max_tasks=size)
    wanted = pb.CreatePlanRequest(goal=GOAL, project_id=f"{name}-plan", constraints=limits)
    await client.director.CreatePlan(wanted, timeout=900)
    planning = counts.taken()
    request = pb.StartProjectRequest(plan=plan_of(size, depth=1), max_parallel_tasks=1)
    if size == SIZES[0]:
        request.max_review_rounds = 1
    else:
        request.without_reviews = True
    request.plan.project_id = name
    await client.director.StartProject(request)
    async for _ in client.director.WatchProject(
        pb.WatchProjectRequest(project_id=name), timeout=1_800
    ):
        pass
    reply = await client.director.GetProject(pb.GetProjectRequest(project_id=name))
    if reply.project.tasks_done != size:
        print(
            f"{name}: {reply.project.tasks_done} of {size} tasks done; {reply.project.failure.message}"
        )
    calls = counts.taken()
    role = TEMPLATES["review_deliverable"].role
    reviews = [call for call in calls if call.told.startswith(role)]
    return Taken(planning, [call for call in calls if call not in reviews], reviews)


async def run(python: str, sizes: list[int]) -> tuple[dict[int, list[Counted]], dict[int, Taken]]:
    """CrewAI's calls and ours, by size."""
    found: dict[int, Taken] = {}
    with (
        serving_small_model() as variables,
        counting(variables["OPENAI_BASE_URL"]) as (url, counts),
    ):
        theirs = {size: await asyncio.to_thread(crew, python, url, size, counts) for size in sizes}
        with tempfile.TemporaryDirectory(prefix="attune-peers-") as home:
            folder = Path(home)
            (folder / "prices.toml").write_text(PRICES)
            more = variables | {
                "OPENAI_BASE_URL": url, "USE_MOCK_AI_PROVIDER": "false",
                "ATTUNE_PRICES_FILE": str(folder / "prices.toml"),
                "ATTUNE_DELIVERABLE_TOKENS": str(OUTPUT_TOKENS),
            }  # fmt: skip
            with running_system(folder, **more) as system:
                async with AttuneClient(dict(system.targets)) as client:
                    for size in sizes:
                        found[size] = await ours(client, f"peers-{size}", size, counts)
    return theirs, found


def main() -> int:
    """Prints the table and the reaches."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--python", required=True, help="of the environment that has CrewAI")
    arguments.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    chosen = arguments.parse_args()
    theirs, found = asyncio.run(run(chosen.python, chosen.sizes))
    table = Table(title="Input tokens of a project, counted by the model server")
    for name in ("tasks", "who", "calls", "input", "planning", "tasks'", "asked again", "of CrewAI's",
                 "reach", "reviews"):  # fmt: skip
        table.add_column(name, justify="left" if name == "who" else "right")
    lines = []
    for size in chosen.sizes:
        base = sum(call.input_tokens for call in theirs[size])
        table.add_row(
            str(size), "CrewAI", str(len(theirs[size])), f"{base:,}", "", "", "", "", "", ""
        )
        taken = found[size]
        reach = REACH.get(size, 1.0) * MEASURED_BEFORE.get(size, base)
        met = "met" if taken.input_tokens <= reach else "not met"
        table.add_row(
            "", "Attune", str(len(taken.planning) + len(taken.tasks)), f"{taken.input_tokens:,}",
            f"{sum(c.input_tokens for c in taken.planning):,}",
            f"{sum(c.input_tokens for c in taken.tasks):,}", f"{taken.again:,}",
            f"{taken.input_tokens / base:.0%}",
            f"{reach:,.0f}: {met}",
            f"{len(taken.reviews)} calls, {sum(c.input_tokens for c in taken.reviews):,}",
        )  # fmt: skip
        lines.append(
            f"{size} tasks {taken.input_tokens:,}, {taken.again:,} of them asked again"
            f" (reach {reach:,.0f}: {met})"
        )
    Console(width=120).print(table)
    print(f"eval-peers: {'; '.join(lines)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
