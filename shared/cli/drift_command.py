"""`attune drift`: the same requests to mock, cassette and real model, and where they differ."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from rich.progress import Progress as Bar

from shared.cassette import Cassette
from shared.cli.cost_view import amount
from shared.cli.drift_view import print_drift
from shared.cli.exits import ExitCode, Stop
from shared.cli.forecast import agreed
from shared.cli.gateway_call import open_gateway
from shared.cli.layout import private
from shared.cli.output import write_json
from shared.cli.system import Blueprint, Targets, Watchers, Work, run_system
from shared.cli.terminal import console
from shared.cli.wanted import NO_PROJECT
from shared.preprod.drift import Difference, Habit, compare, habit_of, no_answer
from shared.rpc.errors import AttuneError
from shared.structured.accounting import total_cost

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceAsyncStub

SIDE_BY_SIDE = 4
ASK_SECONDS = 60.0
CALL_SECONDS = 600.0
PROJECT = "drift"
MOCK, CASSETTE, REAL = "mock", "cassette", "real"


@dataclass(frozen=True, slots=True)
class DriftCommand:
    """What to compare. target: a gateway that runs; real: one of the command's own."""

    cassette: Cassette
    limit: int
    target: str
    real: bool
    budget_nano_usd: int | None
    yes: bool
    as_json: bool

    async def run(self) -> None:
        """Raises AttuneError, Stop."""
        calls = self._chosen()
        requests = [_asked(call) for call in calls]
        purposes = [call.request.purpose or "no purpose" for call in calls]
        schemas = [call.request.response_schema for call in calls]
        answers = {CASSETTE: [call.response for call in calls]}
        habits: dict[str, list[Habit]] = {
            CASSETTE: await asyncio.to_thread(_habits, answers[CASSETTE], schemas)
        }
        with tempfile.TemporaryDirectory(prefix="attune-drift-") as folder:
            mock = _gateway(Path(folder) / MOCK, mock=True)
            habits[MOCK] = await _asked_of(mock, requests, schemas, MOCK)
            if self.target:
                async with open_gateway({"gateway": self.target}) as channel:
                    habits[REAL] = await self._real(GatewayServiceStub(channel), requests, schemas)
            elif self.real:
                own = _gateway(Path(folder) / REAL, mock=False)

                async def ask(targets: Targets) -> list[Habit]:
                    async with open_gateway(targets) as channel:
                        return await self._real(GatewayServiceStub(channel), requests, schemas)

                habits[REAL] = await _with_system(own, ask)
        found = {
            (one, other): await asyncio.to_thread(compare, purposes, habits[one], habits[other])
            for one, other in ((MOCK, CASSETTE), (MOCK, REAL), (CASSETTE, REAL))
            if other in habits
        }
        self._show(found, len(calls))

    def _chosen(self) -> list[pb.RecordedCall]:
        """Calls that were answered, spread over the cassette. Raises Stop where there is none."""
        kept = [c for c in self.cassette.calls if c.HasField("response") and c.content_kept]
        if not kept:
            raise Stop(
                ExitCode.USAGE,
                f"{self.cassette.path} has no answer to compare with",
                todo="record one that keeps contents: attune preprod leaves a cassette.jsonl",
            )
        step = max(1, len(kept) // self.limit)
        return kept[::step][: self.limit]

    async def _real(
        self,
        stub: GatewayServiceAsyncStub,
        requests: Sequence[pb.CompleteRequest],
        schemas: Sequence[str],
    ) -> list[Habit]:
        """Refuses a mock, asks before it spends, and gives what the real model does."""
        provider = await stub.DescribeProvider(pb.DescribeProviderRequest(), timeout=ASK_SECONDS)
        if provider.served_by != pb.SERVED_BY_REAL:
            raise Stop(
                ExitCode.EXPECTATION,
                "a real model was asked for, and this gateway is none; nothing was spent",
                todo="start it with USE_MOCK_AI_PROVIDER=false, or leave --real and --target out",
            )
        bounds = [
            await stub.EstimateCost(pb.EstimateCostRequest(request=each), timeout=ASK_SECONDS)
            for each in requests
        ]
        most = total_cost(bound.cost for bound in bounds)
        models = sorted({bound.model for bound in bounds})
        if self.budget_nano_usd is not None and (
            not most.HasField("nano_usd") or most.nano_usd > self.budget_nano_usd
        ):
            raise Stop(
                ExitCode.REFUSED,
                f"it may cost more than --budget: {amount(most, models)}",
                todo="ask fewer with --limit, or raise --budget; nothing was spent",
            )
        lines = [("Requests", f"{len(requests):,}"), ("At most", amount(most, models))]
        await agreed("this comparison", lines, yes=self.yes)
        return await _answers(stub, requests, schemas, REAL)

    def _show(self, found: dict[tuple[str, str], list[Difference]], requests: int) -> None:
        if self.as_json:
            said = {
                "requests": requests,
                "comparisons": [
                    {"ours": one, "theirs": other, "differences": [asdict(d) for d in differences]}
                    for (one, other), differences in found.items()
                ],
            }
            write_json(json.dumps(said, ensure_ascii=False, indent=1))
        else:
            print_drift(found, requests, str(self.cassette.path))


def _asked(call: pb.RecordedCall) -> pb.CompleteRequest:
    """The request as anybody else may ask it: of no id, and of the asked one's own model."""
    request = pb.CompleteRequest()
    request.CopyFrom(call.request)
    request.request_id, request.project_id, request.agent = "", PROJECT, PROJECT
    request.ClearField("model")
    return request


def _gateway(folder: Path, *, mock: bool) -> Blueprint:
    """A gateway alone, with books of its own that go with the command."""
    folder.mkdir(parents=True)
    variables = {
        "USE_MOCK_AI_PROVIDER": str(mock).lower(),
        "ATTUNE_DATABASE_URL": f"sqlite:///{folder}/gateway.db",
    }
    if mock:  # whatever this environment's gateways are
        variables |= {"ATTUNE_ENVIRONMENT": "local", "ATTUNE_MOCK_PROFILE": ""}
    return private(("gateway",), folder / "logs", NO_PROJECT, variables)


async def _asked_of(
    gateway: Blueprint, requests: Sequence[pb.CompleteRequest], schemas: Sequence[str], name: str
) -> list[Habit]:
    async def ask(targets: Targets) -> list[Habit]:
        async with open_gateway(targets) as channel:
            return await _answers(GatewayServiceStub(channel), requests, schemas, name)

    return await _with_system(gateway, ask)


async def _with_system(gateway: Blueprint, work: Work[list[Habit]]) -> list[Habit]:
    silent = Watchers(lambda _: None, lambda _: None, lambda: None)
    return await run_system(gateway, lambda: work, silent)


async def _answers(
    stub: GatewayServiceAsyncStub,
    requests: Sequence[pb.CompleteRequest],
    schemas: Sequence[str],
    name: str,
) -> list[Habit]:
    """What each answer is like, in the order of the requests; some are asked side by side."""
    turns = asyncio.Semaphore(SIDE_BY_SIDE)
    with Bar(console=console(error=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        shown = bar.add_task(f"Asking the {name}", total=len(requests))

        async def one(request: pb.CompleteRequest, schema: str) -> Habit:
            async with turns:
                try:
                    reply = await stub.Complete(request, timeout=CALL_SECONDS)
                except AttuneError as error:
                    return no_answer(error.reason)
                finally:
                    bar.advance(shown)
            return await asyncio.to_thread(habit_of, reply, schema)

        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(one(request, schema))
                for request, schema in zip(requests, schemas, strict=True)
            ]
    habits = [task.result() for task in tasks]
    if all(habit.fault for habit in habits):
        raise Stop(
            ExitCode.UNAVAILABLE,
            f"the {name} answered none of {len(habits)} requests: {habits[0].fault}",
            todo="see its log for why",
        )
    return habits


def _habits(replies: Sequence[pb.CompleteResponse], schemas: Sequence[str]) -> list[Habit]:
    return [habit_of(reply, schema) for reply, schema in zip(replies, schemas, strict=True)]
