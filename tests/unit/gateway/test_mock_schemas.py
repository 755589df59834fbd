"""Whatever a JSON Schema asks for, the mock's answer is valid under it, or there is no such value."""

import json

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_prompts import ask, prompt

from services.gateway.calls import ProviderFailure
from services.gateway.mock.effort import MAX_WEIGHT, cases, weight
from services.gateway.mock.schemas import Schemas
from shared.rpc.errors import InvalidArgument

PROMPT = prompt("Create a training program", "You plan.\nWords: hypertrophy, sets, deload")

names = st.sampled_from(
    ["id", "title", "name", "role", "depends_on", "tasks", "score", "x", "nötig"]
)
small = st.integers(0, 6)
bound = st.integers(-200, 200)
scalar = st.one_of(
    st.builds(
        lambda a, b: {"type": "string", "minLength": min(a, b), "maxLength": max(a, b)},
        st.integers(0, 40),
        st.integers(0, 60),
    ),
    st.sampled_from(
        [
            {"type": "string", "pattern": "^[a-z]+-[0-9]{2,4}$"},
            {"type": "string", "pattern": "^(foo|bar)_\\w+$"},
            {"type": "string", "pattern": "\\d", "minLength": 12},
            {"type": "string", "pattern": "^\\S+( \\S+){2}$"},
            {"type": "string", "pattern": "^[A-Z][a-z]{3,9}$", "minLength": 6},
            {"type": ["string", "null"]},
            {"type": ["integer", "boolean"]},
            {"type": "boolean"},
            {"type": "null"},
            {"type": "number"},
            {},
            True,
        ]
    ),
    st.builds(
        lambda form: {"type": "string", "format": form},
        st.sampled_from(["date", "date-time", "email", "uri", "uuid", "time", "ipv4", "hostname"]),
    ),
    st.builds(
        lambda a, b, step: {
            "type": "number",
            "exclusiveMinimum": min(a, b),
            "maximum": max(a, b) + 1,
            "multipleOf": step,
        },
        bound,
        bound,
        st.sampled_from([0.5, 0.1, 0.01, 1]),
    ),
    st.builds(
        lambda a, step: {"type": "integer", "minimum": a, "multipleOf": step},
        bound,
        st.integers(1, 9),
    ),
    st.builds(
        lambda values: {"enum": values},
        st.lists(
            st.one_of(st.integers(-3, 3), st.text(max_size=4), st.booleans(), st.none()),
            min_size=1,
            max_size=4,
        ),
    ),
)


def compound(inner):
    return st.one_of(
        st.builds(
            lambda properties, required, extra: {
                "type": "object",
                "properties": properties,
                "required": [name for name in required if extra is not False or name in properties],
                "additionalProperties": extra,
            },
            st.dictionaries(names, inner, max_size=4),
            st.lists(names, max_size=3, unique=True),
            st.one_of(st.booleans(), inner),
        ),
        st.builds(
            lambda items, a, b, unique: {
                "type": "array",
                "items": items,
                "minItems": min(a, b),
                "maxItems": max(a, b),
                "uniqueItems": unique,
            },
            inner,
            small,
            small,
            st.booleans(),
        ),
        st.builds(
            lambda prefix, rest, least: {
                "type": "array",
                "prefixItems": prefix,
                "items": rest,
                "minItems": least,
            },
            st.lists(inner, min_size=1, max_size=3),
            st.one_of(st.booleans(), inner),
            small,
        ),
        st.builds(
            lambda one, least: {"type": "array", "contains": one, "minContains": least},
            inner,
            small,
        ),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"oneOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda one, other: {"allOf": [one], "not": other}, inner, inner),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
        st.builds(
            lambda one, least, longest: {
                "type": "object",
                "minProperties": least,
                "propertyNames": {"maxLength": longest},
                "additionalProperties": one,
            },
            inner,
            st.integers(0, 3),
            st.integers(1, 8),
        ),
    )


schemas = st.recursive(scalar, compound, max_leaves=6)


def answer(schema, **settings_):
    return json.loads(ask(PROMPT, schema, **settings_).text)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(schemas, st.integers(0, 9))
def test_a_random_schema_gets_a_valid_value_or_has_none(schema, seed):
    try:
        value = answer(schema, seed=seed)
    except ProviderFailure as failure:
        assert failure.charged is False
        assert isinstance(failure.error, InvalidArgument)
        assert failure.error.reason == "UNSATISFIABLE_SCHEMA"
        assert str(jsonschema_rs.canonicalize(schema).satisfiability()) != "yes"
    else:
        assert jsonschema_rs.is_valid(schema, value)


