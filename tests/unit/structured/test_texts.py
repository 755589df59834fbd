"""Texts of a model's answer are bounded before anybody works with them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from shared.structured.texts import Line, Passage


class Answer(BaseModel):
    title: Line
    text: Passage = ""


def test_a_line_is_one_line() -> None:
    assert Answer(title="  Bake\n bread ").title == "Bake bread"


def test_a_passage_keeps_its_lines() -> None:
    assert Answer(title="x", text=" one\ntwo ").text == "one\ntwo"


@pytest.mark.parametrize(
    "fields",
    [{"title": "x" * 201}, {"title": "a\x00b"}, {"title": "x", "text": "y" * 2_001},
     {"title": "x", "text": "\x00"}],
    ids=["long line", "NUL in a line", "long passage", "NUL in a passage"],
)  # fmt: skip
def test_what_is_too_long_or_has_a_nul_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Answer(**fields)
