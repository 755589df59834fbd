"""The fixed sentences of every prompt: neutral words only, no field's, no examples.

A word that stands here stands in every prompt, whatever its goal is about, and a model
repeats what it reads. A test holds these texts against the words of many fields.
Change a text, raise its version: answers to the old one stay what they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.rpc.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Template:
    """The neutral part of one purpose's prompt.

    role: what the model does, in words of no field. rules: what holds for its answer.
    """

    purpose: str
    version: int
    role: str
    rules: tuple[str, ...]

    @property
    def name(self) -> str:
        """Purpose and version: "perform_task@1"."""
        return f"{self.purpose}@{self.version}"


_ALL = (
    Template(
        purpose="classify_domain",
        version=1,
        role="You say which field a goal belongs to.",
        rules=(
            "Choose by what the goal means, not by single words in it.",
            "Choose unknown when the goal does not tell its field.",
            "Choose other and name the field when none of the candidates is right.",
        ),
    ),
    Template(
        purpose="propose_team",
        version=1,
        role="You name the roles that a goal needs.",
        rules=(
            "Call each role what people in this field call it.",
            "Name a role only if it does a part of this goal.",
        ),
    ),
    Template(
        purpose="analyze_goal",
        version=3,
        role="You divide a goal into tasks for a team.",
        rules=(
            "First say what must be known and is not yet; finding it out is a task of its own.",
            "Speak as people in this field do.",
            "Each task ends in something that a person can hold, read or see.",
            "Each criterion is a statement that a person can check to be true or false.",
            "Tasks that need another's result come after it.",
        ),
    ),
    Template(
        purpose="perform_task",
        version=2,
        role="You do one task and hand over what it ends in.",
        rules=(
            "Speak as people in this field do.",
            "Write the thing itself, ready for use, with nothing left to fill in.",
            "No part says what another says.",
        ),
    ),
    Template(
        purpose="review_deliverable",
        version=1,
        role="You check finished work against what it must satisfy.",
        rules=(
            "Judge what stands in the work, and not what may be meant.",
            "Take each passage from the work word for word.",
            "Say cannot tell where the work does not let you know.",
        ),
    ),
    Template(
        purpose="reword_tasks",
        version=1,
        role="You write tasks anew in the words of their field.",
        rules=(
            "Speak as people in this field do.",
            "Keep what each task is for. Where … stands, find what belongs there in this field.",
            "Each criterion is a statement that a person can check to be true or false.",
        ),
    ),
)

TEMPLATES: Mapping[str, Template] = {template.purpose: template for template in _ALL}
"""The newest template of each purpose: the last of them above."""

BY_VERSION: Mapping[str, Template] = {template.name: template for template in _ALL}
"""Every template that is still served, by name: work goes on with those that it began with."""


class PromptVersionUnknown(FailedPrecondition):
    """A prompt's version is asked for that this service does not have, or no longer."""

    default_reason = "PROMPT_VERSION_UNKNOWN"


def template_of(purpose: str, version: str = "") -> Template:
    """The template of this name, for example "perform_task@1"; empty: the newest.

    Raises PromptVersionUnknown, and KeyError for a purpose that has none.
    """
    if not version:
        return TEMPLATES[purpose]
    found = BY_VERSION.get(version)
    if found is None or found.purpose != purpose:
        served = ", ".join(name for name, each in BY_VERSION.items() if each.purpose == purpose)
        raise PromptVersionUnknown(
            f"there is no prompt {version[:60]!r}; served here for {purpose}: {served}",
            metadata={"purpose": purpose, "version": version[:60]},
        )
    return found


FIELD = "Field: {label}."
VOCABULARY = "Words of this field: {terms}."
LANGUAGE = "Write in {language}."
LANGUAGE_OF_GOAL = "Write in the language of the goal."
OUTPUT = "Answer with one JSON object and nothing else. Its form:"
GOAL = "Goal: {goal}"
KNOWN = "Known already, {name}:\n{text}"
CANDIDATES = "Candidates, the nearest first:"
TEAM = "Team:"
REWORD = "Tasks to write anew:"
TASK = "Task: {title}"
ENDS_IN = "It ends in: {deliverable}"
DONE_WHEN = "It is done when:"
WORK = "The work:"
CRITERIA = "What it must satisfy:"
MENDING = "Your answer before this was refused. Give the whole answer again without these faults:"
