"""How a JSON value is fitted to a schema, and what is refused."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from shared.structured.schema.fitting import Fit, Unfit, fit
from shared.structured.schema.shape import shape_of

TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
INTEGER: dict[str, Any] = {"type": "integer"}


def record(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TRIP = record(("fromCity", "days"), fromCity={"type": "string"}, days=INTEGER)


def fitted(schema: Any, value: Any, **options: Any) -> Fit:
    return fit(shape_of(schema), value, **options)


def faults(schema: Any, value: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(Unfit) as caught:
        fit(shape_of(schema), value, **options)
    return caught.value.faults


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (TRIP, {"fromCity": "Ulm", "days": 2}),
        ({"type": "string"}, '{"a": 1}'),
        ({"type": "string"}, "01234"),
        ({"anyOf": [INTEGER, {"type": "string"}]}, "1"),
        ({"type": ["string", "null"]}, "null"),
        (True, [{"x": None}]),
        ({}, {"a": 1.5}),
        (INTEGER, 10**40),
        (record(a=INTEGER) | {"additionalProperties": True}, {"a": 1, "b": 2}),
    ],
)
def test_what_satisfies_the_schema_is_returned_unchanged_at_no_cost(
    schema: Any, value: Any
) -> None:
    assert fitted(schema, value) == Fit(value, 0, (), fitted(schema, value).filled)


@pytest.mark.parametrize(
    ("schema", "value", "wanted"),
    [
        (TRIP, {"from_city": "Ulm", "Days": "2"}, {"fromCity": "Ulm", "days": 2}),
        (TRIP, {"fromCity": "Ulm", "days": 2.0, "x": 1}, {"fromCity": "Ulm", "days": 2}),
        (TRIP, {"fromCity": 89, "days": 2}, {"fromCity": "89", "days": 2}),
        (TRIP, {"trip": {"fromCity": "Ulm", "days": 2}}, {"fromCity": "Ulm", "days": 2}),
        (TRIP, {"a": {"b": [{"fromCity": "U", "days": 1}]}}, {"fromCity": "U", "days": 1}),
        (TRIP, [{"fromCity": "Ulm", "days": 2}], {"fromCity": "Ulm", "days": 2}),
        (record(("ok",), ok={"type": "boolean"}), {"ok": 1}, {"ok": True}),
        (record(("ok",), ok={"type": "boolean"}), {"ok": "No"}, {"ok": False}),
        (record(n={"type": ["integer", "null"]}), {"n": "None"}, {"n": None}),
        (record(a=INTEGER, b=INTEGER), {"a": 1, "b": None}, {"a": 1}),
        (TEXTS, "oak", ["oak"]),
        (TEXTS, ["oak", 2, True], ["oak", "2", "true"]),
        (TEXTS, {"items": ["oak"]}, ["oak"]),
        ({"type": "string"}, ["oak"], "oak"),
        ({"enum": ["a_b", "c"]}, ["A B"], "a_b"),
        (INTEGER, {"answer": "1,000"}, 1000),
        (record(("n",), n={"type": "number"}), 2.5, {"n": 2.5}),
        (record(("names",), names=TEXTS), ["x"], {"names": ["x"]}),
        ({"type": "object", "additionalProperties": INTEGER}, {"k": "7"}, {"k": 7}),
        ({"type": "array", "prefixItems": [INTEGER, {"type": "string"}]}, ["1", 2], [1, "2"]),
    ],
)
def test_a_value_that_says_the_same_is_changed_and_every_change_listed(
    schema: Any, value: Any, wanted: Any
) -> None:
    result = fitted(schema, value)
    assert result.value == wanted
    assert result.cost > 0
    assert result.repairs


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (TRIP, {"fromCity": "Ulm"}, "/days: is missing"),
        (TRIP, {"fromCity": "Ulm", "days": 2.5}, "nothing is rounded"),
        (TRIP, {"fromCity": "Ulm", "days": True}, "/days"),
        (TRIP, {"fromCity": "Ulm", "days": 2, "_": {}} | {"days": None}, "/days"),
        (TRIP, {"FromCity": "a", "from_city": "b", "days": 1}, "ambiguous"),
        (TRIP, [], "an object is wanted"),
        (TRIP, {"a": {"fromCity": "U", "days": 1}, "b": {"fromCity": "V", "days": 1}}, "ambiguous"),
        ({"enum": ["red", "green"]}, "rde", "none of the allowed"),
        ({"enum": ["red", "green"]}, ["red", "green"], "none of the allowed"),
        (record(a=INTEGER), {"other": 1}, "none of its keys"),
        ({"type": "string", "minLength": 3}, "ab", "shorter than 3"),
        ({"type": "array", "items": INTEGER, "uniqueItems": True}, ["1", 1], "non-unique"),
        ({"type": "number"}, float("nan"), "not finite"),
        (False, 1, "nothing is allowed"),
    ],
)
def test_what_would_have_to_be_invented_or_guessed_is_refused(
    schema: Any, value: Any, said: str
) -> None:
    assert said in "; ".join(faults(schema, value))


def test_only_stated_defaults_are_filled_in_and_listed() -> None:
    schema = record((), a=INTEGER, b={"type": "string", "default": "x"}, c={"default": []})
    result = fitted(schema, {"a": 1})
    assert result.value == {"a": 1, "b": "x", "c": []}
    assert {repair.where for repair in result.repairs} == {"/b", "/c"}
    result.value["c"].append(1)
    assert fitted(schema, {"a": 1}).value["c"] == []


def test_the_fuller_of_two_drafts_costs_less() -> None:
    schema = record(("a",), a=INTEGER, b={"type": "string", "default": "x"})
    assert fitted(schema, {"a": 1, "b": "y"}).cost < fitted(schema, {"a": 1}).cost


def test_an_exact_key_wins_over_another_spelling() -> None:
    assert fitted(TRIP, {"fromCity": "a", "FromCity": "b", "days": 1}).value["fromCity"] == "a"


def test_an_outer_object_without_known_keys_gives_way_to_the_inner() -> None:
    schema = record(a=INTEGER, b=INTEGER)
    assert fitted(schema, {"result": {"a": 1}}).value == {"a": 1}
    open_schema = {"type": "object", "properties": {"a": INTEGER}}
    assert fitted(open_schema, {"other": 1}).cost > fitted(open_schema, {"a": 1}).cost


def test_a_json_document_in_a_string_is_read_where_a_structure_is_wanted() -> None:
    schema = record(("trip", "tags"), trip=TRIP, tags=TEXTS)
    value = {"trip": '{"fromCity": "Ulm", "days": 2}', "tags": '["a"]'}
    result = fitted(schema, value, read=json.loads)
    assert result.value == {"trip": {"fromCity": "Ulm", "days": 2}, "tags": ["a"]}
    assert faults(record(("trip",), trip=TRIP), {"trip": "[1, 2]"}, read=json.loads)


def test_unions_are_decided_by_their_constant_properties() -> None:
    branches = [
        record(("kind", "size"), kind={"const": kind}, size=INTEGER) for kind in ("box", "bag")
    ]
    result = fitted({"oneOf": branches}, {"kind": "Bag", "size": "3"})
    assert result.value == {"kind": "bag", "size": 3}


def test_a_union_with_two_equal_readings_is_ambiguous() -> None:
    branches = [record(("a",), a=INTEGER, k={"type": "string", "default": d}) for d in "xy"]
    assert "ambiguous" in faults({"anyOf": branches}, {"a": "1"})[0]


def test_enum_values_of_several_branches_compete_in_one_sentence() -> None:
    schema = {"anyOf": [{"const": "red"}, {"const": "dark red"}]}
    assert fitted(schema, "I see dark red").value == "dark red"


def test_references_all_of_and_cycles_are_followed() -> None:
    schema = {
        "$defs": {
            "tree": record(
                ("n",), n=INTEGER, below={"type": "array", "items": {"$ref": "#/$defs/tree"}}
            )
        },
        "allOf": [{"$ref": "#/$defs/tree"}, {"required": ["below"]}],
    }
    result = fitted(schema, {"n": "1", "below": [{"N": 2}]})
    assert result.value == {"n": 1, "below": [{"n": 2}]}
    assert {str(r.where) for r in result.repairs} == {"/n", "/below/0/n"}
    assert faults(schema, {"n": 1}) == ("/below: is missing",)


def test_a_schema_that_only_wraps_itself_ends() -> None:
    assert faults({"type": "array", "items": {"$ref": "#"}}, 5)


def test_keys_of_a_map_are_fitted_to_their_enum() -> None:
    schema = {
        "type": "object",
        "propertyNames": {"enum": ["to_do"]},
        "additionalProperties": INTEGER,
    }
    assert fitted(schema, {"To Do": 1}).value == {"to_do": 1}
    assert "ambiguous" in faults(schema, {"To Do": 1, "TO-DO": 2})[0]


@pytest.mark.parametrize(
    ("schema", "value", "cut", "unfinished", "wanted"),
    [
        (TEXTS, ["a", "bc"], (1,), True, ["a", "bc"]),
        ({"type": "array", "items": {"enum": ["a", "bcd"]}}, ["a", "bcd"], (1,), True, ["a"]),
        ({"type": "array", "items": INTEGER}, [1, "2"], (1,), True, [1]),
        ({"type": "array", "items": TRIP}, [{"fromCity": "U", "days": 1}, {"days": 2}], (1,), False,
         [{"fromCity": "U", "days": 1}]),
        (record(("a",), a=INTEGER, b=INTEGER), {"a": 1, "b": "2"}, ("b",), True, {"a": 1}),
        (TRIP, {"fromCity": "U", "days": 1, "x": "y"}, ("x",), True, {"fromCity": "U", "days": 1}),
    ],
)  # fmt: skip
def test_a_cut_off_answer_keeps_what_was_finished(
    schema: Any, value: Any, cut: Any, unfinished: bool, wanted: Any
) -> None:
    assert fitted(schema, value, cut=cut, unfinished=unfinished).value == wanted


def test_what_was_cut_off_before_it_came_is_a_fault() -> None:
    said = faults(TRIP, {"fromCity": "Ul"}, cut=("fromCity",), unfinished=True)
    assert said == ("/days: the answer was cut off before it came",)


class Step(BaseModel):
    kind: Literal["walk", "ride"]
    metres: int = Field(gt=0)
    note: str | None = None


def test_a_model_class_gets_its_instance_and_has_the_last_word() -> None:
    result = fitted(Step, {"Kind": "WALK", "metres": "1,200", "more": 1})
    assert result.value == Step(kind="walk", metres=1200)
    assert {repair.where for repair in result.repairs} == {"/kind", "/metres", "/note", ""}
    assert faults(Step, {"kind": "walk", "metres": 0, "note": None})[0].startswith("/metres: ")


def test_faults_do_not_repeat_the_values() -> None:
    schema = {"type": "string", "pattern": "^a+$"}
    assert "secret" not in "; ".join(faults(schema, "secret"))


@pytest.mark.parametrize("depth", [200, 5_000])
def test_depth_costs_no_stack(depth: int) -> None:
    value: Any = "7"
    for _ in range(depth):
        value = [value]
    schema = {"anyOf": [INTEGER, {"type": "array", "items": {"$ref": "#"}}]}
    assert fitted(schema, value).repairs[0].where == "/0" * depth


def test_faults_are_at_most_twenty() -> None:
    assert len(faults({"type": "array", "items": INTEGER}, ["x"] * 100)) == 20


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "#/$defs/none"},
        {"$ref": "https://example.com/schema"},
        {"pattern": "["},
        [1],
        {"x": {1, 2}},
    ],
)
def test_what_is_no_schema_is_said_in_one_sentence(schema: Any) -> None:
    with pytest.raises(ValueError, match=r"schema|Schema") as caught:
        shape_of(schema)
    assert "\n" not in str(caught.value)


def test_shapes_are_compiled_once() -> None:
    assert shape_of(TRIP) is shape_of(json.loads(json.dumps(TRIP)))
    assert shape_of(Step) is shape_of(Step)
