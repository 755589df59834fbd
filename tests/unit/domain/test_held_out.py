"""What is measured on was not learnt from: no held-out goal is among the catalogue's examples."""

from __future__ import annotations

from eval_sets import HELD_OUT, goals, texts

from services.domain.fields import plain_name
from services.domain.shortlist import Shortlist


def test_no_held_out_goal_is_an_example_of_the_catalogue(shortlist: Shortlist) -> None:
    examples = {
        plain_name(goal)
        for field in shortlist.fields
        for goals_of in (field.goals, *field.examples.values())
        for goal in goals_of
    }
    examples |= {
        plain_name(goal)
        for field in shortlist.fields
        for words in field.words.values()
        for goal in words.goals
    }
    held_out = {row.goal for row in (*goals(HELD_OUT), *texts(HELD_OUT))}
    assert len(examples) > 20_000
    assert [goal for goal in held_out if plain_name(goal) in examples] == []
