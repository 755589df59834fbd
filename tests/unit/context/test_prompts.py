"""No prompt speaks another field's language: what stands in it comes from this goal."""

from __future__ import annotations

import dataclasses
import re

import pytest
from attune.domain.v1.domain_pb2 import ContextItem, DomainProfile
from fields_and_words import GOALS_AND_WORDS

from services.analyst.documents import document_schema
from services.analyst.goal_analysis import tasks_schema
from services.analyst.reviewing import review_schema
from services.analyst.rewording import reworded_schema
from services.director.team import team_schema
from services.domain.classifier import answer_schema
from shared.context import prompt as prompts
from shared.context import templates
from shared.context.prompt import Prompt, build_prompt, goal_part, known_parts, listed_part

SCHEMAS = {
    "classify_domain": answer_schema(["one", "two"]),
    "propose_team": team_schema(4),
    "analyze_goal": tasks_schema(["First", "Second"], 8),
    "perform_task": document_schema(4_000),
    "reword_tasks": reworded_schema(["t1", "t2"]),
    "review_deliverable": review_schema(3),
}


def foreign_words(text: str, field: str, goal: str) -> set[str]:
    """Words of other fields' lists in a text, but for those that the goal itself has."""
    words = {word.casefold() for word in re.findall(r"\w+", text)}
    licensed = {word.casefold() for word in re.findall(r"\w+", goal)}
    licensed |= {word.casefold() for word in GOALS_AND_WORDS.get(field, ("", ""))[1].split()}
    others = {
        word.casefold()
        for other, (_, listed) in GOALS_AND_WORDS.items()
        if other != field
        for word in listed.split()
    }
    return words & (others - licensed)


def rendered(purpose: str, field: str) -> Prompt:
    goal, words = GOALS_AND_WORDS[field]
    profile = DomainProfile(domain=field, label=field, vocabulary=words.split(), avoid=["KPI"])
    return build_prompt(
        purpose,
        schema=SCHEMAS[purpose],
        profile=profile,
        language="English",
        user=[goal_part(goal), listed_part("team", templates.TEAM, ["First: does it"])],
    )


def fixed_texts() -> str:
    texts = [
        text for name, text in vars(templates).items() if name.isupper() and isinstance(text, str)
    ]
    for template in templates.TEMPLATES.values():
        texts += [template.role, *template.rules]
    return "\n".join(texts)


def test_every_template_is_free_of_every_fields_words() -> None:
    assert foreign_words(fixed_texts(), "none", "") == set()


@pytest.mark.parametrize("purpose", sorted(templates.TEMPLATES))
@pytest.mark.parametrize("field", GOALS_AND_WORDS)
def test_a_rendered_prompt_has_no_words_of_another_field(purpose: str, field: str) -> None:
    prompt = rendered(purpose, field)
    text = f"{prompt}\n{prompt.schema_text()}"
    assert foreign_words(text, field, GOALS_AND_WORDS[field][0]) == set()


@pytest.mark.parametrize("planted", ["KPI", "stakeholder", "hypertrophy"])
def test_a_planted_word_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    template = templates.TEMPLATES["analyze_goal"]
    spoilt = dataclasses.replace(template, rules=(*template.rules, f"Name the {planted}."))
    monkeypatch.setattr(prompts.templates, "TEMPLATES", {"analyze_goal": spoilt})
    assert foreign_words(fixed_texts(), "none", "") == {planted.casefold()}
    text = str(rendered("analyze_goal", "sailing"))
    assert foreign_words(text, "sailing", "") == {planted.casefold()}


def test_what_to_avoid_never_enters_a_prompt() -> None:
    assert "KPI" not in str(rendered("analyze_goal", "sailing"))


def test_a_goal_without_a_field_gets_no_field() -> None:
    profile = DomainProfile(domain="unknown", vocabulary=["x"])
    prompt = build_prompt("propose_team", schema=team_schema(4), profile=profile, user=[])
    assert "profile" not in [part.name for part in prompt.system]


def test_equal_prompts_have_equal_digests_and_every_part_counts() -> None:
    first, second = rendered("analyze_goal", "sailing"), rendered("analyze_goal", "sailing")
    assert first == second
    assert first.digest == second.digest
    assert first.version == "analyze_goal@3"
    others = [
        rendered("analyze_goal", "film"),
        first.with_findings(["too long"]),
        dataclasses.replace(first, version="analyze_goal@4"),
        dataclasses.replace(first, schema={"type": "object"}),
    ]
    assert len({first.digest, *(other.digest for other in others)}) == 5


def test_a_prompt_prints_its_parts_by_name() -> None:
    printed = str(rendered("analyze_goal", "sailing"))
    names = re.findall(r"^\[(\w+/\w+)\]$", printed, re.MULTILINE)
    assert names == [
        "system/role", "system/profile", "system/constraints", "system/contract",
        "user/goal", "user/team",
    ]  # fmt: skip


def test_the_form_of_the_answer_is_told_in_words_and_the_schema_has_no_texts() -> None:
    prompt = rendered("analyze_goal", "sailing")
    told = str(prompt)
    for name in ("title", "depends_on", "done_when", "<one of the team>"):
        assert name in told
    assert "description" not in prompt.schema["properties"]["tasks"]["items"]["properties"]["id"]
    assert "description" in prompt.schema["properties"]["tasks"]["items"]["properties"]


def test_what_the_caller_knows_is_told_to_the_model() -> None:
    parts = known_parts([ContextItem(name="Lease", text="Signed in 2019")])
    assert parts[0].text == "Known already, Lease:\nSigned in 2019"


def test_two_prompts_differ_in_lines_that_can_be_read() -> None:
    first, second = rendered("analyze_goal", "sailing"), rendered("analyze_goal", "film")
    assert first.difference(first) == ""
    lines = first.difference(second).splitlines()
    assert "-Field: sailing." in lines
    assert "+Field: film." in lines
    assert not any("You divide a goal" in line for line in lines if line[:1] in "+-")
