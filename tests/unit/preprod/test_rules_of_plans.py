"""A plan's promises and a deliverable's, found broken without the code that makes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb

from shared.preprod.plan_rules import deliverable_faults, plan_problems
from shared.preprod.scenario import Limits

GOAL = "Bake bread"


def a_plan() -> pb.Plan:
    plan = pb.Plan(goal=GOAL)
    plan.profile.domain = "baking"
    plan.profile.confidence = 0.9
    plan.team.add(name="Baker")
    for number in (1, 2, 3):
        plan.tasks.add(
            id=f"t{number}", title=f"Step {number}", role="Baker",
            acceptance_criteria=["It smells of bread"],
            depends_on=[f"t{number - 1}"] if number > 1 else [],
        )  # fmt: skip
    return plan


def test_a_good_plan_has_no_problem() -> None:
    assert plan_problems(a_plan(), GOAL, Limits()) == ()


def _task(**more: object) -> Callable[[pb.Plan], None]:
    def change(plan: pb.Plan) -> None:
        plan.tasks[1].MergeFrom(analyst_pb2.Task(**more))

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.ClearField("tasks"), "has no task"),
        (lambda p: p.ClearField("team"), "has no role"),
        (lambda p: p.team.add(name="baker "), "is there twice"),
        (_task(title="step 1!"), "is there twice"),
        (_task(role="Miller"), "not in the team"),
        (_task(depends_on=["t3"]), "does not stand before it"),
        (_task(depends_on=["t9"]), "needs t9"),
        (_task(id="t1"), "no id of its own"),
        (lambda p: p.tasks[0].ClearField("acceptance_criteria"), "no acceptance criterion"),
        (lambda p: p.tasks[0].ClearField("title"), "has no title"),
        (lambda p: p.profile.ClearField("domain"), "has no field"),
        (lambda p: setattr(p.profile, "confidence", 1.4), "is sure by 1.4"),
        (lambda p: setattr(p, "goal", "Sell bread"), "not the one that was given"),
        (lambda p: [p.tasks.add(id=f"x{n}", title=f"T{n}", role="Baker",
                                acceptance_criteria=["y"]) for n in range(9)], "at most 5"),
    ],
)  # fmt: skip
def test_every_rule_that_is_broken_is_told(change: Callable[[pb.Plan], None], said: str) -> None:
    plan = a_plan()
    change(plan)
    assert any(said in problem for problem in plan_problems(plan, GOAL, Limits()))


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("", "has 0 letters"),
        ("# Title\n\nshort", "letters and digits"),
        ("Lorem ipsum dolor sit amet, " * 4, "lorem ipsum"),
        ("Mix [insert amount here] of flour with water and wait for an hour or more, then bake.",
         "fill in"),
        ("The oven is heated to {{temperature}} degrees before the loaf goes in for an hour.",
         "fill in"),
        ("Heat the oven. TODO: find out how hot, and for how long the loaf has to stay in it.",
         "work to do"),
    ],
)  # fmt: skip
def test_a_deliverable_with_something_missing_is_told(markdown: str, said: str) -> None:
    assert any(said in fault for fault in deliverable_faults(markdown))


def test_links_and_boxes_to_tick_are_no_placeholders() -> None:
    text = (
        "- [ ] mix the flour and water\n- [x] wait\n\nSee [your notes](notes.md) on the starter, "
        "todo el mundo is Spanish, and the rest is in the table below for whoever bakes."
    )
    assert deliverable_faults(text) == ()
