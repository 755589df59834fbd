"""Steps of a project: askings whose outcome is written down before anything is made of it.

An error is an outcome like an answer, so that work that goes on after a crash finds it again.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from dbos import DBOS, StepReservation
from google.protobuf.message import Message
from google.rpc import status_pb2

from services.director.projects.stored import packed, unpacked
from shared.rpc.errors import AttuneError, Internal, from_status, to_status

T = TypeVar("T")
MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True, slots=True)
class TaskSteps:
    """The steps that a task may take.

    Which tasks run at a time depends on who answers first, and DBOS knows a step again by its
    number: so each has its number before the work begins, and those not taken leave gaps.
    """

    perform: list[StepReservation]
    review: list[StepReservation]

    @classmethod
    def reserve(cls, tries: int, review_rounds: int) -> TaskSteps:
        """To be called in the order of the plan, from the workflow."""
        return cls(
            [DBOS.reserve_step() for _ in range(tries)],
            [DBOS.reserve_step() for _ in range(review_rounds)],
        )


async def beside(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives, done outside of the workflow: nothing of it is a step."""
    return await asyncio.create_task(work, context=contextvars.Context())


async def taken(
    step: StepReservation,
    name: str,
    kind: type[MessageT],
    ask: Callable[[], Awaitable[MessageT]],
) -> MessageT:
    """The step's answer, now or as it was when it was taken before. Raises its AttuneError."""

    async def outcome() -> dict[str, Any]:
        try:
            return {"reply": packed(await ask())}
        except AttuneError as error:
            return {"status": packed(to_status(error))}

    recorded = await step.run_async({"name": name}, outcome)
    if "reply" in recorded:
        return unpacked(kind, recorded["reply"])
    status = unpacked(status_pb2.Status, recorded["status"])
    raise from_status(status) or Internal(f"{name}: {status.message}")
