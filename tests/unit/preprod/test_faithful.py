"""What was read is held against what was said; a mended answer that tells so is no fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from preprod_samples import an_answer

from shared.preprod.faithful import Raw, check_faithful

ANSWER = {
    "open_questions": [],
    "tasks": [
        {"id": "t1", "title": "Feed the starter", "description": "Flour & water — «twice» a day",
         "role": "Baker", "done_when": ["It doubles in 4 h", "It floats"], "deliverable": "A jar"},
        {"id": "t2", "title": "Bake", "description": "Hot", "role": "Baker",
         "done_when": ["The crust is brown"], "deliverable": "A loaf"},
    ],
}  # fmt: skip
DOCUMENT = {"title": "Starter diary", "parts": [
    {"heading": "Day one", "text": "1. Mix flour and water.\n2. Wait until it bubbles."},
    {"heading": "Day two", "text": "Feed it **again**; keep it warm."}]}  # fmt: skip
MARKDOWN = (
    "# Starter diary\n\n## Day one\n\n1. Mix flour and water.\n2. Wait until it bubbles.\n\n"
    "## Day two\n\nFeed it **again**; keep it warm.\n"
)
OBJECT = '{"type": "object"}'


def tasks() -> list[pb.Task]:
    return [
        pb.Task(id=t["id"], title=t["title"], description=t["description"], role=t["role"],
                acceptance_criteria=t["done_when"], deliverable=t["deliverable"])
        for t in ANSWER["tasks"]
    ]  # fmt: skip


def raw(value: Any, number: int = 1, schema: str = OBJECT, **more: Any) -> Raw:
    text = value if isinstance(value, str) else json.dumps(value)
    return Raw(an_answer(number, **more), text, schema)


def lost(planned: list[pb.Task], *raws: Raw, told: tuple[str, ...] = ()) -> list[str]:
    return check_faithful(planned, [], raws, told).lost


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_plan_that_is_what_was_said_is_faithful_however_it_was_escaped(ascii_only: bool) -> None:
    text = json.dumps(ANSWER, ensure_ascii=ascii_only)
    checked = check_faithful(tasks(), [], [raw(text)], [])
    assert checked.lost == []
    assert checked.checks > 8


def test_a_task_that_nobody_said_is_invented() -> None:
    planned = [*tasks(), pb.Task(id="t3", title="Measure muscle ROI")]
    (fault,) = lost(planned, raw(ANSWER))
    assert "invented" in fault
    assert "muscle ROI" in fault


def test_a_task_that_was_said_and_is_gone_is_lost_unless_it_is_told() -> None:
    (fault,) = lost(tasks()[:1], raw(ANSWER))
    assert "lost" in fault
    assert "'Bake'" in fault
    assert lost(tasks()[:1], raw(ANSWER), told=("plan: task t2 'Bake' was removed",)) == []


def test_where_no_plan_came_of_it_nothing_of_it_is_lost() -> None:
    assert lost([], raw(ANSWER)) == []


def test_a_criterion_that_is_gone_is_lost() -> None:
    planned = tasks()
    del planned[0].acceptance_criteria[1]
    (fault,) = lost(planned, raw(ANSWER))
    assert "It floats" in fault


def test_of_two_answers_the_plan_may_be_either() -> None:
    other = {"tasks": [{"id": "t1", "title": "Something else", "done_when": ["ok"]}]}
    assert lost(tasks(), raw(ANSWER, 1), raw(other, 2)) == []


TEAM = {"roles": [{"name": "Baker", "skills": ["kneading", "timing"]},
                  {"name": "Miller", "skills": ["milling"]}]}  # fmt: skip


def test_a_team_is_what_was_said_down_to_its_skills() -> None:
    team = [pb.TeamMember(name="Baker", skills=["Kneading", "timing"]),
            pb.TeamMember(name="Miller", skills=["milling"])]  # fmt: skip
    said = [raw(TEAM, purpose="propose_team")]
    assert check_faithful([], [], said, [], team).lost == []
    (role,) = check_faithful([], [], said, [], team[:1]).lost
    assert "'Miller'" in role
    told = ["team: role 'Miller' was removed: it was there twice"]
    assert check_faithful([], [], said, told, team[:1]).lost == []
    del team[0].skills[1]
    (skill,) = check_faithful([], [], said, [], team).lost
    assert "'timing'" in skill


def test_an_answer_that_says_one_title_over_and_over_is_not_taken_for_the_plans() -> None:
    first = {"tasks": [{"id": "t0", "title": "Rest", "done_when": ["ok"]},
                       *({"id": f"t{n}", "title": "Bake?", "done_when": ["ok"]} for n in range(3))]}  # fmt: skip
    told = ("plan: asked again, since title 'Bake?' is there twice",)
    assert lost(tasks(), raw(first, 1), raw(ANSWER, 2), told=told) == []
    assert lost(tasks()[:1], raw(first, 1), raw(ANSWER, 2), told=told) != []


def test_tasks_in_other_words_are_not_lost() -> None:
    planned = tasks()
    planned[1].title = "Bake the loaf"
    reworded = {"tasks": [{"id": "t2", "title": "Bake the loaf"}]}
    assert lost(planned, raw(ANSWER), raw(reworded, 2, purpose="reword_tasks")) == []


@pytest.mark.parametrize("read_as", ["repaired", "text", "unusable"])
def test_valid_json_of_the_right_form_needs_no_mending(read_as: str) -> None:
    (fault,) = lost([], raw({"a": 1}, read_as=read_as, purpose="propose_team"))
    assert read_as in fault


@pytest.mark.parametrize("text", ['{"a": 1', "no JSON", "[1]", "NaN"])
def test_what_is_not_of_the_form_may_be_mended(text: str) -> None:
    assert lost([], raw(text, read_as="repaired", purpose="propose_team")) == []


def test_an_answer_that_was_cut_off_may_be_of_no_use() -> None:
    cut = raw({"a": 1}, read_as="unusable", finish_reason="length", purpose="propose_team")
    assert lost([], cut) == []


def test_a_deliverable_is_what_was_said() -> None:
    said = raw(DOCUMENT, purpose="perform_task")
    work = pb.Deliverable(task_id="t1", markdown=MARKDOWN)
    checked = check_faithful([], [work], [said], [])
    assert checked.lost == []
    assert checked.checks >= 5


def test_a_deliverable_with_a_part_too_few_or_a_line_too_many_is_not() -> None:
    said = raw(DOCUMENT, purpose="perform_task")
    short = pb.Deliverable(task_id="t1", markdown=MARKDOWN.partition("## Day two")[0])
    (fault,) = check_faithful([], [short], [said], []).lost
    assert "1 parts of t1" in fault
    told = ["t1: perform_task: its last part was cut off and left out"]
    assert check_faithful([], [short], [said], told).lost == []
    more = pb.Deliverable(task_id="t1", markdown=f"{MARKDOWN}\n\nInvest in brand awareness.\n")
    (fault,) = check_faithful([], [more], [said], []).lost
    assert "invented" in fault
