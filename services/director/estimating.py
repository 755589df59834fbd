"""What a project will cost, before a token of it is spent: at most, and probably.

At most: each call with the longest prompt and the longest answer that its purpose allows, each
question asked as often as it may be. Probably: each question once, as long as past calls for
its purpose were on average where the books have any, else as long as such texts usually are.
The gateway prices both; nothing here knows a price.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.director.projects.caps import MOST_CALLS_OF_A_STEP
from services.director.projects.given import Given
from services.director.projects.handover import BYTES_PER_TOKEN
from services.director.projects.task_work import PERFORM, REVIEW, tries_of
from shared.context.limits import OUTPUT_LIMITS
from shared.rpc.checks import DEFAULT_TASKS, MAX_CRITERIA
from shared.structured.accounting import times, total_cost

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceAsyncStub

DAYS = 90
"""Of past calls that an estimate looks at."""
TEMPLATE_TOKENS = 1_500
"""More than any prompt has besides what is put into it: its role, rules, field and form."""
TASK_TOKENS = 4_000
"""More than the texts of a task that is not planned yet."""
USUAL_CRITERIA, USUAL_DELIVERABLE = 3, 700
FILLER = " a"
"""One token in the tokenizers of hosted models, and two where each byte is counted as one."""
MOST_FILLER = 490_000
"""Tokens of filler in a message that the gateway takes."""


@dataclass(frozen=True, slots=True)
class _Length:
    """Tokens of a call."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls for one purpose: at most, and usually, each asked once."""

    purpose: str
    most: int
    usual: float
    longest: _Length
    typical: _Length


