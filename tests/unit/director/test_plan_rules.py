"""What a plan promises: valid when it leaves, every fault named, nothing written by rule."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.director.plan import Role, Task
from services.director.plan_check import plan_violations, team_violations
from services.director.plan_repair import repair_plan, repair_team

ROLES = [Role("Coach", "plans the work"), Role("Cook", "feeds the team")]


def a_task(number: int, **changes: object) -> Task:
    task = Task(
        id=f"t{number}",
        title=f"Title {number}",
        role="Coach",
        description=f"Description {number}",
        acceptance_criteria=(f"Criterion of {number} can be read",),
        deliverable=f"Result {number}",
    )
    return dataclasses.replace(task, **changes)


def test_a_valid_plan_has_no_violations() -> None:
    tasks = [a_task(1), a_task(2, depends_on=("t1",), role="Cook")]
    assert plan_violations(ROLES, tasks, 8) == []


def test_all_violations_are_found_at_once() -> None:
    tasks = [
        a_task(1, title=" "),
        a_task(2, depends_on=("t9",)),
        a_task(2, title="Other", role="Pilot"),
        a_task(4, title="TITLE  2", acceptance_criteria=()),
        a_task(5, depends_on=("t6",)),
        a_task(6, depends_on=("t5",)),
    ]
    found = "\n".join(plan_violations(ROLES, tasks, 5))
    for expected in (
        "there are 6 tasks; at most 5",
        "id 't2' is there twice",
        "task t1 has no title",
        "title 'TITLE  2' is there twice",
        "role 'Pilot', which is not in the team",
        "task t4 has no acceptance criterion",
        "depends on 't9', which does not exist",
        "in a circle: ",
    ):
        assert expected in found


def test_two_separate_circles_are_both_told() -> None:
    tasks = [
        a_task(1, depends_on=("t2",)),
        a_task(2, depends_on=("t1",)),
        a_task(3, depends_on=("t3",)),
    ]
    circles = [text for text in plan_violations(ROLES, tasks, 8) if "circle" in text]
    assert len(circles) == 2


@pytest.mark.parametrize(
    "criterion", ["", "ok", "Title 1", "description 1!", "Result 1", "t1, t2, t13, 4"]
)
def test_a_criterion_that_says_nothing_of_its_own_does_not_count(criterion: str) -> None:
    tasks = [a_task(1, acceptance_criteria=(criterion,))]
    assert any("acceptance criterion" in text for text in plan_violations(ROLES, tasks, 8))


@pytest.mark.parametrize("criterion", ["Squat 100 kg", "面团已发酵", "t1 is read aloud", "5 Brote"])
def test_a_criterion_that_a_person_can_check_counts(criterion: str) -> None:
    assert plan_violations(ROLES, [a_task(1, acceptance_criteria=(criterion,))], 8) == []


def test_an_empty_plan_is_a_violation_and_cannot_be_mended() -> None:
    assert plan_violations(ROLES, [], 8) == ["there are no tasks"]
    assert repair_plan(ROLES, [], 8) == ([], [])


def test_a_role_in_another_spelling_is_read_as_the_one_it_can_only_mean() -> None:
    mended, notes = repair_plan(ROLES, [a_task(1, role="head coach")], 8)
    assert mended[0].role == "Coach"
    assert notes == ["task t1: role 'head coach' was read as 'Coach'"]


def test_a_role_that_could_mean_two_is_not_guessed() -> None:
    roles = [Role("Head coach", ""), Role("Night coach", "")]
    mended, notes = repair_plan(roles, [a_task(1, role="coach"), a_task(2, role="Head coach")], 8)
    assert [task.id for task in mended] == ["t2"]
    assert "its role is not in the team" in notes[0]


def test_what_depended_on_a_repeated_task_depends_on_the_one_that_stays() -> None:
    tasks = [a_task(1), a_task(2, title="title 1"), a_task(3, depends_on=("t2",))]
    mended, _ = repair_plan(ROLES, tasks, 8)
    assert [(task.id, task.depends_on) for task in mended] == [("t1", ()), ("t3", ("t1",))]


def test_tasks_over_the_limit_go_and_nothing_kept_depends_on_them() -> None:
    tasks = [a_task(1, depends_on=("t3",)), a_task(2), a_task(3)]
    mended, notes = repair_plan(ROLES, tasks, 2)
    assert plan_violations(ROLES, mended, 2) == []
    assert len(mended) == 2
    assert any("at most 2" in note for note in notes)


def test_a_team_loses_only_nameless_repeated_and_surplus_roles() -> None:
    roles = [Role("A1", "x"), Role(" ", "y"), Role("a1", "z"), Role("B", "w"), Role("C", "v")]
    assert len(team_violations(roles, 2)) == 3
    kept, notes = repair_team(roles, 2)
    assert [role.name for role in kept] == ["A1", "B"]
    assert len(notes) == 3


short_texts = st.text("ab 1", max_size=8)
wild_tasks = st.lists(
    st.builds(
        Task,
        id=st.sampled_from(["", "t1", "t2", "t3", "t4", "x"]),
        title=short_texts,
        role=st.sampled_from(["Coach", "coach", "Cook", "Pilot", ""]),
        description=short_texts,
        depends_on=st.lists(st.sampled_from(["t1", "t2", "t3", "t4", "t5", ""]), max_size=4).map(
            tuple
        ),
        acceptance_criteria=st.lists(st.text("ab ", max_size=12), max_size=3).map(tuple),
        deliverable=short_texts,
    ),
    max_size=8,
)


@given(wild_tasks)
def test_whatever_is_left_after_mending_is_valid(tasks: list[Task]) -> None:
    mended, _ = repair_plan(ROLES, tasks, 6)
    if mended:
        assert plan_violations(ROLES, mended, 6) == []


@given(wild_tasks)
def test_mending_writes_no_title_criterion_or_description(tasks: list[Task]) -> None:
    given_texts = {(t.title, t.description, t.acceptance_criteria, t.deliverable) for t in tasks}
    mended, _ = repair_plan(ROLES, tasks, 6)
    for task in mended:
        kept = (task.title, task.description, task.acceptance_criteria, task.deliverable)
        assert kept in given_texts


@given(wild_tasks)
def test_a_valid_plan_is_left_as_it_is(tasks: list[Task]) -> None:
    mended, _ = repair_plan(ROLES, tasks, 6)
    again, notes = repair_plan(ROLES, mended, 6)
    assert again == mended
    assert notes == []