TREE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "children", "next"],
        },
        "term": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        "left": {"$ref": "#/$defs/term"},
                        "right": {"$ref": "#/$defs/term"},
                    },
                    "required": ["left", "right"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"literal": {"type": "number"}},
                    "required": ["literal"],
                    "additionalProperties": False,
                },
            ]
        },
    }
}
VALID = {
    "tree": {**TREE, "$ref": "#/$defs/node"},
    "terms": {**TREE, "$ref": "#/$defs/term"},
    "refers to itself": {"anyOf": [{"$ref": "#"}, {"type": "string"}]},
    "anchor": {"$defs": {"a": {"$anchor": "part", "const": 7}}, "$ref": "#part"},
    "id": {"$id": "https://example.org/s", "$defs": {"a": {"const": 7}}, "$ref": "s#/$defs/a"},
    "draft 7 tuple": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "items": [{"const": 1}, {"const": "b"}],
        "additionalItems": False,
        "minItems": 2,
    },
    "merged": {
        "allOf": [
            {"properties": {"a": {"type": "integer", "minimum": 3}}, "required": ["a"]},
            {"properties": {"a": {"maximum": 3}, "b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "exactly one": {
        "oneOf": [{"type": "integer", "minimum": 3}, {"type": "integer", "maximum": 10}]
    },
    "not": {"type": ["string", "integer"], "not": {"type": "string"}},
    "not one of": {"enum": ["a", "b", "c"], "not": {"enum": ["a", "b"]}},
    "dependent": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a"],
        "dependentRequired": {"a": ["b"]},
        "additionalProperties": False,
    },
    "name patterns": {
        "type": "object",
        "patternProperties": {"^x_[a-z]+$": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 3,
    },
    "lookahead": {"type": "string", "pattern": "^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d]{8,}$"},
    "no backtracking trap": {"type": "string", "pattern": "^(a+)+$"},
    "empty text": {"type": "string", "maxLength": 0},
    "huge integer": {"type": "integer", "minimum": 1e30, "maximum": 2e30},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0.29, "maximum": 0.31},
    "unique small": {
        "type": "array",
        "items": {"enum": [1, 2, 3]},
        "minItems": 3,
        "uniqueItems": True,
    },
}


@pytest.mark.parametrize("schema", VALID.values(), ids=VALID)
def test_each_keyword_is_honoured(schema):
    assert jsonschema_rs.is_valid(schema, answer(schema))


UNSATISFIABLE = {
    "false": False,
    "lengths": {"type": "string", "minLength": 5, "maxLength": 3},
    "types": {"type": "string", "allOf": [{"type": "integer"}]},
    "enum": {"type": "integer", "enum": ["a", "b"]},
    "bounds": {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
    "property": {"properties": {"a": False}, "required": ["a"], "type": "object"},
    "endless": {
        "type": "object",
        "properties": {"next": {"$ref": "#"}},
        "required": ["next"],
    },
    "too many": {"type": "array", "minItems": 1_000_000},
    "too long": {"type": "string", "minLength": 1_000_000_000},
}


@pytest.mark.parametrize("schema", UNSATISFIABLE.values(), ids=UNSATISFIABLE)
def test_a_schema_without_a_value_is_refused_and_nothing_is_charged(schema):
    with pytest.raises(ProviderFailure) as caught:
        answer(schema)
    assert caught.value.charged is False
    assert caught.value.error.reason == "UNSATISFIABLE_SCHEMA"
    assert [violation.field for violation in caught.value.error.violations] == ["response_schema"]


def doubling(levels):
    """A schema of a few lines that a validator would ask 2 to the power of levels times."""
    defs = {
        f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#/$defs/a{n + 1}"}]}
        for n in range(levels)
    }
    return {"$defs": {**defs, f"a{levels}": {"type": "string"}}, "$ref": "#/$defs/a0"}


def test_references_that_double_at_each_step_are_refused_before_they_are_followed():
    assert weight(Schemas(doubling(5))) < MAX_WEIGHT
    assert weight(Schemas(doubling(60))) > MAX_WEIGHT
    with pytest.raises(ProviderFailure, match="response_schema"):
        answer(doubling(60))


def test_branches_that_multiply_are_not_spelt_out():
    many = {"allOf": [{"oneOf": [{"required": [f"{n}{k}"]} for k in range(4)]} for n in range(40)]}
    assert cases(many) > 1e20
    assert jsonschema_rs.is_valid(many, answer(many))


def test_a_schema_64_levels_deep_is_answered():
    schema = {"type": "string"}
    for _ in range(63):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    assert jsonschema_rs.is_valid(schema, answer(schema))


def test_optional_parts_of_a_wide_and_deep_schema_do_not_multiply():
    schema = {"type": "string"}
    for _ in range(4):
        schema = {"type": "object", "properties": {str(n): schema for n in range(8)}}
    assert len(json.dumps(answer(schema))) < 200_000


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ("date", {"type": "string", "format": "date"}),
        ("email", {"type": "string", "format": "email", "maxLength": 30}),
        ("uuid", {"type": "string", "format": "uuid"}),
        ("date-time", {"type": "string", "format": "date-time"}),
        ("uri", {"type": "string", "format": "uri"}),
        ("ipv6", {"type": "string", "format": "ipv6"}),
    ],
)
def test_formats_hold_where_a_validator_checks_them(form, schema):
    checked = jsonschema_rs.validator_for(schema, validate_formats=True)
    assert checked.is_valid(answer(schema))


def test_texts_are_cut_at_a_words_end():
    for longest in range(12, 60, 4):
        text = answer({"type": "string", "minLength": 1, "maxLength": longest})
        whole = answer({"type": "string", "minLength": 80})
        assert len(text) <= longest
        assert not text.endswith(" ")
        assert all(
            word.strip(".,") in whole.replace(".", "").replace(",", "").split()
            or word in "training program hypertrophy sets deload"
            for word in text.split()
        )


def test_words_of_the_prompt_fill_patterns_where_they_fit():
    assert answer({"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"}) in {
        "hypertrophy", "sets", "deload", "training-program",
    }  # fmt: skip