class Estimating:
    """Prices projects.

    context_tokens: what a task is handed over. deliverable_tokens: how long its work may be.
    """

    def __init__(
        self, gateway: GatewayServiceAsyncStub, context_tokens: int, deliverable_tokens: int
    ) -> None:
        self._gateway = gateway
        self._context_tokens = context_tokens
        self._deliverable_tokens = deliverable_tokens

    async def estimate(self, request: pb.StartProjectRequest) -> pb.EstimateProjectResponse:
        """The price of a checked request. Raises what the gateway raises."""
        given = Given("", request, 0, {})
        work = _work(given, self._context_tokens, self._deliverable_tokens)
        calls = [*_planning(given), *work]
        past = await self._past()
        async with asyncio.TaskGroup() as group:
            priced = [group.create_task(self._priced(each, given, past)) for each in calls]
        found = [task.result() for task in priced]
        purposes = _within_caps([estimate for estimate, _, _ in found], given)
        count = sum(number for _, _, number in found)
        at_most = total_cost([each.at_most for each in purposes])
        budget = given.constraints
        if budget.HasField("budget_nano_usd") and at_most.nano_usd > budget.budget_nano_usd:
            at_most.nano_usd = budget.budget_nano_usd
            at_most.note = "; ".join(filter(None, (at_most.note, "the budget ends it there")))
        return pb.EstimateProjectResponse(
            at_most=at_most,
            probably=total_cost([each.probably for each in purposes]),
            basis=_basis(count),
            purposes=purposes,
            served_by=next(server for _, server, _ in found),
            tasks=_tasks(given),
        )

    async def _past(self) -> dict[tuple[str, str, int], gateway_pb2.SpendRow]:
        """Calls of late by purpose, model and who served them."""
        since = Timestamp()
        since.GetCurrentTime()
        since.seconds -= DAYS * 24 * 3600
        reply = await self._gateway.GetSpend(
            gateway_pb2.GetSpendRequest(
                start_time=since,
                group_by=[
                    gateway_pb2.SPEND_GROUP_PURPOSE,
                    gateway_pb2.SPEND_GROUP_MODEL,
                    gateway_pb2.SPEND_GROUP_SERVED_BY,
                ],
            )
        )
        return {(row.purpose, row.model, row.served_by): row for row in reply.rows}

    async def _priced(
        self,
        calls: _Calls,
        given: Given,
        past: dict[tuple[str, str, int], gateway_pb2.SpendRow],
    ) -> tuple[pb.PurposeEstimate, gateway_pb2.ServedBy.ValueType, int]:
        """With who would serve it, and the number of past calls that it rests on."""
        longest = await self._price(calls.purpose, given, calls.longest)
        row = past.get((calls.purpose, longest.model, longest.served_by))
        answered = row.call_counts.settled if row else 0
        typical = calls.typical
        if row and answered:
            typical = _Length(
                max(1, row.usage.input_tokens // answered),
                max(1, row.usage.output_tokens // answered),
            )
        usual = await self._price(calls.purpose, given, typical)
        estimate = pb.PurposeEstimate(
            purpose=calls.purpose,
            model=longest.model,
            calls_at_most=calls.most,
            calls_probably=calls.usual,
            at_most=times(longest.cost, calls.most),
            probably=times(usual.cost, calls.usual),
        )
        return estimate, longest.served_by, answered

    async def _price(
        self, purpose: str, given: Given, length: _Length
    ) -> gateway_pb2.EstimateCostResponse:
        filler = FILLER * min(length.input, MOST_FILLER)
        parts = -(-length.input // MOST_FILLER)
        return await self._gateway.EstimateCost(
            gateway_pb2.EstimateCostRequest(
                request=gateway_pb2.CompleteRequest(
                    agent="director",
                    purpose=purpose,
                    model=given.models.get(purpose, ""),
                    messages=[gateway_pb2.Message(role=gateway_pb2.ROLE_USER, content=filler)]
                    * parts,
                    max_output_tokens=length.output,
                )
            )
        )


def _tasks(given: Given) -> int:
    if given.plan is not None:
        return len(given.plan.tasks)
    return given.constraints.max_tasks or DEFAULT_TASKS


def _planning(given: Given) -> list[_Calls]:
    """The calls until there is a plan: none where there is one."""
    if given.plan is not None:
        return []
    tasks = _tasks(given)
    told = sum(_most_tokens(item.text) for item in given.known) + _most_tokens(given.goal)
    usual = _usual_tokens(given.goal, *(item.text for item in given.known))

    def calls(purpose: str, most: int, often: float, more: int, output: int) -> _Calls:
        limit = OUTPUT_LIMITS[purpose]
        return _Calls(
            purpose,
            most,
            often,
            _Length(told + TEMPLATE_TOKENS + more, limit.tokens(tasks)),
            _Length(usual + 300, output),
        )

    planned = TASK_TOKENS * tasks
    found = [
        calls("propose_team", 4, 1.0, 0, 250),
        calls("analyze_goal", 4, 1.0, OUTPUT_LIMITS["propose_team"].tokens(), 150 * tasks),
        calls("reword_tasks", 2, 0.1, planned, 60 * tasks),
    ]
    if not given.request.goal.domain:
        found.insert(0, calls("classify_domain", 2, 1.0, 0, 60))
    return found


def _work(given: Given, context_tokens: int, deliverable_tokens: int) -> list[_Calls]:
    """The calls of the tasks. Bounds are those of the longest task."""
    plan, rounds = given.plan, given.review_rounds
    tasks = _tasks(given)
    texts = [_text_of(task) for task in plan.tasks] if plan else []
    longest = max(map(_most_tokens, texts), default=TASK_TOKENS)
    usual = _usual_tokens(*texts) // tasks if plan else 150
    goal = _most_tokens(given.goal)
    written = min(USUAL_DELIVERABLE, deliverable_tokens)
    handed = context_tokens * BYTES_PER_TOKEN
    counts = [len(task.acceptance_criteria) for task in plan.tasks] if plan else [MAX_CRITERIA]
    typical_criteria = sum(counts) // tasks if plan else USUAL_CRITERIA
    answer = OUTPUT_LIMITS[PERFORM].tokens(deliverable_tokens)
    verdicts = OUTPUT_LIMITS[REVIEW]
    perform = _Calls(
        PERFORM,
        tasks * tries_of(rounds) * MOST_CALLS_OF_A_STEP,
        tasks,
        _Length(TEMPLATE_TOKENS + goal + longest + handed + MAX_CRITERIA * 1_000, answer),
        _Length(300 + usual + min(context_tokens, 600), written),
    )
    review = _Calls(
        REVIEW,
        tasks * rounds * MOST_CALLS_OF_A_STEP,
        tasks if rounds else 0,
        _Length(TEMPLATE_TOKENS + longest + answer, verdicts.tokens(max(counts))),
        _Length(300 + written + usual, 60 * max(1, typical_criteria)),
    )
    return [perform, review] if rounds else [perform]


def _text_of(task: analyst_pb2.Task) -> str:
    return "\n".join([task.title, task.description, task.deliverable, *task.acceptance_criteria])


def _most_tokens(text: str) -> int:
    """A bound in any tokenizer of bytes."""
    return len(text.encode())


def _usual_tokens(*texts: str) -> int:
    return sum(len(text.encode()) for text in texts) // BYTES_PER_TOKEN


def _within_caps(purposes: Sequence[pb.PurposeEstimate], given: Given) -> list[pb.PurposeEstimate]:
    """The most calls of tasks cut to the project's limits; the dearer ones are counted first."""
    limits, tasks = given.limits, _tasks(given)
    caps = [limits.calls or None, limits.calls_per_task * tasks or None]
    left = min((cap for cap in caps if cap), default=None)
    if left is None:
        return list(purposes)
    for each in sorted(
        (each for each in purposes if each.purpose in (PERFORM, REVIEW)),
        key=lambda each: -_amount(each.at_most) / each.calls_at_most,
    ):
        kept = min(left, each.calls_at_most)
        each.at_most.CopyFrom(times(each.at_most, kept / each.calls_at_most))
        each.calls_at_most = kept
        left -= kept
    return list(purposes)


def _amount(cost: gateway_pb2.Cost) -> int:
    return cost.nano_usd or cost.shadow_nano_usd


def _basis(calls: int) -> str:
    if not calls:
        return "usual lengths of such texts; the books have no past calls for them"
    return f"average lengths of {calls:,} past calls of the last {DAYS} days"
