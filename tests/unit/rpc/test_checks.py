"""A caller learns of every fault of a request at once."""

from __future__ import annotations

import math

import pytest

from shared.rpc.checks import RequestChecks
from shared.rpc.errors import InvalidArgument


def test_all_faults_are_told_together() -> None:
    checks = RequestChecks()
    checks.text("goal", " \n", most=5, required=True)
    checks.text("name", "x" * 6 + "\x00", most=5)
    checks.text("text", "a\ud800", most=5)
    checks.number("temperature", math.nan, least=0, most=2)
    checks.number("seed", -1, least=0, most=9)
    checks.count("messages", [], least=1, most=2)
    checks.count("stop", "abc", most=2)
    with pytest.raises(InvalidArgument) as raised:
        checks.done()
    told = [(item.field, item.description) for item in raised.value.violations]
    assert told == [
        ("goal", "must not be empty or blank"),
        ("name", "has 7 characters; at most 5 are allowed"),
        ("name", "has a NUL character at position 6"),
        ("text", "has a lone surrogate at position 1"),
        ("temperature", "is nan; it must be from 0 to 2"),
        ("seed", "is -1; it must be from 0 to 9"),
        ("messages", "must not be empty"),
        ("stop", "has 3 entries; at most 2 are allowed"),
    ]


def test_a_good_request_passes() -> None:
    checks = RequestChecks()
    checks.text("goal", "Bake bread", most=100, required=True)
    checks.number("seed", 0, least=0, most=9)
    checks.done()
