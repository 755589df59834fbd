"""Proposes a team for a goal: one model call, its answer as plain roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from pydantic import BaseModel, Field

from services.director.plan import Role
from shared.context.limits import OUTPUT_LIMITS
from shared.context.prompt import build_prompt, goal_part, known_parts
from shared.structured.ask import Asker
from shared.structured.texts import Line, Passage

PURPOSE = "propose_team"


class RoleAnswer(BaseModel):
    """A role as the model gives it."""

    name: Annotated[Line, Field(max_length=100)]
    responsibility: Passage
    skills: Annotated[list[Line], Field(max_length=20)]


class TeamAnswer(BaseModel):
    """A team as the model gives it."""

    roles: Annotated[list[RoleAnswer], Field(max_length=40)]


@dataclass(frozen=True, slots=True)
class TeamWanted:
    """What a team is proposed for. language: a name, for example "German", or empty."""

    goal: str
    context: Sequence[domain_pb2.ContextItem]
    profile: domain_pb2.DomainProfile
    max_roles: int
    language: str
    project_id: str
    model: str


@dataclass(frozen=True, slots=True)
class TeamProposed:
    """A team as the model gave it, and what that cost."""

    roles: list[Role]
    accounting: gateway_pb2.Accounting
    degraded: tuple[str, ...]


def team_schema(max_roles: int) -> dict[str, Any]:
    """The form of a team."""
    text = {"type": "string", "minLength": 2}
    role = {
        "type": "object",
        "properties": {
            "name": {**text, "maxLength": 60, "description": "what the role is called"},
            "responsibility": {**text, "maxLength": 200, "description": "what it answers for"},
            "skills": {
                "type": "array",
                "items": {**text, "maxLength": 60},
                "minItems": 1,
                "maxItems": 4,
                "description": "what it can do",
            },
        },
        "required": ["name", "responsibility", "skills"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "roles": {
                "type": "array",
                "items": role,
                "minItems": min(2, max_roles),
                "maxItems": max_roles,
                "description": "no two alike",
            }
        },
        "required": ["roles"],
        "additionalProperties": False,
    }


async def propose_team(asker: Asker, wanted: TeamWanted, findings: Sequence[str]) -> TeamProposed:
    """Asks for a team; with findings, for one without these faults."""
    prompt = build_prompt(
        PURPOSE,
        schema=team_schema(wanted.max_roles),
        profile=wanted.profile,
        language=wanted.language,
        user=[goal_part(wanted.goal), *known_parts(wanted.context)],
    )
    asked = await asker.ask(
        prompt.with_findings(findings) if findings else prompt,
        TeamAnswer,
        project_id=wanted.project_id,
        max_output_tokens=OUTPUT_LIMITS[PURPOSE].tokens(),
        model=wanted.model,
        scope=wanted.project_id,
    )
    roles = [Role(role.name, role.responsibility, tuple(role.skills)) for role in asked.value.roles]
    return TeamProposed(roles, asked.accounting, asked.degraded)
