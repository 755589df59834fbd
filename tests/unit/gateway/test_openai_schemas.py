"""Which schemas are sent to OpenAI as strict: only those that it is known to take."""

from __future__ import annotations

import copy

import pytest

from services.gateway.provider.openai_schemas import fits_strict_mode


def closed(**properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


PLAN = {
    **closed(
        title={"type": "string", "description": "In the goal's language"},
        tasks={"type": "array", "items": {"$ref": "#/$defs/Task"}, "minItems": 1, "maxItems": 20},
    ),
    "$defs": {
        "Task": closed(
            id={"type": "string", "pattern": "^t(?:[0-9]+)$"},
            hours={"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 100},
            due={"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            kind={"type": "string", "enum": ["do", "check"]},
            parts={"type": "array", "items": {"$ref": "#/$defs/Task"}},
        )
    },
}


def test_a_nested_recursive_closed_schema_is_strict():
    assert fits_strict_mode(PLAN)
    assert fits_strict_mode({"$schema": "http://json-schema.org/draft-07/schema#", **PLAN})


def test_a_schema_is_not_changed_by_looking_at_it():
    before = copy.deepcopy(PLAN)
    fits_strict_mode(PLAN)
    assert before == PLAN


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array", "items": {"type": "string"}},
        {"type": ["object", "null"], "properties": {}, "additionalProperties": False},
        {**closed(), "anyOf": [closed(a={"type": "string"})]},
        {"$ref": "#/$defs/A", "$defs": {"A": closed()}},
        {"type": "object", "properties": {}, "required": []},
        {"type": "object", "additionalProperties": False},
        {**closed(a={"type": "string"}), "required": []},
        {**closed(a={"type": "string"}), "required": ["a", "b"]},
        {**closed(a={"type": "string"}), "additionalProperties": True},
        {**closed(), "$defs": {"Open": {"type": "object", "properties": {}}}},
        {**closed(), "allOf": [closed()]},
        {**closed(), "patternProperties": {}},
    ],
    ids=range(13),
)
def test_a_root_that_strict_mode_refuses_is_not_strict(schema):
    assert not fits_strict_mode(schema)


@pytest.mark.parametrize(
    "part",
    [
        True,
        {},
        {"description": "anything"},
        {"type": "date"},
        {"type": ["string", 7]},
        {"type": "string", "minLength": 1},
        {"type": "string", "maxLength": 9},
        {"type": "string", "default": ""},
        {"type": "string", "format": "uri"},
        {"type": "string", "pattern": "^(?=a)"},
        {"type": "string", "pattern": r"(a)\1"},
        {"type": "string", "minimum": 3},
        {"type": "array"},
        {"type": "array", "items": True},
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"type": "array", "items": {"type": "string"}, "prefixItems": []},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "string", "not": {"const": "a"}},
        {"oneOf": [{"type": "string"}]},
        {"anyOf": [{"type": "string"}, {"type": "string", "minLength": 1}]},
        {"anyOf": {"type": "string"}},
        {"anyOf": [True]},
        {"anyOf": [closed(a={"type": "string"}), closed(a={"type": "null"})]},
        {"$ref": "#/$defs/A", "description": "beside a reference"},
        {"$ref": "https://example.com/schema"},
        {"type": "string", "enum": "ab"},
        {"type": "object", "enum": [{}]},
        {"type": "string", "enum": [f"{n:0100}" for n in range(251)]},
    ],
    ids=range(28),
)
def test_a_part_that_strict_mode_refuses_makes_the_whole_not_strict(part):
    assert not fits_strict_mode(closed(a=part))
    assert not fits_strict_mode(closed(a={"type": "array", "items": part}))


def test_objects_of_a_choice_that_begin_differently_are_strict():
    either = {"anyOf": [closed(a={"type": "string"}), {"$ref": "#/$defs/B"}]}
    schema = {**closed(x=either), "$defs": {"B": closed(b={"type": "string"})}}
    assert fits_strict_mode(schema)
    schema["$defs"]["B"] = closed(a={"type": "string"})
    assert not fits_strict_mode(schema)


def nested(levels):
    schema = {"type": "string"}
    for _ in range(levels - 1):
        schema = closed(a=schema)
    return schema


def test_the_documented_sizes_are_the_limit():
    assert fits_strict_mode(nested(10))
    assert not fits_strict_mode(nested(11))
    assert fits_strict_mode(closed(**{f"p{n}": {"type": "null"} for n in range(5_000)}))
    assert not fits_strict_mode(closed(**{f"p{n}": {"type": "null"} for n in range(5_001)}))
    assert fits_strict_mode(closed(a={"type": "integer", "enum": list(range(1_000))}))
    assert not fits_strict_mode(closed(a={"type": "integer", "enum": list(range(1_001))}))
    assert fits_strict_mode(closed(a={"type": "string", "const": "x" * 119_999}))
    assert not fits_strict_mode(closed(a={"type": "string", "const": "x" * 120_000}))
