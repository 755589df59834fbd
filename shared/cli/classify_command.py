"""`attune classify`: asks the domain service for the field of one goal, or of many in order."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub

from shared.cli.classify_view import print_profile, print_row
from shared.cli.cost_view import models_of
from shared.cli.errors_view import explain
from shared.cli.exits import Stop
from shared.cli.gateway_call import describe_or_none, expect
from shared.cli.output import json_text, write_json
from shared.cli.progress import Progress
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.channel import open_channel
from shared.rpc.deadline import serving_within
from shared.rpc.errors import AttuneError

if TYPE_CHECKING:  # the stubs' types have it, the stubs do not
    from attune.domain.v1.domain_pb2_grpc import DomainServiceAsyncStub

SIDE_BY_SIDE = 8
"""Goals in flight at a time."""

_PURPOSE = "classify_domain"


@dataclass(frozen=True, slots=True)
class ClassifyCommand:
    """What was asked for. from_file: the goals are lines of a file."""

    goals: Sequence[str]
    from_file: bool
    as_json: bool
    language: str = ""
    project_id: str = ""
    model: str = ""

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Prints the profiles. Raises AttuneError, TimeoutError, Stop."""
        await expect(wanted, targets)
        async with open_channel("domain", targets["domain"]) as channel:
            stub = DomainServiceStub(channel)
            if self.from_file:
                await self._many(stub, wanted.seconds, progress)
                return
            progress.waiting("Asking the domain service for the field")
            reply = await self._ask(stub, self.goals[0], wanted.seconds)
        if self.as_json:
            progress.clear()
            write_json(json_text(reply.profile))
            return
        provider = await describe_or_none(targets)
        progress.clear()
        print_profile(reply, models_of(provider, [_PURPOSE], {_PURPOSE: self.model}))

    async def _many(self, stub: DomainServiceAsyncStub, seconds: float, progress: Progress) -> None:
        """One line per goal, in order; the first that fails ends it, after those before it."""

        async def ask(goal: str) -> pb.ClassifyDomainResponse | Exception:
            try:
                return await self._ask(stub, goal, seconds)
            except (AttuneError, TimeoutError) as error:
                return error

        stop: Stop | None = None
        async with asyncio.TaskGroup() as group:
            flying: deque[asyncio.Task[pb.ClassifyDomainResponse | Exception]] = deque()
            left = iter(self.goals)
            for number, goal in enumerate(self.goals, start=1):
                while len(flying) < SIDE_BY_SIDE and (following := next(left, None)) is not None:
                    flying.append(group.create_task(ask(following)))
                progress.waiting(f"Finding the fields: {number:,} of {len(self.goals):,} goals")
                reply = await flying.popleft()
                if isinstance(reply, Exception):
                    stop = explain(reply)
                    stop.what = f"line {number:,}: {stop.what}"
                    break
                if sys.stdout.isatty():
                    progress.clear()
                if self.as_json:
                    write_json(json_text(reply.profile, indent=None))
                else:
                    print_row(reply.profile, goal)
            for task in flying:
                task.cancel()
        progress.clear()
        if stop is not None:
            raise stop

    async def _ask(
        self, stub: DomainServiceAsyncStub, goal: str, seconds: float
    ) -> pb.ClassifyDomainResponse:
        async with serving_within(seconds):
            return await stub.ClassifyDomain(
                pb.ClassifyDomainRequest(
                    goal=goal,
                    language=self.language,
                    project_id=self.project_id,
                    model=self.model,
                )
            )
