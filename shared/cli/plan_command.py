"""`attune plan`: asks the director for a plan and prints it."""

from __future__ import annotations

from dataclasses import dataclass, field

from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub

from shared.cli.cost_view import models_of
from shared.cli.gateway_call import check_served_by, describe_or_none, expect
from shared.cli.output import json_text, write_json
from shared.cli.plan_view import print_plan
from shared.cli.progress import Progress
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.channel import open_channel
from shared.rpc.deadline import serving_within

_PURPOSES = ("classify_domain", "propose_team", "analyze_goal")


@dataclass(frozen=True, slots=True)
class PlanCommand:
    """What was asked for; 0 and empty: the service's own default."""

    goal: str
    as_json: bool
    max_tasks: int = 0
    max_roles: int = 0
    language: str = ""
    domain: str = ""
    project_id: str = ""
    models: dict[str, str] = field(default_factory=dict)
    context: list[tuple[str, str]] = field(default_factory=list)

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Prints the plan. Raises AttuneError, TimeoutError, Stop."""
        await expect(wanted, targets)
        provider = None if self.as_json else await describe_or_none(targets)
        progress.waiting("Asking the director for a plan")
        async with (
            serving_within(wanted.seconds),
            open_channel("director", targets["director"]) as channel,
        ):
            reply = await DirectorServiceStub(channel).CreatePlan(self.request())
        progress.clear()
        if self.as_json:
            write_json(json_text(reply.plan))
        else:
            purposes = _PURPOSES[1:] if self.domain else _PURPOSES
            print_plan(reply.plan, models_of(provider, purposes, self.models))
        served_by = reply.plan.accounting.served_by
        if served_by:
            check_served_by(wanted, served_by, "who served this plan was", "see its cost")

    def request(self) -> pb.CreatePlanRequest:
        """The request as the director takes it."""
        request = pb.CreatePlanRequest(
            goal=self.goal, project_id=self.project_id, domain=self.domain, models=self.models
        )
        request.constraints.max_tasks = self.max_tasks
        request.constraints.max_roles = self.max_roles
        request.constraints.language = self.language
        for name, text in self.context:
            request.context.add(name=name, text=text)
        return request
