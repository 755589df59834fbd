"""What field an example in the context is of does not change the field of the plan."""

from __future__ import annotations

import grpc
import pytest
from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from attune.domain.v1.domain_pb2 import ContextItem
from incident_prompts import fixture
from running_system import RunningSystem

GOALS = {
    "Create a bodybuilding training program": "strength-training",
    "Learn to bake sourdough bread at home": "baking",
    "Eine Steuererklärung für Selbstständige abgeben": "taxation",
    "为社区老人开设太极拳课程": "martial-arts",
}
EXAMPLES = {
    "none": "",
    "marketing": fixture("marketing_examples"),
    "other fields": fixture("other_examples"),
    "law": "Goal: Contest a parking fine\nTasks:\n- Request the file from the court\n- Write the appeal",
    "medicine": "Goal: Treat a sprained ankle\nTasks:\n- Examine the patient\n- Adjust the dosage",
}


@pytest.mark.parametrize("goal", GOALS)
def test_swapping_the_examples_field_leaves_the_plans_field(
    goal: str, system: RunningSystem
) -> None:
    with grpc.insecure_channel(system.targets["director"]) as channel:
        director = DirectorServiceStub(channel)
        found = {}
        for name, text in EXAMPLES.items():
            context = [ContextItem(name="an example", text=text)] if text else []
            request = pb.CreatePlanRequest(goal=goal, context=context)
            found[name] = director.CreatePlan(request, timeout=60).plan.profile.domain
    assert found == dict.fromkeys(EXAMPLES, GOALS[goal])
