"""What the gateway keeps of a project: its budget, and what was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attune.gateway.v1 import gateway_pb2 as pb

from shared.rpc.errors import AttuneError
from shared.structured.accounting import common_server

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceAsyncStub

NO_BUDGET = "BUDGET_NOT_FOUND"


class Books:
    """Asks the gateway, which alone knows."""

    def __init__(self, gateway: GatewayServiceAsyncStub) -> None:
        self._gateway = gateway

    async def limit(self, project_id: str, nano_usd: int) -> None:
        """Holds a project to so much in all; a lower limit that somebody set before stays."""
        budget = pb.Budget(project_id=project_id, period=pb.BUDGET_PERIOD_TOTAL)
        try:
            found = await self._gateway.GetBudget(
                pb.GetBudgetRequest(project_id=project_id, period=budget.period)
            )
        except AttuneError as error:
            if error.reason != NO_BUDGET:
                raise
        else:
            kept = found.budget
            if kept.HasField("limit_nano_usd") and kept.limit_nano_usd <= nano_usd:
                return
            if kept.HasField("soft_limit_nano_usd"):
                budget.soft_limit_nano_usd = min(kept.soft_limit_nano_usd, nano_usd)
            if kept.HasField("limit_tokens"):
                budget.limit_tokens = kept.limit_tokens
        budget.limit_nano_usd = nano_usd
        await self._gateway.SetBudget(pb.SetBudgetRequest(budget=budget))

    async def spent(self, project_id: str) -> pb.Accounting:
        """All calls of a project, lost ones and those in flight at the most they can be."""
        reply = await self._gateway.GetSpend(
            pb.GetSpendRequest(project_id=project_id, group_by=[pb.SPEND_GROUP_SERVED_BY])
        )
        total = reply.total
        return pb.Accounting(
            calls=total.calls,
            attempts=total.attempts,
            replayed_calls=total.replays,
            usage=total.usage,
            cost=total.cost,
            served_by=common_server(row.served_by for row in reply.rows),
        )
