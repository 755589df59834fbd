"""The incident on the real small model: `make eval-incident`.

Four ways of telling the same goal (incident_prompts.py), at least 30 answers each, over five
goals; which share has words of another field, by Fisher's exact test against the marketing
examples. Then the leaking tasks are asked for once more in three ways, which is how the
prompt of `reword_tasks` was chosen. `--quick` is CI's: 2 goals, 10 answers each.

The figures go to tests/data/incident/measured.json, and the plot of them beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import incident_prompts
from attune.domain.v1 import domain_pb2
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from incident_prompts import ARMS, BUILT, GOALS, MARKETING
from incident_tables import AGAIN, AS_IT_WAS, GAPS, Sample, counted, print_again, print_arms
from real.small_model import serving_small_model
from rich.console import Console
from rich.progress import Progress
from running_system import RunningSystem, running_system

from shared.context.gaps import with_gaps
from shared.context.templates import FIELD, TEMPLATES
from shared.rpc.channel import open_channel

MAX_TOKENS = 120
TEMPERATURE = 0.8
SIDE_BY_SIDE = 4
SECONDS = 300


MOST_AGAIN = 12
"""Leaking answers per goal that are asked for once more."""


class Incident:
    """Asks the gateway for answers and the domain service for what leaks in them."""

    def __init__(self, gateway: GatewayServiceStub, domain: DomainServiceStub) -> None:
        self._gateway = gateway
        self._domain = domain
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def profile(self, goal: str) -> domain_pb2.DomainProfile:
        reply = await self._domain.ClassifyDomain(
            domain_pb2.ClassifyDomainRequest(goal=goal, domain=GOALS[goal]), timeout=SECONDS
        )
        return reply.profile

    async def sample(
        self,
        goal: str,
        arm: str,
        profile: domain_pb2.DomainProfile,
        messages: Sequence[pb.Message],
        seed: int,
    ) -> Sample:
        async with self._room:
            reply = await self._gateway.Complete(
                pb.CompleteRequest(
                    agent="eval",
                    purpose="eval_incident",
                    messages=messages,
                    temperature=TEMPERATURE,
                    max_output_tokens=MAX_TOKENS,
                    seed=seed,
                ),
                timeout=SECONDS,
            )
        return await self.measured(goal, arm, profile, reply.text.strip() or "-")

    async def measured(
        self, goal: str, arm: str, profile: domain_pb2.DomainProfile, text: str
    ) -> Sample:
        reply = await self._domain.MeasureLeakage(
            domain_pb2.MeasureLeakageRequest(goal=goal, profile=profile, texts=[text]),
            timeout=SECONDS,
        )
        terms = reply.report.texts[0].leaked_terms
        found = [term.term for term in terms]
        return Sample(goal, arm, text, found, [word for term in terms for word in term.written])


def again_messages(
    arm: str, leaking: Sample, profile: domain_pb2.DomainProfile
) -> list[pb.Message]:
    """The prompt of reword_tasks in lines instead of JSON, with and without the words."""
    template = TEMPLATES["reword_tasks"]
    system = [template.role, FIELD.format(label=profile.label), *template.rules]
    told = leaking.text
    if arm != AS_IT_WAS:
        told = with_gaps(told, leaking.written)
    if arm != GAPS:
        system.append(f"Do not use these words: {', '.join(leaking.written)}.")
    user = f"Goal: {leaking.goal}\nTasks to write anew, one line each:\n{told}"
    return [
        pb.Message(role=pb.ROLE_SYSTEM, content="\n".join(system)),
        pb.Message(role=pb.ROLE_USER, content=user),
    ]


async def measure(
    system: RunningSystem, goals: Sequence[str], each: int
) -> tuple[list[Sample], list[Sample]]:
    """The answers of every arm, and of asking once more."""
    async with (
        open_channel("gateway", system.targets["gateway"]) as gateway,
        open_channel("domain", system.targets["domain"]) as domain,
    ):
        incident = Incident(GatewayServiceStub(gateway), DomainServiceStub(domain))
        profiles = {goal: await incident.profile(goal) for goal in goals}
        with Progress(console=Console(stderr=True)) as progress:
            bar = progress.add_task("first answers", total=len(goals) * len(ARMS) * each)

            async def first(goal: str, arm: str, seed: int) -> Sample:
                told = incident_prompts.messages(arm, goal, profiles[goal])
                sample = await incident.sample(goal, arm, profiles[goal], told, seed)
                progress.advance(bar)
                return sample

            samples = await gathered(
                [first(g, a, s) for s in range(each) for g in goals for a in ARMS]
            )
            leaking = leaking_answers(samples)
            bar = progress.add_task("asked once more", total=len(leaking) * len(AGAIN))

            async def second(sample: Sample, arm: str, seed: int) -> Sample:
                profile = profiles[sample.goal]
                told = again_messages(arm, sample, profile)
                again = await incident.sample(sample.goal, arm, profile, told, seed)
                progress.advance(bar)
                return again

            again = await gathered(
                [second(s, arm, n) for n, s in enumerate(leaking) for arm in AGAIN]
            )
    return samples, again


async def measured_anew(system: RunningSystem, kept: str) -> tuple[list[Sample], list[Sample]]:
    """The answers of an earlier run, as the lexicons of now see them."""
    rows = [json.loads(line) for line in kept.splitlines()]
    async with (
        open_channel("gateway", system.targets["gateway"]) as gateway,
        open_channel("domain", system.targets["domain"]) as domain,
    ):
        incident = Incident(GatewayServiceStub(gateway), DomainServiceStub(domain))
        profiles = {goal: await incident.profile(goal) for goal in {row["goal"] for row in rows}}
        samples = [
            await incident.measured(row["goal"], row["arm"], profiles[row["goal"]], row["text"])
            for row in rows
        ]
    return (
        [sample for sample in samples if sample.arm in ARMS],
        [sample for sample in samples if sample.arm in AGAIN],
    )


async def gathered(work: Sequence) -> list[Sample]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
    return [task.result() for task in tasks]


def leaking_answers(samples: Sequence[Sample]) -> list[Sample]:
    by_goal = defaultdict(list)
    for sample in samples:
        if sample.arm == MARKETING and sample.leaks:
            by_goal[sample.goal].append(sample)
    return [sample for found in by_goal.values() for sample in found[:MOST_AGAIN]]


def figures(samples: Sequence[Sample], again: Sequence[Sample], goals: Sequence[str]) -> dict:
    return {
        "model": "SmolLM2-135M-Instruct",
        "temperature": TEMPERATURE,
        "max_output_tokens": MAX_TOKENS,
        "goals": {
            goal: {arm: [(c := counted(samples, arm, goal)).leaking, c.of] for arm in ARMS}
            for goal in goals
        },
        "asked_once_more": {arm: [(c := counted(again, arm)).leaking, c.of] for arm in AGAIN},
    }


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true", help="2 goals, 10 answers each")
    arguments.add_argument("--samples", type=int, default=30, help="answers per goal and arm")
    arguments.add_argument("--keep", type=Path, help="every answer, as JSON lines")
    arguments.add_argument("--score", type=Path, help="measure the answers of --keep anew")
    wanted = arguments.parse_args()
    goals = list(GOALS)[: 2 if wanted.quick else None]
    each = 10 if wanted.quick else wanted.samples
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if wanted.score:
            system = stack.enter_context(running_system(Path(folder), USE_MOCK_AI_PROVIDER="true"))
            samples, again = asyncio.run(measured_anew(system, wanted.score.read_text("utf-8")))
        else:
            model = stack.enter_context(serving_small_model(parallel=SIDE_BY_SIDE))
            system = stack.enter_context(
                running_system(Path(folder), USE_MOCK_AI_PROVIDER="false", **model)
            )
            samples, again = asyncio.run(measure(system, goals, each))
    print_arms(samples, goals)
    print_again(again)
    if wanted.keep:
        lines = (json.dumps(vars(sample), ensure_ascii=False) for sample in (*samples, *again))
        wanted.keep.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    if not wanted.quick:
        from incident_plot import write_plot

        measured = figures(samples, again, goals)
        target = incident_prompts.FOLDER / "measured.json"
        target.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
        write_plot(measured, incident_prompts.FOLDER / "measured.svg")
    if not any(sample.leaks for sample in samples):
        sys.exit("no answer of any arm had a foreign word: nothing was measured")
    before, after = counted(samples, MARKETING), counted(samples, BUILT)
    if after.leaking * before.of >= before.leaking * after.of:
        sys.exit(f"the built prompt leaks as often as the marketing one: {after} and {before}")


if __name__ == "__main__":
    main()
