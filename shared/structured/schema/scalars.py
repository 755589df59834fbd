"""Numbers, booleans and null as people and models write them.

"1,234.50", "1.234,56", "12'500" and "$3" are numbers to a reader and strings to JSON. One
comma before three digits separates thousands and one point is JSON's own: "1,500" is 1500
and "1.500" is 1.5. What would have to be multiplied ("5 million") is no number here, and
what has a fraction is no integer.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation

from shared.structured.schema.names import clause_ends, words_of

MAX_NUMBER_CHARACTERS = 1_000
"""Longer strings are not looked at as numbers."""

_NUMBER = re.compile(
    r"(?<![\w.,])[-+\u2212]?(?:\d++(?:[.,'’_ \u00a0\u202f]\d++)*+|\.\d++)(?:[eE][-+]?\d++)?+"
)
_MONEY = re.compile(r"[-+\u2212]?(?=[$€£¥₹₩₽])[$€£¥₹₩₽]\s?")
_PREFIX = re.compile(r"(?:[$€£¥₹₩₽]|[A-Z]{3}|[A-Z]{1,2}\$)?\s?")
_SUFFIX = re.compile(r"\s?(?:[%‰°$€£¥₹₩₽]|[^\W\d_][^\W\d_²³]*+[²³]?)?(?:[ /][^\W\d_]++\.?){0,2}\.?")
_FRACTION = re.compile(r"([-+\u2212]?\d{1,15})\s?[/⁄]\s?(\d{1,15})")
_THOUSANDS = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}"),
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}"),
}
_LONE_GROUPS = re.compile(r"\d{1,3}(?:([ \u00a0\u202f'’_])\d{3})(?:\1\d{3})*+(?:[.,]\d++)?")
_GROUPING = re.compile(r"[ \u00a0\u202f'’_]")
_LAST_GROUP = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+"),
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+"),
}
_ARABIC_SIGNS = str.maketrans({"٫": ".", "٬": ",", "\u2212": "-"})
_MAGNITUDES = frozenset(
    [
        "k",
        "mm",
        "mln",
        "mill",
        "tn",
        "thou",
        "half",
        "squared",
        "тыс",
        "млн",
        "млрд",
        "mn",
        "mio",
        "bn",
        "mrd",
        "tsd",
        "mld",
        "hundred",
        "thousand",
        "million",
        "billion",
        "trillion",
        "dozen",
        "lakh",
        "crore",
        "percent_of",
        "hundreds",
        "thousands",
        "millions",
        "billions",
        "dozens",
        "cent",
        "cents_mille",
        "mille",
        "millier",
        "milliers",
        "milliard",
        "milliards",
        "mil",
        "miles",
        "millon",
        "millones",
        "millón",
        "milhão",
        "milhões",
        "bilhão",
        "bilhões",
        "mila",
        "milione",
        "milioni",
        "miliardo",
        "miliardi",
        "hundert",
        "tausend",
        "millionen",
        "milliarde",
        "milliarden",
        "duizend",
        "miljoen",
        "miljard",
        "十",
        "百",
        "千",
        "万",
        "萬",
        "亿",
        "億",
        "兆",
        "مئة",
        "ألف",
        "آلاف",
        "مليون",
        "مليار",
    ]
)
_CAPITAL_MAGNITUDES = frozenset({"M", "B", "T", "K", "G"})
_BOOLEANS = {"true": True, "false": False, "yes": True, "no": False}
_NULLS = frozenset({"null", "none"})
_AROUND = " \t\r\n\"'`*“”‘’«»"
_AFTER = _AROUND + ".!"


def bare(text: str) -> str:
    """The text without blanks, quotes and markdown marks around it."""
    return text.strip(_AROUND)


def null_in(text: str) -> bool:
    """Whether a string says null: "null" or "none" in any case."""
    return len(text) < 20 and text.strip(_AFTER).lower() in _NULLS


def boolean_in(text: str) -> bool | None:
    """The boolean that a string is: true, false, yes or no in any case; None if it is none."""
    return _BOOLEANS.get(text.strip(_AFTER).lower()) if len(text) < 20 else None


def text_of(value: float) -> str:
    """A number or boolean as JSON writes it. Raises ValueError beyond 4,300 digits."""
    return json.dumps(value, allow_nan=False)


def number_in(text: str) -> int | float | None:
    """The one number that a string is, with its separators, currency or unit; else None.

    An int where no fraction is written (exact, however long), else the nearest float.
    """
    if len(text) > MAX_NUMBER_CHARACTERS:
        return None
    plain = bare(text).translate(_ARABIC_SIGNS)
    if fraction := _FRACTION.fullmatch(plain):
        over, under = int(fraction[1]), int(fraction[2])
        return _plain(Decimal(over) / Decimal(under)) if under else None
    if money := _MONEY.match(plain):
        plain = plain[: 1 if plain[0] in "-+" else 0] + plain[money.end() :]
    found = list(_NUMBER.finditer(plain))
    if len(found) != 1:
        return None
    before, after = plain[: found[0].start()], plain[found[0].end() :]
    if not _PREFIX.fullmatch(before) or not _SUFFIX.fullmatch(after) or _multiplies(after):
        return None
    return _value(found[0].group())


def numbers_named(text: str) -> list[tuple[int, int, int | float | None]]:
    """Every number of a sentence with its start and end; None for one that has no one reading.

    Digits inside words ("v2", "k1") are none.
    """
    plain = text.translate(_ARABIC_SIGNS)
    named: list[tuple[int, int, int | float | None]] = []
    for found in _NUMBER.finditer(plain):
        after = plain[found.end() : found.end() + 20]
        if after[:1].isalpha() and (after[1:2].isdigit() or not _unit_glued(after)):
            continue
        value = None if _multiplies(after) or _in_date(after) else _value(found.group())
        named.append((found.start(), found.end(), value))
    return named


def whole(value: float) -> int | None:
    """The integer that a number is; None if it has a fraction or no end."""
    if isinstance(value, int):
        return value
    return int(value) if math.isfinite(value) and value.is_integer() else None


def _value(written: str) -> int | float | None:
    sign, digits = ("", written) if written[0] not in "-+" else (written[0], written[1:])
    mantissa, exponent_sign, exponent = (
        re.split(r"([eE])", digits)
        if "e" in digits.lower()
        else (
            digits,
            "",
            "",
        )
    )
    plain = _without_groups(mantissa)
    if plain is None:
        return None
    try:
        if "." not in plain and not exponent:
            return int(sign + plain)
        return _plain(Decimal(f"{sign}{plain}{exponent_sign}{exponent}"))
    except (ValueError, InvalidOperation):
        return None


def _without_groups(digits: str) -> str | None:
    """The digits with at most a decimal point; None where the separators make no number."""
    if _GROUPING.search(digits):
        grouped = _LONE_GROUPS.fullmatch(digits)
        return _GROUPING.sub("", digits).replace(",", ".") if grouped else None
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        decimal = max(",.", key=digits.rfind)
        group = "." if decimal == "," else ","
        head, _, tail = digits.rpartition(decimal)
        if decimal in head or not _LAST_GROUP[group].fullmatch(head):
            return None
        return f"{head.replace(group, '')}.{tail}"
    for group in ",.":
        if group in digits and _THOUSANDS[group].fullmatch(digits):
            return digits.replace(group, "")
    return digits.replace(",", ".") if commas + points <= 1 else None


def _plain(value: Decimal) -> int | float | None:
    if abs(value.adjusted()) > 400:
        return None
    if value == value.to_integral_value() and abs(value) > 2**53:
        return int(value)  # a float would round it
    near = float(value)
    return near if math.isfinite(near) else None


def _multiplies(after: str) -> bool:
    """Whether the next word makes another number of this one: million, k."""
    words = words_of(after[:20])
    if not words or after[: words[0].start].strip():
        return False
    written = after[words[0].start : words[0].end]
    return written.lower() in _MAGNITUDES or written in _CAPITAL_MAGNITUDES


def _unit_glued(after: str) -> bool:
    return not clause_ends(after[:1]) and len(words_of(after)[0].folded) <= 4


def _in_date(after: str) -> bool:
    return after[:1] in ("/", ":") and after[1:2].isdigit()
