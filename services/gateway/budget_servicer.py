"""SetBudget, GetBudget and ListBudgets: messages in, messages out."""

from __future__ import annotations

import base64
import json
from typing import Literal

from attune.gateway.v1 import gateway_pb2 as pb
from sqlalchemy.engine import Connection, Engine

from services.gateway.books.budgets import Budget, Budgets, Limits, Standing
from services.gateway.books.reader import read
from services.gateway.books.reservations import Period, Scope
from services.gateway.books.rows import day_of, now_micros
from services.gateway.books.writer import Writer
from services.gateway.calls import ServedBy
from services.gateway.messages import served_by_message
from shared.rpc.checks import RequestChecks
from shared.rpc.errors import NotFound

MOST_ON_A_PAGE, ON_A_PAGE = 1_000, 100
MOST_LIMIT = 2**62
MOST_TOKEN = 4_000
"""Characters of a page_token."""
_PERIODS = {
    pb.BUDGET_PERIOD_DAY: Period.DAY,
    pb.BUDGET_PERIOD_MONTH: Period.MONTH,
    pb.BUDGET_PERIOD_TOTAL: Period.TOTAL,
}
_Limit = Literal["limit_nano_usd", "soft_limit_nano_usd", "limit_tokens"]
_LIMITS: tuple[_Limit, ...] = ("limit_nano_usd", "soft_limit_nano_usd", "limit_tokens")


class BudgetServicer:
    """Answers what is asked of budgets, for the one who serves the calls."""

    def __init__(
        self, budgets: Budgets, engine: Engine, writer: Writer, served_by: ServedBy
    ) -> None:
        self._budgets = budgets
        self._engine = engine
        self._writer = writer
        self._served_by = served_by

    async def set(self, request: pb.SetBudgetRequest) -> pb.SetBudgetResponse:
        """Sets a limit and says how it stands."""
        checks = RequestChecks()
        wanted = request.budget
        scope, name, period = _key(wanted, checks, "budget.")
        given = {field: getattr(wanted, field) for field in _LIMITS if wanted.HasField(field)}
        for field, value in given.items():
            checks.number(f"budget.{field}", value, least=0, most=MOST_LIMIT)
        hard, soft = given.get("limit_nano_usd"), given.get("soft_limit_nano_usd")
        if hard is not None and soft is not None and soft > hard:
            checks.fault("budget.soft_limit_nano_usd", "must not be more than limit_nano_usd")
        checks.done()
        budget = Budget(scope, name, period, Limits(hard, soft, given.get("limit_tokens")))

        def work(connection: Connection) -> Standing:
            self._budgets.set(connection, budget)
            return self._standing(connection, budget)

        return pb.SetBudgetResponse(budget=self._message(await self._writer.run(work)))

    async def get(self, request: pb.GetBudgetRequest) -> pb.GetBudgetResponse:
        """How one limit stands."""
        checks = RequestChecks()
        scope, name, period = _key(request, checks, "")
        checks.done()

        def work(connection: Connection) -> Standing | None:
            budget = self._budgets.get(connection, scope, name, period)
            return None if budget is None else self._standing(connection, budget)

        standing = await read(self._engine, work)
        if standing is None:
            raise NotFound(
                f"{scope}:{name} has no budget for this period", reason="BUDGET_NOT_FOUND"
            )
        return pb.GetBudgetResponse(budget=self._message(standing))

    async def list(self, request: pb.ListBudgetsRequest) -> pb.ListBudgetsResponse:
        """A page of limits and how they stand."""
        checks = RequestChecks()
        checks.number("page_size", request.page_size, least=0, most=MOST_ON_A_PAGE)
        after = _after(request.page_token, checks)
        checks.done()
        most = request.page_size or ON_A_PAGE

        def work(connection: Connection) -> list[Standing]:
            found = self._budgets.page(connection, after, most + 1)
            return [self._standing(connection, budget) for budget in found]

        found = await read(self._engine, work)
        page = found[:most]
        more = _token(page[-1].budget) if len(found) > most else ""
        return pb.ListBudgetsResponse(
            budgets=[self._message(standing) for standing in page], next_page_token=more
        )

    def _standing(self, connection: Connection, budget: Budget) -> Standing:
        return self._budgets.standing(connection, self._served_by, budget, day_of(now_micros()))

    def _message(self, standing: Standing) -> pb.Budget:
        budget, sums = standing.budget, standing.sums
        of_project = budget.scope is Scope.PROJECT
        return pb.Budget(
            project_id=budget.name if of_project else "",
            agent="" if of_project else budget.name,
            period=next(theirs for theirs, ours in _PERIODS.items() if ours is budget.period),
            limit_nano_usd=budget.limits.nano_usd,
            soft_limit_nano_usd=budget.limits.soft_nano_usd,
            limit_tokens=budget.limits.tokens,
            spent_nano_usd=sums.spent.nano_usd,
            reserved_nano_usd=sums.reserved.nano_usd,
            spent_tokens=sums.spent.tokens,
            reserved_tokens=sums.reserved.tokens,
            unpriced_calls=sums.spent.unpriced,
            span=standing.span,
            past_soft_limit=standing.past_soft_limit,
            from_environment=budget.from_environment,
            served_by=served_by_message(self._served_by),
        )


def _key(
    named: pb.Budget | pb.GetBudgetRequest, checks: RequestChecks, prefix: str
) -> tuple[Scope, str, Period]:
    checks.text(f"{prefix}project_id", named.project_id, most=200)
    checks.text(f"{prefix}agent", named.agent, most=100)
    if bool(named.project_id) == bool(named.agent):
        checks.fault(f"{prefix}project_id", "exactly one of project_id and agent must be set")
    period = _PERIODS.get(named.period)
    if period is None:
        told = "use BUDGET_PERIOD_DAY, BUDGET_PERIOD_MONTH or BUDGET_PERIOD_TOTAL"
        checks.fault(f"{prefix}period", f"is {named.period or 'not set'}; {told}")
    scope = Scope.AGENT if named.agent else Scope.PROJECT
    return scope, named.agent or named.project_id, period or Period.TOTAL


def _token(budget: Budget) -> str:
    key = json.dumps([budget.scope, budget.name, budget.period])
    return base64.urlsafe_b64encode(key.encode()).decode()


def _after(token: str, checks: RequestChecks) -> tuple[str, str, str] | None:
    if not token:
        return None
    try:
        scope, name, period = json.loads(base64.urlsafe_b64decode(token[:MOST_TOKEN].encode()))
        named = Scope(scope), str(name), Period(period)
    except (ValueError, TypeError, RecursionError):
        checks.fault("page_token", "is none that ListBudgets gave")
        return None
    checks.text("page_token", named[1], most=200)
    return named
