"""The gateway's RPCs: messages in, messages out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any, Literal

import grpc
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceServicer
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy.engine import Connection, Engine

from services.gateway.asking.completion import Completion
from services.gateway.books.callers import Callers
from services.gateway.books.reader import read
from services.gateway.books.spend import SpendFilter, add_up
from services.gateway.budget_servicer import BudgetServicer
from services.gateway.calls import Provider
from services.gateway.messages import (
    completion_message,
    cost_message,
    served_by_message,
    served_by_value,
    spend_message,
    status_message,
)
from services.gateway.pricing.cost import Pricing
from services.gateway.pricing.prompt_bounds import PromptBounds
from services.gateway.recorded import BEGINNING, recorded
from services.gateway.requests import CallRequest, Models, read_request
from services.gateway.settings import GatewaySettings
from shared.rpc.checks import RequestChecks
from shared.rpc.errors import FailedPrecondition

LARGE_BYTES = 20_000

_GROUP_COLUMNS = {
    pb.SPEND_GROUP_PROJECT: "project_id",
    pb.SPEND_GROUP_AGENT: "agent",
    pb.SPEND_GROUP_PURPOSE: "purpose",
    pb.SPEND_GROUP_MODEL: "model",
    pb.SPEND_GROUP_SERVED_BY: "served_by",
    pb.SPEND_GROUP_DAY: "day",
}
_Context = grpc.aio.ServicerContext[Any, Any]


class GatewayServicer(GatewayServiceServicer):
    """Serves calls, their estimates, the books and budgets."""

    def __init__(
        self,
        settings: GatewaySettings,
        models: Models,
        provider: Provider,
        completion: Completion,
        pricing: Pricing,
        bounds: PromptBounds,
        engine: Engine,
        budgets: BudgetServicer,
        callers: Callers,
    ) -> None:
        self._settings = settings
        self._models = models
        self._provider = provider
        self._completion = completion
        self._pricing = pricing
        self._bounds = bounds
        self._engine = engine
        self._budgets = budgets
        self._callers = callers

    async def Complete(self, request: pb.CompleteRequest, context: _Context) -> pb.CompleteResponse:
        """One model call."""
        caller = await self._callers.of(context)
        call = await self._read(request)
        done = await self._completion.complete(caller, call)
        return completion_message(done, self._provider.served_by)

    async def StreamComplete(
        self, request: pb.StreamCompleteRequest, context: _Context
    ) -> AsyncIterator[pb.StreamCompleteResponse]:
        """One model call whose text is given as it comes."""
        caller = await self._callers.of(context)
        call = await self._read(request.request, prefix="request.")
        async with aclosing(self._completion.stream(caller, call)) as parts:
            async for part in parts:
                if isinstance(part, str):
                    yield pb.StreamCompleteResponse(text_delta=part)
                else:
                    done = completion_message(part, self._provider.served_by)
                    yield pb.StreamCompleteResponse(completion=done)

    async def EstimateCost(
        self, request: pb.EstimateCostRequest, context: _Context
    ) -> pb.EstimateCostResponse:
        """What a call would cost at most."""
        await self._callers.of(context)
        call = (await self._read(request.request, prefix="request.")).provider
        tokens = self._bounds.most_input_tokens(call)
        cost = self._pricing.at_most(call.model, tokens, call.max_output_tokens)
        return pb.EstimateCostResponse(
            model=call.model,
            max_input_tokens=tokens,
            max_output_tokens=call.max_output_tokens,
            cost=cost_message(cost),
            served_by=served_by_message(self._provider.served_by),
        )

    async def GetSpend(self, request: pb.GetSpendRequest, context: _Context) -> pb.GetSpendResponse:
        """The books, added up."""
        await self._callers.of(context)
        wanted, groups = _read_spend(request)

        def query(connection: Connection) -> pb.GetSpendResponse:
            rows, total = add_up(connection, wanted, groups)
            return pb.GetSpendResponse(
                rows=[spend_message(row) for row in rows], total=spend_message(total)
            )

        return await read(self._engine, query)

    async def ExportCalls(
        self, request: pb.ExportCallsRequest, context: _Context
    ) -> AsyncIterator[pb.ExportCallsResponse]:
        """The calls of a project with their prompts and answers."""
        await self._callers.of(context)
        checks = RequestChecks()
        checks.text("project_id", request.project_id, most=200, required=True)
        checks.done()
        if not self._settings.exports_calls:
            raise FailedPrecondition(
                "prompts and answers are not given over the network here; ATTUNE_EXPORT_CALLS=true"
                " allows it, and attune journal export needs no network",
                reason="EXPORT_NOT_ALLOWED",
            )
        after = BEGINNING
        while True:
            some = await read(self._engine, partial(recorded, request.project_id, after))
            for call in some.calls:
                yield pb.ExportCallsResponse(call=call)
            if some.next is None:
                return
            after = some.next

    async def SetBudget(
        self, request: pb.SetBudgetRequest, context: _Context
    ) -> pb.SetBudgetResponse:
        """Sets a limit."""
        await self._callers.of(context)
        return await self._budgets.set(request)

    async def GetBudget(
        self, request: pb.GetBudgetRequest, context: _Context
    ) -> pb.GetBudgetResponse:
        """Reads one limit."""
        await self._callers.of(context)
        return await self._budgets.get(request)

    async def ListBudgets(
        self, request: pb.ListBudgetsRequest, context: _Context
    ) -> pb.ListBudgetsResponse:
        """Lists limits."""
        await self._callers.of(context)
        return await self._budgets.list(request)

    async def DescribeProvider(
        self, request: pb.DescribeProviderRequest, context: _Context
    ) -> pb.DescribeProviderResponse:
        """Who serves, without a secret."""
        await self._callers.of(context)
        return pb.DescribeProviderResponse(
            served_by=served_by_message(self._provider.served_by),
            provider=self._provider.name,
            endpoint=self._provider.endpoint,
            default_model=self._models.default,
            models_by_purpose=self._models.by_purpose,
            catalogue_version=self._pricing.catalogue_version,
            environment=self._settings.environment,
            default_model_cost_status=status_message(self._pricing.status_of(self._models.default)),
        )

    async def _read(self, request: pb.CompleteRequest, prefix: str = "") -> CallRequest:
        """Reads large requests in a thread: a schema can take a second to check."""
        if request.ByteSize() < LARGE_BYTES:
            return read_request(request, self._models, prefix)
        return await asyncio.to_thread(read_request, request, self._models, prefix)


def _read_spend(request: pb.GetSpendRequest) -> tuple[SpendFilter, list[str]]:
    checks = RequestChecks()
    equal: dict[str, str] = {}
    for name in ("project_id", "agent", "purpose", "model"):
        value = getattr(request, name)
        checks.text(name, value, most=200)
        if value:
            equal[name] = value
    if request.served_by:
        served_by = served_by_value(request.served_by)
        if served_by is None:
            known = "SERVED_BY_MOCK, _REAL or _CASSETTE"
            checks.fault("served_by", f"is {request.served_by}; use {known}")
        else:
            equal["served_by"] = served_by
    groups = []
    checks.count("group_by", request.group_by, most=len(_GROUP_COLUMNS))
    for index, group in enumerate(request.group_by[: len(_GROUP_COLUMNS)]):
        if group not in _GROUP_COLUMNS:
            checks.fault(f"group_by[{index}]", f"is {group}, which is no column to group by")
        elif _GROUP_COLUMNS[group] in groups:
            checks.fault(f"group_by[{index}]", "is there twice")
        else:
            groups.append(_GROUP_COLUMNS[group])
    start = _micros(request, "start_time", checks)
    end = _micros(request, "end_time", checks)
    if start is not None and end is not None and end <= start:
        checks.fault("end_time", "must be after start_time")
    checks.done()
    return SpendFilter(equal, start, end), groups


def _micros(
    request: pb.GetSpendRequest, field: Literal["start_time", "end_time"], checks: RequestChecks
) -> int | None:
    if not request.HasField(field):
        return None
    value: Timestamp = getattr(request, field)
    try:
        return value.ToMicroseconds()
    except ValueError as error:
        checks.fault(field, f"is no time: {error}")
        return None
