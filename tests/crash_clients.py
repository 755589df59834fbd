"""Clients of `make test-crash`: each asks, gives up, asks again with the same id, and remembers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import grpc
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from crash_books import MOST_OUTPUT, Heard

SECONDS = 10.0
"""The deadline of a call."""
PROJECTS = 8
_OPTIONS = [("grpc.enable_retries", 0), ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 100)]  # fmt: skip
_ENOUGH = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS,
           grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.INTERNAL,
           grpc.StatusCode.UNKNOWN)  # fmt: skip
"""Trying again would not help: the run has failed."""


def request_of(request_id: str, project: str, before: str = "Answer") -> pb.CompleteRequest:
    """A small call."""
    return pb.CompleteRequest(
        request_id=request_id, project_id=project, agent="analyst", purpose="crash",
        messages=[pb.Message(role=pb.ROLE_USER, content=f"{before} {request_id}")],
        max_output_tokens=MOST_OUTPUT,
    )  # fmt: skip


@dataclass
class Clients:
    """Callers of one or several gateways, and what they heard."""

    targets: list[str]
    heard: list[Heard] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    unforeseen: list[str] = field(default_factory=list)
    ids: int = 0
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, count: int, prefix: str) -> None:
        """Keeps so many calls under way until `stopping` is set; each id is brought to its end."""
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self._client(f"{prefix}-{number}"))

    async def _client(self, prefix: str) -> None:
        channels = [grpc.aio.insecure_channel(target, options=_OPTIONS) for target in self.targets]
        stubs = [GatewayServiceStub(channel) for channel in channels]
        try:
            while not self.stopping.is_set():
                self.ids += 1
                request = request_of(f"{prefix}-{self.ids}", f"project-{self.ids % PROJECTS}")
                await self._until_answered(stubs, request)
                if random.random() < 0.1:
                    await self._until_answered(stubs, request)
        finally:
            for channel in channels:
                await channel.close()

    async def _until_answered(
        self, stubs: list[GatewayServiceStub], request: pb.CompleteRequest
    ) -> None:
        while True:
            seconds = SECONDS if random.random() < 0.9 else random.uniform(0.005, 0.1)
            stub = random.choice(stubs)
            try:
                if random.random() < 0.3:
                    reply = await _streamed(stub, request, seconds)
                else:
                    reply = await stub.Complete(request, timeout=seconds)
            except grpc.aio.AioRpcError as error:
                self.errors[error.code().name] += 1
                if error.code() in _ENOUGH:
                    self.unforeseen.append(f"{error.code().name}: {error.details()}")
                    return
                await asyncio.sleep(random.uniform(0.005, 0.05))
                continue
            self.heard.append(
                Heard(request.request_id, reply.call_id, reply.text.rstrip(), reply.cost.nano_usd)
            )
            return


async def _streamed(
    stub: GatewayServiceStub, request: pb.CompleteRequest, seconds: float
) -> pb.CompleteResponse:
    """The last message of a stream, whose pieces must come to the same text."""
    pieces, last = [], None
    stream = stub.StreamComplete(pb.StreamCompleteRequest(request=request), timeout=seconds)
    async for part in stream:
        pieces.append(part.text_delta)
        if part.HasField("completion"):
            last = part.completion
    if last is None or last.text != "".join(pieces):
        raise AssertionError(f"a stream gave {pieces} and ended with {last}")
    return last
