"""No fixed sentence of a prompt has a term of any lexicon, whatever the goal's field."""

from __future__ import annotations

import dataclasses

import pytest
from attune.analyst.v1.analyst_pb2 import Task
from attune.domain.v1 import domain_pb2 as pb
from fields_and_words import GOALS_AND_WORDS

from services.analyst.documents import document_schema
from services.analyst.goal_analysis import tasks_schema
from services.analyst.performing import task_part
from services.analyst.reviewing import criteria_part, review_schema, work_part
from services.analyst.rewording import reworded_schema
from services.director.team import team_schema
from services.domain.classifier import CANDIDATES, answer_schema
from services.domain.leakage.measure import LeakageMeter
from services.domain.shortlist import Shortlist
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


def profile_of(slug: str, shortlist: Shortlist) -> pb.DomainProfile:
    field = shortlist.field(slug)
    assert field is not None
    return pb.DomainProfile(
        domain=slug, label=field.label, vocabulary=field.vocabulary, language="en"
    )


def rendered(purpose: str, goal: str, profile: pb.DomainProfile) -> Prompt:
    return build_prompt(
        purpose, schema=SCHEMAS[purpose], profile=profile, language="English",
        user=[
            goal_part(goal),
            *known_parts([pb.ContextItem(name="a", text="b")]),
            listed_part("candidates", CANDIDATES, ["c"]),
            listed_part("reword", templates.REWORD, ["t1: d"]),
            task_part(Task(id="t1", title="d", deliverable="e", acceptance_criteria=["f"])),
            work_part("g"),
            criteria_part(["h"]),
        ],
    ).with_findings(["e"])  # fmt: skip


def leaks(prompt: Prompt, goal: str, profile: pb.DomainProfile, meter: LeakageMeter) -> list[str]:
    report = meter.measure(goal, profile, [str(prompt)])
    assert report.measured
    found = [term.term for term in report.texts[0].leaked_terms]
    return [term for term in found if term != "JSON"]  # the contract's one technical word


@pytest.mark.parametrize("purpose", sorted(templates.TEMPLATES))
def test_a_built_prompt_has_no_term_of_another_field(
    purpose: str, meter: LeakageMeter, shortlist: Shortlist
) -> None:
    for goal, _ in GOALS_AND_WORDS.values():
        slug = shortlist.rank(goal)[0].slug
        profile = profile_of(slug, shortlist)
        assert leaks(rendered(purpose, goal, profile), goal, profile, meter) == [], goal


def test_a_planted_term_is_found(
    meter: LeakageMeter, shortlist: Shortlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = templates.TEMPLATES["analyze_goal"]
    spoilt = dataclasses.replace(template, rules=(*template.rules, "Name the stakeholders."))
    monkeypatch.setattr(prompts.templates, "TEMPLATES", {"analyze_goal": spoilt})
    profile = profile_of("baking", shortlist)
    prompt = rendered("analyze_goal", "Bake bread", profile)
    assert leaks(prompt, "Bake bread", profile, meter) == ["stakeholder"]
