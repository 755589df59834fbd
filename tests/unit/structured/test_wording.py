"""How answers without JSON are read."""

from typing import Any

import pytest

from shared.structured.schema.fitting import Unfit
from shared.structured.schema.shape import shape_of
from shared.structured.schema.wording import fit_text

TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "itemName": {"type": "string"},
        "count": {"type": "integer"},
        "tags": TEXTS,
        "note": {"type": "string", "default": "-"},
    },
    "required": ["itemName", "count"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "  plain words \n", "plain words"),
        ({"type": "boolean"}, "False.\n\nThe claim does not hold.", False),
        ({"type": "boolean"}, "Verdict: **TRUE**", True),
        ({"type": "integer"}, "It takes 17 days.", 17),
        ({"type": "number"}, "3,5", 3.5),
        ({"enum": ["low", "high"]}, "The risk is high", "high"),
        ({"const": "Zoë"}, "it was zoe who came", "Zoë"),
        ({"type": "null"}, "None", None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "about 5 it is", 5),
        ({"type": "array", "items": {"type": "boolean"}}, "I say true", [True]),
        (TEXTS, "- oak\n- ash tree", ["oak", "ash tree"]),
        (TEXTS, "Trees:\n1. oak\n2. 'ash'", ["oak", "ash"]),
        (TEXTS, "oak, ash, elm", ["oak", "ash", "elm"]),
        ({"type": "array", "items": {"type": "integer"}}, "* 4\n* 1,000", [4, 1000]),
    ],
)
def test_words_give_the_value_that_they_state(schema: Any, text: str, value: Any) -> None:
    fit = fit_text(shape_of(schema), text)
    assert fit.value == value
    assert fit.repairs


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "boolean"}, "true or false"),
        ({"type": "integer"}, "between 3 and 4"),
        ({"type": "integer"}, "3.5"),
        ({"type": "integer", "maximum": 10}, "it is 17"),
        ({"enum": ["low", "high"]}, "low or high"),
        ({"type": "null"}, "nothing to report"),
        (TEXTS, "- a\n  - b"),
        (TEXTS, "One line.\nAnother line."),
        (ORDER, "Just words about an item."),
        (ORDER, "item name: lamp"),
        (ORDER, "item name: lamp\ncount:"),
        (ORDER, "item name: lamp\ncount: 2\ncount: 3"),
        (ORDER, "item name: lamp\ncount: 2\nor so"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, "words"),
        ({"type": "string"}, "  "),
    ],
)
def test_what_is_not_stated_is_refused(schema: Any, text: str) -> None:
    with pytest.raises(Unfit) as caught:
        fit_text(shape_of(schema), text)
    assert caught.value.faults


@pytest.mark.parametrize(
    "text",
    [
        "itemName: lamp\ncount: 2",
        "item_name = 'lamp'\ncount = 2",
        "- **Item name**: lamp\n- **Count:** 2",
        "Here you are:\n\nItem Name: `lamp`\nCOUNT: 2\n\nAnything else?",
    ],
)
def test_key_value_lines_give_an_object_with_its_defaults(text: str) -> None:
    fit = fit_text(shape_of(ORDER), text)
    assert fit.value == {"itemName": "lamp", "count": 2, "note": "-"}
    assert any(repair.where == "/note" for repair in fit.repairs)


@pytest.mark.parametrize("tags", ["tags: a, b", "tags:\n- a\n- b", "tags: [a, 'b']"])
def test_a_list_property_takes_commas_or_the_bullets_below(tags: str) -> None:
    fit = fit_text(shape_of(ORDER), f"itemName: lamp\n{tags}\ncount: 2")
    assert fit.value["tags"] == ["a", "b"]


def test_a_text_goes_on_over_lines_without_a_key() -> None:
    fit = fit_text(shape_of(ORDER), "count: 2\nitemName: lamp\nwith a shade")
    assert fit.value["itemName"] == "lamp\nwith a shade"


def test_prose_left_out_is_said() -> None:
    fit = fit_text(shape_of(ORDER), "Sure.\nitemName: lamp\ncount: 2")
    assert any("prose" in repair.what for repair in fit.repairs)
