"""Runs every scenario as often as planned, some side by side, inside the budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from attune.client import AttuneClient
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2

from shared.cli.money import dollars
from shared.cli.preprod.asking import ASK_SECONDS, PLANNING, Depth, Order, Outcome, ask
from shared.cli.preprod.log import RunLog
from shared.cli.preprod.purse import BudgetIsSpent, Purse
from shared.cli.preprod.seeing import broken, see
from shared.preprod.scenario import Scenario
from shared.preprod.trial import State, TrialSeen
from shared.rpc.errors import AttuneError
from shared.structured.accounting import total_cost

SEE_SECONDS = 300.0
"""For looking at the books and texts of one trial."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to run. models: by purpose; reviews: None is the director's default."""

    run_id: str
    scenarios: Sequence[Scenario]
    repeats: int
    depth: Depth
    models: Mapping[str, str] = field(default_factory=dict)
    reviews: int | None = None
    parallel: int = 1
    budget_nano_usd: int | None = None

    def order(self, scenario: Scenario, repeat: int, budget: int | None = None) -> Order:
        """One trial of it."""
        project_id = f"{self.run_id}-{scenario.id}-{repeat}"
        return Order(scenario, project_id, self.depth, self.models, budget, self.reviews)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one trial of a scenario will cost."""

    at_most: gateway_pb2.Cost
    probably: gateway_pb2.Cost


class Watcher:
    """Hears how a run goes; a view overrides what it shows."""

    def began(self, scenario: str, repeat: int) -> None:
        """A trial has begun."""

    def phase(self, scenario: str, repeat: int, what: str) -> None:
        """What a trial is at."""

    def ended(self, trial: TrialSeen) -> None:
        """A trial has ended."""


class Run:
    """One run. trials and calls: what it has so far, also where it is cut short."""

    def __init__(self, client: AttuneClient, wish: Wish, log: RunLog, watcher: Watcher) -> None:
        self._client = client
        self._wish = wish
        self._log = log
        self._watcher = watcher
        self._purse = Purse(wish.budget_nano_usd)
        self._forecasts: dict[str, Forecast] = {}
        self.trials: list[TrialSeen] = []
        self.calls: list[gateway_pb2.RecordedCall] = []
        self.stopped = ""

    async def forecast(self) -> tuple[Forecast, gateway_pb2.ServedBy.ValueType]:
        """What the whole run will cost, and who would serve it. Raises AttuneError."""
        served_by = gateway_pb2.SERVED_BY_UNSPECIFIED
        for scenario in self._wish.scenarios:
            request = pb.EstimateProjectRequest(request=self._wish.order(scenario, 0).start())
            reply = await self._client.director.EstimateProject(request, timeout=ASK_SECONDS)
            self._forecasts[scenario.id] = _forecast_of(reply, self._wish.depth)
            served_by = reply.served_by
        every = [each for each in self._forecasts.values() for _ in range(self._wish.repeats)]
        whole = Forecast(
            total_cost(each.at_most for each in every), total_cost(each.probably for each in every)
        )
        return whole, served_by

    async def run(self) -> None:
        """Every trial: the first of all scenarios before the second of any."""
        waiting = iter([
            (scenario, repeat)
            for repeat in range(1, self._wish.repeats + 1)
            for scenario in self._wish.scenarios
        ])  # fmt: skip
        async with asyncio.TaskGroup() as group:
            for _ in range(self._wish.parallel):
                group.create_task(self._work(waiting))

    async def _work(self, waiting: Iterable[tuple[Scenario, int]]) -> None:
        for scenario, repeat in waiting:
            if self.stopped:
                return
            forecast = self._forecasts.get(scenario.id)
            try:
                taken = await self._purse.take(*_amounts(forecast))
            except BudgetIsSpent as spent:
                left = f"{dollars(max(0, spent.left))} of the budget are left"
                self.stopped = f"{left}, less than {scenario.id} will probably cost"
                return
            cost: int | None = None
            try:
                trial = await self._trial(scenario, repeat, taken)
                known = trial.books.cost_nano_usd
                cost = None if trial.books.unpriced_calls else known
                if trial.state is State.STOPPED and not self.stopped:
                    self.stopped = f"{trial.key}: {trial.message}"
            finally:
                await self._purse.give_back(taken, cost)

    async def _trial(self, scenario: Scenario, repeat: int, budget: int | None) -> TrialSeen:
        order = self._wish.order(scenario, repeat, budget)
        self._watcher.began(scenario.id, repeat)
        self._log.write(
            "trial_began", scenario=scenario.id, repeat=repeat, project_id=order.project_id,
            goal=scenario.goal, budget_nano_usd=budget,
        )  # fmt: skip
        phases = _Phases()

        def hear(event: pb.ProjectEvent) -> None:
            self._log_event(order, event)
            if what := phases.after(event):
                self._watcher.phase(scenario.id, repeat, what)

        self._watcher.phase(scenario.id, repeat, "planning")
        began = time.monotonic()
        outcome = await ask(self._client, order, hear)
        seconds = time.monotonic() - began
        self._watcher.phase(scenario.id, repeat, "measuring")
        trial = await self._seen(order, outcome, repeat, seconds)
        self.trials.append(trial)
        self._log_trial(trial)
        self._watcher.ended(trial)
        return trial

    async def _seen(self, order: Order, outcome: Outcome, repeat: int, seconds: float) -> TrialSeen:
        try:
            async with asyncio.timeout(SEE_SECONDS):
                trial, calls = await see(self._client, order, outcome, repeat, seconds)
        except (AttuneError, TimeoutError) as error:
            why = str(error) or f"its books and texts could not be read in {SEE_SECONDS:g} s"
            return broken(order, outcome, repeat, seconds, why)
        self.calls += calls
        return trial

    def _log_event(self, order: Order, event: pb.ProjectEvent) -> None:
        kind = event.WhichOneof("event") or "unknown"
        facts: dict[str, str | int] = {
            "project_id": order.project_id, "sequence": event.sequence, "kind": kind,
        }  # fmt: skip
        if kind == "degraded":
            facts |= {"task_id": event.degraded.task_id, "text": event.degraded.text}
        elif kind == "task_failed":
            facts |= {"task_id": event.task_failed.task_id, "text": event.task_failed.message}
        self._log.write("project_event", **facts)

    def _log_trial(self, trial: TrialSeen) -> None:
        for answer in trial.answers:
            self._log.write(
                "answer", scenario=trial.scenario, repeat=trial.repeat,
                project_id=trial.project_id, **answer.model_dump(exclude={"raw"}),
            )  # fmt: skip
        for text in trial.texts:
            if text.leaks:
                self._log.write(
                    "leak", scenario=trial.scenario, repeat=trial.repeat, kind=text.kind,
                    name=text.name, leaked=text.leaked, foreign=text.foreign,
                )  # fmt: skip
        self._log.write(
            "trial_ended",
            **trial.model_dump(mode="json", exclude={"answers", "texts", "tasks"}),
        )


class _Phases:
    """What a project is at, in a few words, from its events."""

    def __init__(self) -> None:
        self._tasks = 0
        self._done = 0

    def after(self, event: pb.ProjectEvent) -> str:
        """After this event; empty where it says nothing new."""
        kind = event.WhichOneof("event")
        if kind == "team_proposed":
            return "planning the tasks"
        if kind == "plan_made":
            self._tasks = len(event.plan_made.tasks)
        elif kind in ("task_finished", "task_failed"):
            self._done += 1
        else:
            return "proposing a team" if kind == "domain_found" else ""
        return f"working, {self._done} of {self._tasks} tasks"


def _forecast_of(reply: pb.EstimateProjectResponse, depth: Depth) -> Forecast:
    if depth is Depth.PROJECT:
        return Forecast(reply.at_most, reply.probably)
    planning = [each for each in reply.purposes if each.purpose in PLANNING]
    return Forecast(
        total_cost(each.at_most for each in planning),
        total_cost(each.probably for each in planning),
    )


def _amounts(forecast: Forecast | None) -> tuple[int | None, int]:
    if forecast is None:
        return None, 0
    at_most = forecast.at_most
    most = at_most.nano_usd if at_most.HasField("nano_usd") else None
    return most, forecast.probably.nano_usd
