"""What CreatePlan promises: a valid plan, its repairs told, its calls added up, or an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from services.director.planner import Planner
from services.director.team import RoleAnswer, TeamAnswer
from shared.context.profile import PROFILE_CONTRADICTS_GOAL
from shared.rpc.errors import FailedPrecondition, InvalidArgument, Violation
from shared.structured.ask import Asked, spent_in
from shared.structured.parser import Strategy

ONE_CALL = gateway_pb2.Accounting(
    calls=1, attempts=1, cost=gateway_pb2.Cost(nano_usd=5, status=gateway_pb2.COST_STATUS_EXACT)
)


def a_task(number: int, **changes: object) -> analyst_pb2.Task:
    fields: dict[str, object] = {
        "id": f"t{number}", "title": f"Title {number}", "role": "Baker",
        "acceptance_criteria": [f"Criterion of {number} can be read"],
    }  # fmt: skip
    return analyst_pb2.Task(**(fields | changes))


@dataclass
class House:
    """Fakes for everything that the planner asks; answers are given in turn."""

    tasks: Sequence[Sequence[analyst_pb2.Task]]
    teams: Sequence[Sequence[str]] = (("Baker", "Miller"),)
    analyst_requests: list[analyst_pb2.AnalyzeGoalRequest] = field(default_factory=list)
    domain_requests: list[domain_pb2.ClassifyDomainRequest] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    measured: list[domain_pb2.MeasureLeakageRequest] = field(default_factory=list)
    contradicts: bool = False
    questions: Sequence[tuple[str, str]] = ()

    async def ClassifyDomain(self, request):  # noqa: N802
        self.domain_requests.append(request)
        profile = domain_pb2.DomainProfile(domain="baking", label="Baking", language="de")
        return domain_pb2.ClassifyDomainResponse(profile=profile, accounting=ONE_CALL)

    async def AnalyzeGoal(self, request):  # noqa: N802
        self.analyst_requests.append(request)
        tasks = self.tasks[len(self.analyst_requests) - 1]
        questions = [
            analyst_pb2.OpenQuestion(question=question, task_id=task_id)
            for question, task_id in self.questions
        ]
        return analyst_pb2.AnalyzeGoalResponse(
            tasks=tasks, accounting=ONE_CALL, open_questions=questions
        )

    async def MeasureLeakage(self, request):  # noqa: N802
        """A text leaks as often as it says KPI."""
        self.measured.append(request)
        if self.contradicts and request.profile.source != domain_pb2.PROFILE_SOURCE_CALLER:
            raise InvalidArgument(
                [Violation("profile.domain", "no")], reason=PROFILE_CONTRADICTS_GOAL
            )
        measured = not any("without a lexicon" in text for text in request.texts)
        report = domain_pb2.LeakageReport(measured=measured)
        for text in request.texts:
            found = report.texts.add()
            if count := text.count("KPI"):
                found.leaked_terms.add(term="KPI", field="marketing", count=count, written=["KPI"])
        return domain_pb2.MeasureLeakageResponse(report=report)

    async def ask(self, prompt, answer_type, **_):
        self.prompts.append(str(prompt))
        names = self.teams[len(self.prompts) - 1]
        roles = [RoleAnswer(name=n, responsibility="bakes", skills=["bread"]) for n in names]
        return Asked(TeamAnswer(roles=roles), Strategy.STRICT, ONE_CALL, ())

    async def plan(self, **fields: object) -> pb.Plan:
        request = pb.CreatePlanRequest(goal="Bake sourdough", **fields)
        return await Planner(self, self, self).create_plan(request)  # type: ignore[arg-type]


async def test_a_valid_answer_becomes_a_plan_as_it_is() -> None:
    house = House([[a_task(1), a_task(2, depends_on=["t1"])]])
    plan = await house.plan(project_id="p", constraints=pb.PlanConstraints(max_tasks=3))
    assert [task.id for task in plan.tasks] == ["t1", "t2"]
    assert [member.name for member in plan.team] == ["Baker", "Miller"]
    assert (plan.accounting.calls, plan.accounting.cost.nano_usd) == (3, 15)
    assert (plan.project_id, plan.goal, list(plan.degraded)) == ("p", "Bake sourdough", [])
    assert house.analyst_requests[0].max_tasks == 3
    assert "Write in German." in house.prompts[0]


async def test_a_project_id_is_made_up_and_used_for_every_call() -> None:
    house = House([[a_task(1)]])
    plan = await house.plan()
    assert plan.project_id
    assert house.domain_requests[0].project_id == plan.project_id
    assert house.analyst_requests[0].project_id == plan.project_id


async def test_models_per_purpose_reach_who_asks_them() -> None:
    house = House([[a_task(1)]])
    await house.plan(models={"classify_domain": "small", "analyze_goal": "large"})
    assert house.domain_requests[0].model == "small"
    assert house.analyst_requests[0].model == "large"


async def test_violations_are_all_told_when_asking_once_more() -> None:
    broken = [a_task(1, title=""), a_task(2, depends_on=["t7"])]
    house = House([broken, [a_task(1)]])
    plan = await house.plan()
    findings = "; ".join(house.analyst_requests[1].findings)
    assert "t1 has no title" in findings
    assert "'t7', which does not exist" in findings
    assert len(plan.tasks) == 1
    assert plan.accounting.calls == 4
    assert any("asked again" in line for line in plan.degraded)


async def test_what_still_fails_is_mended_by_rule_and_told() -> None:
    broken = [a_task(1), a_task(2, depends_on=["t2", "t9"])]
    plan = await House([broken, broken]).plan()
    assert [list(task.depends_on) for task in plan.tasks] == [[], []]
    assert any("no longer depends on 't9'" in line for line in plan.degraded)


async def test_the_first_answer_is_mended_when_the_second_cannot_be() -> None:
    plan = await House([[a_task(1, depends_on=["t9"])], []]).plan()
    assert [task.id for task in plan.tasks] == ["t1"]


async def test_a_plan_that_cannot_be_made_valid_is_an_error_and_not_a_plan() -> None:
    hopeless = [a_task(1, role="Pilot")]
    with pytest.raises(FailedPrecondition) as raised:
        await House([hopeless, hopeless]).plan(project_id="p")
    assert raised.value.reason == "INVALID_PLAN"
    assert "'Pilot', which is not in the team" in raised.value.message
    assert raised.value.metadata["project_id"] == "p"
    spent = spent_in(raised.value)
    assert (spent.calls, spent.cost.nano_usd) == (4, 20), "field, team, and the tasks twice"


async def test_a_team_with_repeated_roles_is_asked_again_and_mended() -> None:
    house = House([[a_task(1)]], teams=[("Baker", "baker"), ("Baker", "BAKER", "Miller")])
    plan = await house.plan()
    assert [member.name for member in plan.team] == ["Baker", "Miller"]
    assert "'baker' is there twice" in house.prompts[1]


async def test_every_plan_carries_the_leakage_of_its_tasks() -> None:
    house = House([[a_task(1, description="Knead"), a_task(2)]])
    plan = await house.plan()
    assert plan.leakage.measured
    assert len(plan.leakage.texts) == 2
    assert house.measured[0].texts[0] == "Title 1\nKnead\nCriterion of 1 can be read\n"
    assert not plan.degraded


async def test_a_leaking_task_is_asked_for_once_more_and_its_place_in_the_plan_stays() -> None:
    leaking = a_task(2, description="Define the KPI", depends_on=["t1"])
    weighing = a_task(2, title="Weigh the dough", description="On a scale", depends_on=["t1"])
    house = House([[a_task(1), leaking], [weighing]])
    plan = await house.plan()
    (asked,) = house.analyst_requests[1].reword
    assert (asked.task.id, list(asked.foreign_words)) == ("t2", ["KPI"])
    assert [task.title for task in plan.tasks] == ["Title 1", "Weigh the dough"]
    assert list(plan.tasks[1].depends_on) == ["t1"]
    assert not any(text.leaked_terms for text in plan.leakage.texts)
    assert plan.accounting.calls == 4
    assert "'KPI' (marketing)" in plan.degraded[0]


async def test_what_still_leaks_is_told_and_nothing_is_asked_a_third_time() -> None:
    leaking = a_task(1, description="Define the KPI")
    house = House([[leaking], [a_task(1, title="KPI again", description="On a scale")]])
    plan = await house.plan()
    assert len(house.analyst_requests) == 2
    assert plan.tasks[0].description == "Define the KPI"
    assert plan.degraded[-1].startswith("task t1: still has words of another field: 'KPI'")
    assert plan.leakage.texts[0].leaked_terms


async def test_other_words_that_break_the_plan_are_not_taken() -> None:
    leaking = a_task(2, description="Define the KPI")
    other = a_task(2, title="Title 1", description="On a scale")
    house = House([[a_task(1), leaking], [other]])
    plan = await house.plan()
    assert [task.title for task in plan.tasks] == ["Title 1", "Title 2"]


@pytest.mark.parametrize(
    "description", ["", "Set ... and go on", "in a language without a lexicon"]
)
async def test_other_words_that_say_less_or_cannot_be_measured_are_not_taken(
    description: str,
) -> None:
    leaking = a_task(1, description="Define the KPI")
    house = House([[leaking], [a_task(1, title="Weigh the dough", description=description)]])
    plan = await house.plan()
    assert plan.tasks[0].description == "Define the KPI"
    assert plan.leakage.measured
    assert plan.leakage.texts[0].leaked_terms


async def test_a_field_that_the_goal_contradicts_is_told_and_measured_all_the_same() -> None:
    house = House([[a_task(1)]], contradicts=True)
    plan = await house.plan()
    assert plan.leakage.measured
    assert "may be wrong" in plan.degraded[0]
    assert plan.profile.source != domain_pb2.PROFILE_SOURCE_CALLER


async def test_what_must_be_known_first_stands_in_the_plan_with_the_task_that_finds_it_out() -> (
    None
):
    house = House([[a_task(1), a_task(2)]], questions=[("Which oven is there?", "t1")])
    plan = await house.plan()
    assert [(each.question, each.task_id) for each in plan.open_questions] == [
        ("Which oven is there?", "t1")
    ]
    assert not plan.degraded


async def test_a_question_that_no_task_finds_out_is_left_out_and_told() -> None:
    house = House([[a_task(1)]], questions=[("Which oven is there?", "t9")])
    plan = await house.plan()
    assert not plan.open_questions
    assert "Which oven is there?" in plan.degraded[0]


async def test_a_question_goes_with_its_task_and_that_is_told() -> None:
    lost = [a_task(1), a_task(2, title="")]
    house = House([lost, lost], questions=[("Which oven is there?", "t2")])
    plan = await house.plan()
    assert [task.id for task in plan.tasks] == ["t1"]
    assert not plan.open_questions
    assert any("was left out with the task" in line for line in plan.degraded)
