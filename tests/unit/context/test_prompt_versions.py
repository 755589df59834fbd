"""Work goes on with the prompt that it began with, as long as that is served."""

from __future__ import annotations

import dataclasses

import pytest

from shared.context import templates
from shared.context.prompt import build_prompt, goal_part
from shared.context.templates import BY_VERSION, TEMPLATES, PromptVersionUnknown


def prompt(version: str) -> str:
    made = build_prompt("perform_task", schema={}, user=[goal_part("Bake")], version=version)
    return f"{made.version}\n{made}"


def test_an_older_version_is_used_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    older = dataclasses.replace(TEMPLATES["perform_task"], version=0, role="You did it otherwise.")
    monkeypatch.setattr(templates, "BY_VERSION", {**BY_VERSION, older.name: older})
    assert "You did it otherwise." in prompt("perform_task@0")
    assert "perform_task@0" in prompt("perform_task@0")
    assert "You did it otherwise." not in prompt("")
    assert prompt("") == prompt(TEMPLATES["perform_task"].name)


@pytest.mark.parametrize("version", ["perform_task@99", "review_deliverable@1", "x" * 5_000])
def test_a_version_that_is_not_served_is_an_error_that_names_those_that_are(version: str) -> None:
    with pytest.raises(PromptVersionUnknown) as raised:
        prompt(version)
    assert raised.value.reason == "PROMPT_VERSION_UNKNOWN"
    assert TEMPLATES["perform_task"].name in raised.value.message


def test_every_template_has_a_name_of_its_own() -> None:
    assert {template.name for template in BY_VERSION.values()} == set(BY_VERSION)
    assert set(TEMPLATES.values()) <= set(BY_VERSION.values())
