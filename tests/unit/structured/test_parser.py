"""What the parser does with what JSON leaves open, as its docstring states it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.structured import IntelligentJsonParser, ParseError, ParseResult, Repair, Strategy


class Task(BaseModel):
    title: str = Field(min_length=1)
    status: Literal["todo", "in_progress", "done"]
    hours: float = 1.0


TASK = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "hours": {"type": "number"}},
    "required": ["title"],
    "additionalProperties": False,
}


def parse(text: str, schema: Any = None) -> ParseResult:
    return IntelligentJsonParser().parse(text, schema)


def refused(text: str, schema: Any = None) -> str:
    """Why `text` is refused."""
    with pytest.raises(ParseError) as raised:
        parse(text, schema)
    assert raised.value.raw == text
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"path": "C:\Users\new", x: 1}', {"path": r"C:\Users\new", "x": 1}),
        (r'{"path": "C:\dir\"}', {"path": "C:\\dir\\"}),
        (r'{"pattern": "\d+\.\w"}', {"pattern": r"\d+\.\w"}),
        (r'{"formula": "\int \frac{a}{b} \theta"}', {"formula": r"\int \frac{a}{b} \theta"}),
        (r"{'note': 'it\'s'}", {"note": "it's"}),
    ],
)
def test_a_backslash_that_begins_no_escape_is_kept(text: str, value: object) -> None:
    result = parse(text)
    assert result.value == value
    assert result.strategy is Strategy.REPAIRED


def test_escapes_of_valid_json_mean_what_json_says() -> None:
    text = r'{"formula": "\frac", "tab": "\t", "star": "\u2605"}'
    assert parse(text).value == json.loads(text)


def test_of_a_key_that_stands_twice_the_last_counts_and_it_is_told() -> None:
    result = parse('{"a": 1, "b": 2, "a": 3}')
    assert result.value == {"a": 3, "b": 2}
    assert "a key stands twice" in str(result.repairs)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_read_as_the_word_that_it_is(word: str) -> None:
    assert parse(f'{{"a": {word}}}').value == {"a": word}
    assert "hours" in refused(f'{{"title": "x", "hours": {word}}}', TASK)


def test_integers_are_exact_up_to_the_digits_that_python_reads() -> None:
    digits = "9" * 4300
    assert parse(f"[{digits},]").value == [int(digits)]
    assert parse(f"[{digits}]").value == [int(digits)]
    assert "digits" in refused(f"[{digits}9,]")


@pytest.mark.parametrize("number", ["1e999", "-1E+400", "9" * 400 + ".5"])
def test_a_number_that_no_float_holds_is_an_error(number: str) -> None:
    assert "larger" in refused(f"[{number}]")
    assert "larger" in refused(f"[{number},]")


def test_what_only_looks_like_a_large_number_is_read() -> None:
    text = '{"id": "3e999", "code": "e+100", "least": 1e-400}'
    assert parse(text) == ParseResult(json.loads(text), Strategy.STRICT)


def test_a_lone_surrogate_is_replaced_and_told_and_a_pair_is_one_character() -> None:
    result = parse(r'["\ud83d\ude00", "\ud800"]')
    assert result.value == ["😀", "�"]
    assert "U+FFFD" in str(result.repairs)
    assert parse('["\ud800"]').value == ["�"]


@pytest.mark.parametrize("sign", ["\ufeff", "\u200b", "\u00a0", "\u2028"])
def test_odd_whitespace_is_skipped_between_things_and_kept_in_strings(sign: str) -> None:
    result = parse(f'{sign}{{"a":{sign}"x{sign}y"}}')
    assert result.value == {"a": f"x{sign}y"}
    assert result.repairs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "app', {"a": "app"}),
        ('{"a": [1, {"b": tru', {"a": [1, {}]}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1, "b":', {"a": 1}),
        ("[1, 23", [1, 23]),
        ('["x\\u26', ["x"]),
        ("[[], {", [[], {}]),
    ],
)
def test_of_a_text_that_was_cut_off_what_came_is_kept(text: str, value: object) -> None:
    result = parse(text)
    assert result.value == value
    assert not result.complete
    assert result.repairs


@pytest.mark.parametrize("text", ["t", "nul", "-", "", "   ", "no JSON at all", '{"a", "b"}'])
def test_nothing_is_invented(text: str) -> None:
    assert refused(text)


def test_two_different_values_in_prose_are_an_error_and_no_coin_toss() -> None:
    assert "which is meant" in refused('Either {"a": 1} or {"a": 2}.')
    assert "which is meant" in refused(
        'First {"title": "a", "status": "todo"}, or {"title": "b", "status": "todo"}', Task
    )


def test_the_same_value_twice_is_no_question() -> None:
    assert parse('{"a": 1, "b": 2} is it. Again: {"b": 2, "a": 1}').value == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "text",
    [
        '<think>{"title": "draft", "hours": 1}</think>{"title": "x"}',
        'Maybe {"title": "draft"}?</think>\n{"title": "x"}',
        'I fill {title}: {"name": "y"} no, {"title": "x"} it is.',
        '```json\n{"other": 1}\n```\nor rather\n```json\n{"title": "x"}\n```',
        '{"result": {"title": "x"}}',
        '"{\\"title\\": \\"x\\"}"',
        "Title: x",
    ],
)
def test_with_a_schema_the_value_that_fits_is_found_wherever_it_stands(text: str) -> None:
    assert parse(text, TASK).value == {"title": "x"}


def test_a_model_class_gives_its_instance_and_names_of_values_are_matched() -> None:
    result = parse('{"Title": "Oil the hinge", "STATUS": "In Progress", "hours": 2}', Task)
    assert result.value == Task(title="Oil the hinge", status="in_progress", hours=2)
    assert result.strategy is Strategy.FITTED
    assert {repair.where for repair in result.repairs} == {"/title", "/status"}


def test_a_valid_answer_to_a_model_class_is_strict() -> None:
    result = parse('{"title": "x", "status": "done", "hours": 2}', Task)
    assert result == ParseResult(Task(title="x", status="done", hours=2), Strategy.STRICT)


def test_what_does_not_fit_names_every_fault() -> None:
    message = refused('{"title": 1.5, "hours": "many"}', Task)
    assert "/status" in message
    assert "/hours" in message


def test_an_unfinished_string_is_no_value_of_an_enum() -> None:
    assert "status" in refused('{"title": "x", "status": "done', Task)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "x", "b": "y" # a note\n}', {"a": "x", "b": "y"}),
        ('{"a": "number "7" # of 9"}', {"a": 'number "7" # of 9'}),
        ('{"a": 1}\n\n[1] The source', {"a": 1}),
        ("(1, 2)", [1, 2]),
        ('{"a": "x"; "b": "y"}', {"a": "x", "b": "y"}),
        ('<|channel|>analysis<|message|>{"a": 0}<|channel|>final<|message|>{"a": 1}', {"a": 1}),
        ('[THINK]{"a": 0}[/THINK]{"a": 1}', {"a": 1}),
    ],
)
def test_what_a_person_reads_at_once_is_read_and_told(text: str, value: object) -> None:
    result = parse(text)
    assert result.value == value
    assert result.complete
    assert result.repairs


@pytest.mark.parametrize("text", ['"a", "b"', "OK (200)", "`", '{"a" x: 1, "b": 2}', '{"a"; 1}'])
def test_what_may_mean_two_things_is_refused(text: str) -> None:
    assert refused(text)


def test_lone_surrogates_outside_of_strings_do_not_get_through() -> None:
    result = parse("{a: \ud800}", {"type": "object", "properties": {"a": {"minLength": 1}}})
    assert result.value == {"a": "�"}
    assert "U+FFFD" in str(result.repairs)


class Named(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first_name: str = Field(alias="firstNm")

    @field_validator("first_name")
    @classmethod
    def _known(cls, name: str) -> str:
        return {"Ada": name}[name]


def test_what_a_model_takes_by_its_own_names_is_taken_and_its_validators_errors_are_faults() -> (
    None
):
    assert parse('{"first_name": "Ada"}', Named).value.first_name == "Ada"
    assert "KeyError" in refused('{"firstNm": "Bob"}', Named)


def test_an_enum_of_many_long_lists_is_compared_with_once() -> None:
    """Folding every value again for each item took 13 s here."""
    schema = {"type": "array", "items": {"enum": [f"country_name_{n}" for n in range(250)]}}
    text = "\n".join(f"- Country Name {n % 250}" for n in range(3_000))
    result = parse(text, schema)
    assert result.value[:2] == ["country_name_0", "country_name_1"]
    assert len(result.value) == 3_000


def test_a_repair_says_where_and_what() -> None:
    (repair,) = parse('{"a": 1,}').repairs
    assert repair == Repair("character 7", "a comma too many is left out")
    assert str(repair) == "character 7: a comma too many is left out"


def test_what_is_no_schema_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="schema"):
        parse("{}", {"type": "heap"})


def test_the_example_of_the_readme_gives_what_the_readme_says() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    source, told = re.findall(r"(?s)````python\n(.*?)````.*?```\n(.*?)```", readme)[0]
    names: dict[str, Any] = {}
    exec(compile(source, "README.md", "exec"), names)
    result = names["result"]
    assert f"`{result.value}`" in readme
    assert f"`result.strategy` is `{result.strategy}`" in readme
    assert [str(repair) for repair in result.repairs] == told.splitlines()
