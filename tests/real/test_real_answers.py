"""What a real model writes when nothing holds its form is read, told and not added to.

The raw answers and what was read from each are printed (pytest -rA), since only a person
can say whether a reading is the right one. ATTUNE_JSON_ANSWERS may name a file with more
answers (JSON lines with `raw_text`), which are read and printed alike.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from shared.structured import IntelligentJsonParser, ParseError, Strategy

TASKS = (
    "Answer with JSON only: an array of 3 objects with title, description and priority "
    "(high, medium or low). Goal: {goal}"
)
FIELD = 'Answer with JSON only: {{"domain": ..., "confidence": ...}}. Goal: {goal}'
GOALS = ("Tune a church organ", "Write a thesis on medieval bread", "Fix a leaking tap")
ASKED = [(form, goal) for form in (TASKS, FIELD) for goal in GOALS]


def words_of(value: Any) -> list[str]:
    """Every text and number in a value, as they would stand in a document."""
    if isinstance(value, dict):
        return [word for key, item in value.items() for word in (key, *words_of(item))]
    if isinstance(value, list):
        return [word for item in value for word in words_of(item)]
    return [value if isinstance(value, str) else json.dumps(value)]


def read(text: str) -> str:
    """What came out of an answer, in one line; fails if something in it did not go in."""
    try:
        result = IntelligentJsonParser().parse(text)
    except ParseError as error:
        assert error.raw == text
        return f"refused: {error}"
    if result.strategy is not Strategy.STRICT:
        assert result.repairs
    letters = "".join(text.split())
    for word in words_of(result.value):
        plain = json.dumps(word, ensure_ascii=False)[1:-1] if word else word
        spellings = (word, plain, json.dumps(word)[1:-1])
        assert any("".join(one.split()) in letters for one in spellings), word
    whole = "" if result.complete else ", cut off"
    told = "; ".join(map(str, result.repairs[:3]))
    return f"{result.strategy}{whole}: {json.dumps(result.value)[:300]} ({told})"


@pytest.mark.parametrize(("form", "goal"), ASKED)
def test_a_real_answer_is_read_without_adding_to_it(
    gateway: GatewayServiceStub, form: str, goal: str
) -> None:
    request = pb.CompleteRequest(
        messages=[pb.Message(role=pb.ROLE_USER, content=form.format(goal=goal))],
        max_output_tokens=120,
        seed=7,
    )
    answer = gateway.Complete(request, timeout=180).text
    print(f"{answer}\n=> {read(answer)}")


def test_answers_kept_in_a_file_are_read_without_adding_to_them() -> None:
    named = os.environ.get("ATTUNE_JSON_ANSWERS", "")
    if not named:
        pytest.skip("ATTUNE_JSON_ANSWERS names no file")
    for line in Path(named).read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)["raw_text"]
        print(f"{answer[:200]!r}\n=> {read(answer)}")
