"""Valid JSON, by jiter: exact, or refused where Python could not hold what it says.

jiter is the parser inside pydantic. It tells a key that stands twice, refuses lone
surrogates and more than 200 levels, and reads integers of any size up to 4,300 digits. A
number too large for a float it reads as infinity; that is looked for here, by patterns that
begin with one rare character, since a search for classes of characters would cost as much
as the parsing.
"""

from __future__ import annotations

import math
import re
from typing import Any

import jiter

_MAYBE_HUGE = (
    re.compile(rb"e[+0-9][0-9]{2}"),
    re.compile(rb"E[+0-9][0-9]{2}"),
    re.compile(rb"\.(?<=[0-9]{309}\.)"),
)


class TooLarge(Exception):
    """A number that cannot be kept: no float holds it, or Python reads no such integer."""


def read_strictly(text: str) -> Any:
    """The value of a text that is valid JSON as a whole, whitespace around it allowed.

    Raises ValueError if it is not, or if a key stands twice, and TooLarge.
    """
    data = text.encode()
    value = jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True)
    if any(pattern.search(data) for pattern in _MAYBE_HUGE) and _has_infinity(value):
        raise TooLarge("a number is larger than any float")
    return value


def _has_infinity(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, float) and math.isinf(item):
            return True
    return False
