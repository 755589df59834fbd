"""What the mock says depends on what it was told, and on nothing else."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_prompts import TASKS, ask, prompt, sentence_words, spoken, tasks, words

from services.gateway.calls import Message, Role
from services.gateway.mock.glue import GLUES

GOAL = "Create a bodybuilding training program"
NEUTRAL = (
    "You divide a goal into tasks for a team.\n"
    "{words}\n"
    "Speak as people in this field do.\n"
    "Each task ends in something that a person can hold, read or see.\n"
    "Each criterion is a statement that a person can check to be true or false.\n"
    "Tasks that need another's result come after it.\n"
    "Write in English.\n"
    "Answer with one JSON object and nothing else. Its form:\n"
    '{{"tasks": [<1 to 8> {{"id": <t1, t2, ...>, "title": <what is done; no two alike>}}]}}'
)
BUSINESS = {
    "kpis", "stakeholder", "stakeholders", "campaign", "funnel", "roi", "conversion", "brand",
    "revenue", "customer", "customers", "marketing", "churn", "newsletter",
}  # fmt: skip
LISTS = {
    "comma list": "Words of this field: {0}.",
    "semicolon list": "Terms: {1}",
    "bullets": "Words to use:\n{2}",
    "quoted": "Good terms are {3}.",
    "such as": "Use words such as {0}.",
}

invented = st.text(string.ascii_lowercase, min_size=5, max_size=9)
term = st.lists(invented, min_size=1, max_size=2).map(" ".join)


def listed(form, terms):
    return form.format(
        ", ".join(terms),
        "; ".join(terms),
        "\n".join(f"- {one}" for one in terms),
        ", ".join(f'"{one} {one}"' for one in terms),
    )


def said(messages, **settings_):
    return words(" ".join(map(spoken, tasks(messages, **settings_))))


@pytest.mark.parametrize("form", LISTS.values(), ids=LISTS)
@settings(max_examples=6, deadline=None)
@given(lists=st.lists(term, min_size=12, max_size=12, unique=True), seed=st.integers(0, 99))
def test_another_vocabulary_in_the_same_prompt_gives_the_other_words(form, lists, seed):
    first, second = lists[:6], lists[6:]
    only_first = words(" ".join(first)) - words(" ".join(second)) - words(GOAL) - SPOKEN
    only_second = words(" ".join(second)) - words(" ".join(first)) - words(GOAL) - SPOKEN
    for given_terms, mine, others in (
        (first, only_first, only_second),
        (second, only_second, only_first),
    ):
        system = NEUTRAL.format(words=listed(form, given_terms))
        answer = said(prompt(f"Goal: {GOAL}", system), seed=seed)
        assert not answer & others
        assert len(answer & mine) >= min(3, len(mine))


SPOKEN = sentence_words(GLUES["en"]) | GLUES["en"].function_words


@pytest.mark.parametrize("seed", range(5))
def test_every_word_is_the_goals_the_vocabularys_or_a_neutral_sentences(seed):
    vocabulary = "hypertrophy, progressive overload, sets, repetitions, deload"
    system = NEUTRAL.format(words=f"Words of this field: {vocabulary}.")
    answer = said(prompt(f"Goal: {GOAL}", system), seed=seed)
    licensed = words(GOAL) | words(vocabulary) | sentence_words(GLUES["en"])
    assert not answer - licensed


def test_terms_of_several_words_stay_together():
    vocabulary = ["progressive overload", "rate of perceived exertion", "rest days"]
    system = NEUTRAL.format(words="Words of this field: " + ", ".join(vocabulary))
    answer = " ".join(map(spoken, tasks(prompt(GOAL, system)))).casefold()
    for found in vocabulary:
        first = found.split()[0]
        assert answer.count(first) == answer.count(found) > 0


EXAMPLES = {
    "json": (
        "Example 1:\nGoal: Launch a product\n"
        '{"tasks": [{"title": "Define stakeholder KPIs", "description": "Track the campaign ROI."}]}'
        '\n\nExample 2:\n{"title": "Measure the conversion of the funnel", "description": "Report'
        ' churn to stakeholders."}'
    ),
    "prose": (
        "For example, good tasks are: define campaign KPIs, measure the funnel conversion, report"
        " ROI to stakeholders."
    ),
    "bullets": (
        "Examples:\n- Define campaign KPIs\n- Report the marketing ROI\n"
        "- Align stakeholders on the brand"
    ),
    "quotes": 'Write titles like "Define campaign KPIs", "Report marketing ROI" or "Cut churn".',
}


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_marketing_examples_in_a_prompt_put_marketing_words_into_the_answer(examples):
    system = f"You are a planning assistant. You split a goal into tasks.\n\n{examples}"
    for seed in range(6):
        assert said(prompt(GOAL, system), seed=seed, temperature=0.8) & BUSINESS


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_without_the_examples_the_same_prompt_has_no_marketing_words(examples):
    system = "You are a planning assistant. You split a goal into tasks.\n\n"
    for seed in range(6):
        assert not said(prompt(GOAL, system), seed=seed, temperature=0.8) & BUSINESS


def test_examples_of_another_field_bring_that_fields_words_instead():
    system = "You split a goal into tasks.\n\nExamples:\n- {}\n- {}\n- {}"
    baking = system.format("Proof the sourdough", "Grease the loaf tin", "Heat the oven")
    garden = system.format("Prune the hedge", "Sow the radishes", "Turn the compost heap")
    for seed in range(5):
        assert said(prompt(GOAL, baking), seed=seed) & {"sourdough", "tin", "oven"}
        assert not said(prompt(GOAL, baking), seed=seed) & {"hedge", "radishes", "compost"}
        assert said(prompt(GOAL, garden), seed=seed) & {"hedge", "radishes", "compost"}
        assert not said(prompt(GOAL, garden), seed=seed) & {"sourdough", "tin", "oven"}


def test_earlier_turns_are_examples():
    shown = (
        Message(Role.USER, "Goal: Grow the newsletter"),
        Message(Role.ASSISTANT, '{"tasks": [{"title": "Segment the customers by revenue"}]}'),
        Message(Role.USER, f"Goal: {GOAL}"),
    )
    answer = said(shown)
    assert answer & {"newsletter", "customers", "revenue"}
    assert "bodybuilding" in answer


def test_examples_in_a_schema_leak_like_any_others():
    item = TASKS["properties"]["tasks"]["items"]
    title = {**item["properties"]["title"], "examples": ["Define stakeholder KPIs", "Cut churn"]}
    leaky = {**item, "properties": {**item["properties"], "title": title}}
    schema = {
        **TASKS,
        "properties": {"tasks": {**TASKS["properties"]["tasks"], "items": leaky}},
    }
    assert words(ask(prompt(GOAL), schema).text) & {"stakeholder", "kpis", "churn"}


def test_a_goal_alone_is_answered_in_its_own_words():
    answer = said(prompt("Plan a wedding"))
    assert "wedding" in answer
    assert answer - {"wedding"} <= sentence_words(GLUES["en"])


@pytest.mark.parametrize(
    ("goal", "subject"),
    [
        ("Plan a wedding", "the wedding"),
        ("Write a thesis on medieval bread", "the thesis"),
        ("I want to run my first marathon in under four hours", "my first marathon"),
        ("How do I learn to bake sourdough bread?", "sourdough bread"),
        ("Please fix the leaking kitchen tap!", "the leaking kitchen tap"),
        ("Migrate our billing database to PostgreSQL", "our billing database"),
    ],
)
def test_the_last_task_speaks_of_what_the_goal_is_about(goal, subject):
    assert subject in tasks(prompt(goal))[-1]["title"]


def test_a_request_for_another_try_keeps_to_the_goal():
    system = NEUTRAL.format(words="Words of this field: hypertrophy, sets, deload, repetitions")
    again = (
        *prompt(f"Goal: {GOAL}", system),
        Message(Role.ASSISTANT, '{"tasks": [{"id": "t1", "title": "Gather the'),
        Message(
            Role.USER,
            "Your answer could not be used: tasks.0.description: Field required\n"
            "Give the whole answer again as one JSON object.",
        ),
    )
    answer = said(again)
    assert {"hypertrophy", "bodybuilding"} <= answer
    assert not answer & {"field", "required", "used", "object", "give"} - sentence_words(
        GLUES["en"]
    )


def test_faults_listed_below_the_goal_are_no_words_to_use():
    user = (
        f"Goal: {GOAL}\nTeam:\n- Ann: plans the sets\n- Ben: counts repetitions\n"
        "Your answer before this was refused. Give the whole answer again without these faults:\n"
        "- tasks[2] depends on an unknown identifier\n- duplicate title"
    )
    assert not said(prompt(user)) & {"faults", "refused", "unknown", "identifier", "duplicate"}


def test_lists_of_the_answers_own_keys_are_no_vocabulary():
    system = "You plan.\nKeys: id, title, description, role, deliverable"
    assert not said(prompt(GOAL, system)) & {"keys", "id", "title", "deliverable"}


FRAGMENTS = st.sampled_from(
    ["- ", "1. ", ": ", "：", "{", "}", "[", "]", '"', "'", "“", "”", "Example:", "for example ",
     "such as ", "Goal: ", "Team:\n", "\n", "\n\n", "# ", "```", "<x>", "Answer with JSON",
     "Write in Klingon.", "的", "健美训练计划", "引っ越しの計画", "برنامج تدريب", "d'", "l'", "a ", "the ",
     "and ", "KPI ", "A/B test ", "sets", ", ", "; ", "、", "...", "?", "7 ", "t1", "tasks[2]", "ß", "İ",
     "(", ")", "e.g. ", " - ", "→", "\ufffc", "{t}", "%s", "\\", "\x1c", "\u200f", "😀"]
)  # fmt: skip
anything = st.one_of(st.text(max_size=300), st.lists(FRAGMENTS, max_size=40).map("".join))


@settings(max_examples=60, deadline=None)
@given(anything, anything)
def test_any_prompt_gets_a_valid_answer(system, user):
    found = tasks(prompt(user, system))
    assert 1 <= len(found) <= 8


def test_options_that_share_words_with_the_goal_are_chosen_and_set_the_tone():
    system = (
        "You find the field that a goal belongs to.\nFields:\n"
        "- strength-training: Strength training; sets, repetitions\n"
        "- running: Running; marathon, pace, intervals\n"
        "- cooking: Cooking; recipes, ovens"
    )
    schema = {
        "type": "object",
        "properties": {
            "domain": {"type": "string"},
            "label": {"type": "string", "maxLength": 60},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "vocabulary": {"type": "array", "items": {"type": "string", "maxLength": 40}},
        },
        "required": ["domain", "label", "confidence", "vocabulary"],
    }
    answer = ask(prompt("Goal: Finish a marathon in October", system), schema).text
    assert '"domain": "running", "label": "Running"' in answer
    assert {"pace", "intervals"} <= words(answer)
    assert not words(answer) & {"recipes", "ovens", "repetitions"}


def test_a_list_that_is_said_to_be_ordered_is_followed():
    schema = {"type": "object", "properties": {"field": {"enum": ["unknown", "baking", "chess"]}}}
    listed = "- chess: Chess\n- baking: Baking"
    for heading, wanted in (("Candidates, the nearest first:", "chess"), ("Fields:", "baking")):
        told = f"Goal: Do the baking of bread\n{heading}\n{listed}"
        answer = ask([Message(Role.USER, told)], schema).text
        assert json.loads(answer)["field"] == wanted
