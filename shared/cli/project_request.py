"""What `attune run` was asked for, as the director takes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attune.director.v1 import director_pb2 as pb


@dataclass(frozen=True, slots=True)
class ProjectWanted:
    """0, empty and None: the director's own default. reviews 0: none."""

    goal: str
    plan: pb.Plan | None
    budget_nano_usd: int | None
    models: Mapping[str, str]
    context: Sequence[tuple[str, str]]
    max_tasks: int
    max_roles: int
    parallel: int
    reviews: int | None
    max_duration: float | None
    language: str
    domain: str
    project_id: str

    def request(self) -> pb.StartProjectRequest:
        """With an id made up here, so that a start without an answer can be asked again."""
        request = pb.StartProjectRequest(
            max_parallel_tasks=self.parallel,
            max_review_rounds=self.reviews or 0,
            without_reviews=self.reviews == 0,
        )
        if self.max_duration is not None:
            request.max_duration.FromMilliseconds(round(self.max_duration * 1_000))
        project_id = self.project_id or f"p-{uuid.uuid4().hex[:12]}"
        if self.plan is not None:
            request.plan.CopyFrom(self.plan)
            request.plan.project_id = project_id
            self._fill(request, request.constraints)
        else:
            request.goal.goal = self.goal
            request.goal.project_id = project_id
            request.goal.domain = self.domain
            request.goal.constraints.max_tasks = self.max_tasks
            request.goal.constraints.max_roles = self.max_roles
            self._fill(request.goal, request.goal.constraints)
        return request

    def _fill(
        self,
        request: pb.StartProjectRequest | pb.CreatePlanRequest,
        constraints: pb.PlanConstraints,
    ) -> None:
        constraints.language = self.language
        if self.budget_nano_usd is not None:
            constraints.budget_nano_usd = self.budget_nano_usd
        request.models.update(self.models)
        for name, text in self.context:
            request.context.add(name=name, text=text)
