"""What is wrong with a project to start is told at once, all of it, before anything is asked."""

from __future__ import annotations

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from director_house import a_plan, started
from google.protobuf.duration_pb2 import Duration

from services.analyst.servicer import _check_task
from services.director.projects.checks import check_project
from services.director.projects.given import fingerprint
from services.director.projects.handover import handed_over
from shared.rpc.checks import MAX_CONTEXT_ITEMS, MAX_TASKS, RequestChecks
from shared.rpc.errors import InvalidArgument


def faults(request: pb.StartProjectRequest) -> dict[str, str]:
    checks = RequestChecks()
    check_project(checks, request)
    try:
        checks.done()
    except InvalidArgument as error:
        found: dict[str, str] = {}
        for each in error.violations:
            found[each.field] = f"{found.get(each.field, '')}{each.description}\n"
        return found
    return {}


def test_a_plan_as_the_director_made_it_has_no_fault() -> None:
    assert faults(started("p", a_plan(a=[], b=["a"]))) == {}


def test_every_rule_that_an_edited_plan_breaks_is_told() -> None:
    plan = a_plan(a=["c"], b=["a", "nowhere"], c=["b"])
    plan.tasks[1].role = "Nobody"
    plan.tasks[2].title = ""
    plan.open_questions.add(question="Which flour?", task_id="z")
    found = faults(started("p", plan))
    assert "circle" in found["plan.tasks"]
    assert "'nowhere', which does not exist" in found["plan.tasks"]
    assert "'Nobody', which is not in the team" in found["plan.tasks"]
    assert "is required" in found["plan.tasks[2].title"]
    assert "no task of the plan" in found["plan.open_questions[0].task_id"]


@pytest.mark.parametrize("count", [0, 1_000, 30_000])
def test_a_plan_of_no_tasks_or_of_too_many_is_refused(count: int) -> None:
    plan = a_plan(**{f"t{number}": [] for number in range(min(count, 1_000))})
    if count > 1_000:
        plan.tasks.extend(list(plan.tasks) * (count // 1_000 - 1))
    assert "plan.tasks" in faults(started("p", plan))


def test_context_over_the_limit_is_refused_where_it_stands() -> None:
    long = [domain_pb2.ContextItem(name="long", text="x" * 100_001)]
    assert "context[0].text" in faults(started("p", a_plan(a=[]), context=long))
    goal = pb.CreatePlanRequest(goal="Bake", context=long)
    assert "goal.context[0].text" in faults(pb.StartProjectRequest(goal=goal))


def test_all_numbers_are_checked_at_once() -> None:
    request = started(
        "p" * 201, a_plan(a=[]), max_parallel_tasks=21, max_review_rounds=-1, max_calls=3,
        max_calls_per_task=1_001, max_duration=Duration(nanos=5), max_task_nano_usd=-1,
        models={"bake": "x"}, constraints=pb.PlanConstraints(language="klingonish"),
    )  # fmt: skip
    assert faults(request).keys() == {
        "plan.project_id", "max_parallel_tasks", "max_review_rounds", "max_calls",
        "max_calls_per_task", "max_duration", "max_task_nano_usd", "models['bake']",
        "constraints.language",
    }  # fmt: skip


def test_what_belongs_to_a_plan_is_refused_with_a_goal() -> None:
    request = pb.StartProjectRequest(
        goal=pb.CreatePlanRequest(goal="Bake"), models={"perform_task": "m"},
        constraints=pb.PlanConstraints(), without_reviews=True, max_review_rounds=1,
    )  # fmt: skip
    assert faults(request).keys() == {"models", "constraints", "without_reviews"}


def test_neither_a_goal_nor_a_plan_is_a_fault() -> None:
    assert "start" in faults(pb.StartProjectRequest())


def test_a_team_member_may_stand_there_once() -> None:
    plan = a_plan(a=[])
    plan.team.append(analyst_pb2.TeamMember(name="baker", responsibility="bakes"))
    assert "twice" in faults(started("p", plan))["plan.team"]


def test_what_the_director_takes_the_analyst_takes_too() -> None:
    names = [f"t{number}" for number in range(MAX_TASKS)]
    plan = a_plan(**{name: names[:number] for number, name in enumerate(names)})
    for task in plan.tasks:
        task.title = f"{task.id} {'x' * 990}"
    known = [domain_pb2.ContextItem(name="n" * 200, text="x") for _ in range(MAX_CONTEXT_ITEMS)]
    checks = RequestChecks()
    check_project(checks, started("large", plan, context=known))
    checks.done()
    done = {name: analyst_pb2.Deliverable(markdown="word " * 40_000) for name in names}
    for tokens in (50, 4_000, 1_000_000):
        titles = {task.id: task.title for task in plan.tasks}
        context = handed_over(plan.tasks[-1], known, done, titles, tokens)
        _check_task(analyst_pb2.PerformTaskRequest(task=plan.tasks[-1], context=context))


def test_a_plan_that_is_made_again_is_the_same_request() -> None:
    first, again = started("p", a_plan(a=[])), started("p", a_plan(a=[]))
    again.plan.accounting.replayed_calls = 3
    again.plan.degraded.append("read as fenced")
    again.plan.leakage.measured = True
    assert fingerprint(first) == fingerprint(again)
