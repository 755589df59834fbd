"""The incident's prompt and three others: the same goal told four ways.

What differs is the system's text alone; form, goal and sampling are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2 as pb

from services.analyst.goal_analysis import tasks_schema
from shared.context.prompt import build_prompt

FOLDER = Path(__file__).parent / "data" / "incident"

GOALS: Mapping[str, str] = {
    "Create a bodybuilding training program": "strength-training",
    "Learn to bake sourdough bread at home": "baking",
    "Turn a lawn into a vegetable garden": "gardening",
    "Restore an old wooden sailing boat": "sailing",
    "Prepare a school choir for a summer concert": "singing",
}
"""Goal: its field."""

MARKETING, NEUTRAL, BUILT, OTHERS = "marketing examples", "neutral", "built context", "other fields"
ARMS = (MARKETING, NEUTRAL, BUILT, OTHERS)
FORM = "Goal: {goal}\nTasks:"


def fixture(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text("utf-8").strip()


def system_text(arm: str, profile: domain_pb2.DomainProfile) -> str:
    if arm == MARKETING:
        return fixture("marketing_examples")
    if arm == OTHERS:
        return fixture("other_examples")
    if arm == NEUTRAL:
        return fixture("neutral")
    built = build_prompt(
        "analyze_goal",
        schema=tasks_schema(["one", "two"], 5),
        profile=profile,
        language="English",
        user=[],
    )
    # The contract asks for JSON; here every arm is asked for lines.
    return "\n".join(part.text for part in built.system if part.name != "contract")


def messages(arm: str, goal: str, profile: domain_pb2.DomainProfile) -> list[pb.Message]:
    return [
        pb.Message(role=pb.ROLE_SYSTEM, content=system_text(arm, profile)),
        pb.Message(role=pb.ROLE_USER, content=FORM.format(goal=goal)),
    ]
