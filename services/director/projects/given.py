"""What a project is given at its start, and keeps: the request, its id, its start, its prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2

from services.director.projects.caps import Limits
from services.director.projects.stored import packed, unpacked

DEFAULT_PARALLEL_TASKS = 4
DEFAULT_REVIEW_ROUNDS = 2
DEFAULT_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Given:
    """start_ms: when it was started, in Unix milliseconds.

    prompt_versions: of each purpose when it was started, for example "perform_task@1".
    """

    project_id: str
    request: pb.StartProjectRequest
    start_ms: int
    prompt_versions: Mapping[str, str]

    def stored(self) -> dict[str, Any]:
        """As DBOS keeps it."""
        return {
            "project_id": self.project_id,
            "request": packed(self.request),
            "start_ms": self.start_ms,
            "prompt_versions": dict(self.prompt_versions),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Given:
        """What `stored` gave."""
        return cls(
            stored["project_id"],
            unpacked(pb.StartProjectRequest, stored["request"]),
            stored["start_ms"],
            stored["prompt_versions"],
        )

    @property
    def plan(self) -> pb.Plan | None:
        """The plan to begin with; None where one is to be made."""
        return self.request.plan if self.request.WhichOneof("start") == "plan" else None

    @property
    def goal(self) -> str:
        """In the caller's words."""
        return self.request.plan.goal if self.plan else self.request.goal.goal

    @property
    def known(self) -> Sequence[domain_pb2.ContextItem]:
        """What the caller knows already."""
        return self.request.context if self.plan else self.request.goal.context

    @property
    def models(self) -> Mapping[str, str]:
        """A model per purpose."""
        return self.request.models if self.plan else self.request.goal.models

    @property
    def constraints(self) -> pb.PlanConstraints:
        """Its language and its budget."""
        return self.request.constraints if self.plan else self.request.goal.constraints

    @property
    def parallel_tasks(self) -> int:
        """The most tasks at a time."""
        return self.request.max_parallel_tasks or DEFAULT_PARALLEL_TASKS

    @property
    def review_rounds(self) -> int:
        """The most reviews of one task."""
        if self.request.without_reviews:
            return 0
        return self.request.max_review_rounds or DEFAULT_REVIEW_ROUNDS

    @property
    def deadline(self) -> float:
        """In Unix seconds."""
        limited = self.request.HasField("max_duration")
        seconds = (
            self.request.max_duration.ToTimedelta().total_seconds() if limited else DEFAULT_SECONDS
        )
        return self.start_ms / 1e3 + seconds

    @property
    def limits(self) -> Limits:
        """Calls and money of its tasks."""
        limited = self.request.HasField("max_task_nano_usd")
        return Limits(
            self.request.max_calls_per_task,
            self.request.max_calls,
            self.request.max_task_nano_usd if limited else None,
        )


def fingerprint(request: pb.StartProjectRequest) -> str:
    """The same for the same request, whichever id it is given: SHA-256 over it."""
    bare = pb.StartProjectRequest()
    bare.CopyFrom(request)
    if bare.WhichOneof("start") == "plan":
        for unread in ("project_id", "leakage", "accounting", "degraded"):
            bare.plan.ClearField(unread)
    else:
        bare.goal.ClearField("project_id")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()
