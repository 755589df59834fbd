"""How numbers, booleans and enum values in strings are read."""

import pytest

from shared.structured.schema.choices import NoChoice, boolean_named, choose, number_named, same
from shared.structured.schema.names import fold
from shared.structured.schema.scalars import boolean_in, null_in, number_in, text_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        (" 19 ", 19),
        ("2,048", 2048),
        ("2,048.75", 2048.75),
        ("2.048,75", 2048.75),
        ("7,25", 7.25),
        ("0,125", 0.125),
        ("8 000", 8000),
        ("8'000", 8000),
        ("3.000.000", 3_000_000),
        ("12,34,567", 1_234_567),
        ("88.10 CHF", 88.1),
        ("$2,048", 2048),
        ("-€3", -3),
        ("75%", 75),
        ("3/4", 0.75),
        ("12 kg", 12),
        ("\u22124", -4),
        ("٣٫٥", 3.5),
        ("9" * 300, int("9" * 300)),
    ],
)
def test_a_number_is_read_with_its_separators_and_unit(text: str, number: float) -> None:
    read = number_in(text)
    assert read == number
    assert type(read) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "x", "3 to 4", "5-6", "2024-01-05", "10:30", "1,2,3", "1.2.3", "4 million", "4k",
        "about 4", "v2", "1/0", "NaN", "Infinity", "1e999", "9" * 5_000, "1" * 2_000_000,
    ],
)  # fmt: skip
def test_what_is_no_one_number_is_none(text: str) -> None:
    assert number_in(text) is None


def test_booleans_and_null_are_read_in_any_case() -> None:
    assert [boolean_in(word) for word in ("TRUE", "no.", "**Yes**", "maybe")] == [
        True,
        False,
        True,
        None,
    ]
    assert [null_in(word) for word in ("None", "NULL", "nil", "nothing")] == [
        True,
        True,
        False,
        False,
    ]


def test_numbers_become_the_text_that_json_writes() -> None:
    assert [text_of(value) for value in (10**30, 2.0, True)] == [str(10**30), "2.0", "true"]


@pytest.mark.parametrize(
    "spelling", ["due_date", "dueDate", "Due Date", "DUE-DATE", "due.date", "Dué daté"]
)
def test_spellings_of_one_name_fold_alike(spelling: str) -> None:
    assert fold(spelling) == "duedate"


def test_digits_that_are_apart_stay_apart_when_folded() -> None:
    assert fold("1.5") != fold("15")
    assert fold("k-1.2") == fold("k 1_2")


STATES = ["on_hold", "not_on_hold", "shipped", "Ünterwegs"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on_hold", "on_hold"),
        ("On Hold", "on_hold"),
        ("onHold", "on_hold"),
        ("**shipped**", "shipped"),
        ("SHIPPED!?", "shipped"),
        ("unterwegs", "Ünterwegs"),
        ("The parcel is on hold.", "on_hold"),
        ("shipped: it left on Monday", "shipped"),
        ("it is not on hold", "not_on_hold"),
    ],
)
def test_a_value_is_found_by_spelling_or_as_words(text: str, value: str) -> None:
    assert choose(STATES, text).value == value


@pytest.mark.parametrize(
    "text",
    [
        "shipped or on_hold",
        "not shipped",
        "isn't shipped",
        "n'est pas shipped",
        "nicht shipped",
        "shipped ist es nicht",
        "no es shipped",
        "non è shipped",
        "não shipped",
        "niet shipped",
        "不是shipped",
        "shippedではない",
        "ليس shipped",
    ],
)
def test_two_values_or_a_denied_one_are_ambiguous(text: str) -> None:
    with pytest.raises(NoChoice, match="ambiguous"):
        choose(STATES, text)


@pytest.mark.parametrize(
    ("choices", "text"), [(["A", "B"], "A-"), (["C", "Java"], "C++"), (["15", "20"], "1.5")]
)
def test_signs_that_make_another_name_are_not_noise(choices: list[str], text: str) -> None:
    with pytest.raises(NoChoice):
        choose(choices, text)


def test_exact_case_outranks_folded_words_and_longer_values_cover_shorter() -> None:
    assert choose(["UP", "DOWN"], "the way up is DOWN").value == "DOWN"
    assert choose(["red", "dark red"], "I would take dark red").value == "dark red"
    assert choose(["C", "C++", "C#"], "written in C++ mostly").value == "C++"


def test_values_in_scripts_without_spaces_are_found() -> None:
    assert choose(["肯定", "否定"], "这个评价是肯定的").value == "肯定"


def test_a_word_of_another_language_is_not_translated() -> None:
    with pytest.raises(NoChoice):
        choose(["española", "français"], "SPANISH")


def test_enum_numbers_booleans_and_null_are_read_from_text() -> None:
    assert choose([4, 5], "5").value == 5
    assert choose([True], "TRUE").value is True
    assert choose([None, "x"], "null").value is None
    assert choose([4, 5], "I would say 4").value == 4
    with pytest.raises(NoChoice):
        choose([1, 2], True)


def test_sentences_give_the_one_number_or_truth_value() -> None:
    assert number_named("The total is 1,250 in all.") == 1250
    assert boolean_named("Yes, there is no doubt.") is True
    for text in ("3 or 4", "not 4", "4 billion", "none"):
        with pytest.raises(NoChoice):
            number_named(text)
    for text in ("true or false", "that is not true", "perhaps"):
        with pytest.raises(NoChoice):
            boolean_named(text)


def test_equality_tells_booleans_from_numbers() -> None:
    assert same([1, {"a": 2.0}], [1.0, {"a": 2}])
    assert not same(True, 1)
    assert not same([True], [1])
