"""Plans that the mock makes have valid ids, references, roles and lengths."""

import json
from collections import Counter

import pytest
from mock_prompts import TASKS, ask, prompt, tasks

GOALS = [
    "Create a bodybuilding training program",
    "Plan a wedding for 80 guests in June",
    "Write a thesis on medieval bread",
    "Fix the leaking kitchen tap",
    "制定一个健美训练计划",
    "Rénover la cuisine",
]
SYSTEM = (
    "You divide a goal into tasks.\nWords of this field: vows, sourdough, washer, venue, milling"
)


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("seed", range(4))
def test_ids_are_sequential_and_references_point_back(goal, seed):
    found = tasks(prompt(goal, SYSTEM), seed=seed)
    ids = [task["id"] for task in found]
    assert ids == [f"t{n}" for n in range(1, len(found) + 1)]
    assert found[0]["depends_on"] == []
    for position, task in enumerate(found):
        assert set(task["depends_on"]) <= set(ids[:position])
        assert len(set(task["depends_on"])) == len(task["depends_on"])
    assert any(task["depends_on"] for task in found)


@pytest.mark.parametrize("goal", GOALS)
def test_titles_are_distinct_whatever_their_case(goal):
    for seed in range(4):
        titles = [task["title"].casefold() for task in tasks(prompt(goal), seed=seed)]
        assert len(set(titles)) == len(titles)


def test_the_last_task_comes_after_the_one_before_it():
    for seed in range(6):
        found = tasks(prompt(GOALS[1], SYSTEM), seed=seed)
        assert found[-2]["id"] in found[-1]["depends_on"]


def test_tasks_are_spread_over_the_roles():
    for seed in range(6):
        used = Counter(task["role"] for task in tasks(prompt(GOALS[1], SYSTEM), seed=seed))
        assert len(used) == 3
        assert max(used.values()) <= 3


def test_a_role_gets_the_tasks_that_its_name_speaks_of():
    schema = _with("role", {"enum": ["Baker of sourdough", "Singer", "Plumber with a washer"]})
    for seed in range(6):
        found = json.loads(ask(prompt(GOALS[1], SYSTEM), schema, seed=seed).text)["tasks"]
        roles = {task["role"] for task in found if "sourdough" in task["title"]}
        assert roles <= {"Baker of sourdough"} or "washer" in str(found)


def test_a_single_choice_is_the_one_that_shares_words_with_the_goal():
    schema = {"enum": ["cooking", "gardening", "wedding planning", "plumbing"]}
    assert json.loads(ask(prompt("Plan a wedding"), schema).text) == "wedding planning"
    assert json.loads(ask(prompt("Renovate my flat"), schema).text) == "cooking"


def test_choices_in_a_list_are_distinct_and_leave_the_topics_of_the_list_alone():
    system = "Fields:\n- running: pace, shoes\n- cooking: ovens, recipes\n- sailing: ropes, knots"
    item = {
        "type": "object",
        "properties": {
            "domain": {"type": "string"},
            "skills": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["domain", "skills"],
    }
    answer = ask(prompt("Learn to cook", system), {"type": "array", "items": item, "minItems": 2})
    domains = [entry["domain"] for entry in json.loads(answer.text)]
    assert domains[:3] == sorted(set(domains[:3]), key=domains.index)
    assert set(domains[:3]) == {"running", "cooking", "sailing"}


def test_a_choice_that_says_nothing_is_known_is_made_when_nothing_is():
    schema = {"enum": ["cooking", "unknown"]}
    assert json.loads(ask(prompt("?"), schema).text) == "unknown"


def test_people_named_in_the_prompt_get_the_work_where_the_schema_leaves_it_open():
    schema = _with("role", {"type": "string", "maxLength": 60})
    user = "Goal: Plan a wedding\nTeam:\n- Florist: orders the flowers\n- Caterer: cooks"
    found = json.loads(ask(prompt(user), schema).text)["tasks"]
    assert {task["role"] for task in found} == {"Florist", "Caterer"}


@pytest.mark.parametrize(("least", "most"), [(1, 2), (3, 3), (1, 50), (9, 12)])
def test_lists_have_a_natural_length_within_their_bounds(least, most):
    listed = {**TASKS["properties"]["tasks"], "minItems": least, "maxItems": most}
    schema = {**TASKS, "properties": {"tasks": listed}}
    length = len(json.loads(ask(prompt(GOALS[1], SYSTEM), schema).text)["tasks"])
    assert least <= length <= most
    assert length <= 7 or least > 7


def test_longer_goals_have_more_tasks_on_average():
    short = sum(len(tasks(prompt("Plan a wedding"), seed=seed)) for seed in range(8))
    long = (
        "Plan a wedding with a brass band, a garden party, fireworks and a boat trip for my aunts"
    )
    assert sum(len(tasks(prompt(long), seed=seed)) for seed in range(8)) > short


def test_positions_are_referred_to_where_there_are_no_ids():
    step = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "after": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        },
        "required": ["title", "after"],
    }
    schema = {"type": "array", "items": step, "minItems": 4}
    steps = json.loads(ask(prompt(GOALS[0]), schema).text)
    for position, found in enumerate(steps):
        assert all(0 <= other < position for other in found["after"])
    assert any(found["after"] for found in steps)


def test_names_are_referred_to_where_references_are_texts_and_there_are_no_ids():
    step = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "requires": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name", "requires"],
    }
    schema = {"type": "array", "items": step, "minItems": 4}
    steps = json.loads(ask(prompt(GOALS[0]), schema).text)
    for position, found in enumerate(steps):
        assert set(found["requires"]) <= {earlier["name"] for earlier in steps[:position]}


@pytest.mark.parametrize(
    ("schema", "ids"),
    [
        ({"type": "integer"}, [1, 2, 3]),
        ({"type": "string", "pattern": "^TASK-[0-9]{3}$"}, None),
        ({"type": "string", "format": "uuid"}, None),
        ({"enum": ["a", "b", "c", "d"]}, ["a", "b", "c"]),
    ],
)
def test_ids_are_unique_in_whatever_form_they_have(schema, ids):
    item = {"type": "object", "properties": {"id": schema}, "required": ["id"]}
    answer = ask(prompt(GOALS[0]), {"type": "array", "items": item, "minItems": 3, "maxItems": 3})
    found = [entry["id"] for entry in json.loads(answer.text)]
    assert len(set(found)) == 3
    assert ids is None or found == ids


def test_a_team_has_distinct_members_with_skills_from_the_vocabulary():
    member = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 60},
            "responsibility": {"type": "string", "maxLength": 200},
            "skills": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 4},
        },
        "required": ["name", "responsibility", "skills"],
    }
    schema = {
        "type": "object",
        "properties": {"team": {"type": "array", "items": member}},
        "required": ["team"],
    }
    team = json.loads(ask(prompt("Plan a wedding", SYSTEM), schema).text)["team"]
    assert 3 <= len(team) <= 4
    assert len({person["name"].casefold() for person in team}) == len(team)
    vocabulary = {"vows", "sourdough", "washer", "venue", "milling", "wedding"}
    assert {skill for person in team for skill in person["skills"]} <= vocabulary


def _with(name, schema):
    """The schema of tasks with another schema for one property."""
    listed = TASKS["properties"]["tasks"]
    properties = {**listed["items"]["properties"], name: schema}
    items = {**listed["items"], "properties": properties}
    return {**TASKS, "properties": {"tasks": {**listed, "items": items}}}
