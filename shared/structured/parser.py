"""Reads JSON out of what a model wrote, and says how; it never invents a value.

Strict parsing comes first and its result is untouched. Then values inside fences and
prose, found by a scanner that knows strings. Then json_repair, for documents of a
bounded size, where the words and signs after mending are exactly those before. Of a key
that stands twice in valid JSON the last counts, as in other strict parsers. A document that
was cut off, or an answer with several different fitting values, is an error.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import json_repair
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

MAX_CHARACTERS = 1_000_000
MAX_REPAIRED_CHARACTERS = 64_000
MAX_DEPTH = 100
MAX_CANDIDATES = 50
_OPEN, _CLOSE = "{[", "}]"
_WORD = re.compile(r"\w+|[-+<>%$€£=*~|&@#^.]")
_MERGED = re.compile(r"\\\"\s*:\s*\\\"")  # a key taken into a text
_ESCAPE = re.compile(r"\\[nrtbf/\"\\]")
_EMPTY = re.compile(r"[:,\[{]\s*(?:\"\"|'')")


class Strategy(StrEnum):
    """How a value was read, from nothing changed to mended."""

    STRICT = "strict"
    EMBEDDED = "embedded"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What was read.

    repairs: what was changed, in words. candidates: how many JSON values were seen.
    """

    value: Any
    strategy: Strategy
    repairs: tuple[str, ...] = ()
    candidates: int = 1


class ParseError(Exception):
    """An answer that cannot be read. raw: the whole answer."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


class IntelligentJsonParser:
    """Reads one JSON value out of an answer."""

    def parse(self, text: str, schema: type[BaseModel] | None = None) -> ParseResult:
        """The value in `text`; with a schema, an instance of it.

        Raises ParseError saying why; time is linear in the length of the text, which
        has at most MAX_CHARACTERS characters.
        """
        try:
            return _read(text, schema)
        except _Refused as error:
            raise ParseError(str(error), text) from error


class _Refused(Exception):
    """Why a text cannot be read."""


def _read(text: str, schema: type[BaseModel] | None) -> ParseResult:
    if len(text) > MAX_CHARACTERS:
        raise _Refused(f"has {len(text):,} characters; at most {MAX_CHARACTERS:,}")
    stripped = text.strip().removeprefix("\ufeff")
    if not stripped:
        raise _Refused("the answer is empty")
    try:
        value = from_json(stripped, allow_inf_nan=False)
    except ValueError as error:
        return _embedded(stripped, schema, str(error))
    return ParseResult(_fitted(value, schema), Strategy.STRICT)


def _embedded(text: str, schema: type[BaseModel] | None, why: str) -> ParseResult:
    spans, cut_off = _spans(text)
    fitting: list[Any] = []
    faults: list[str] = []
    broken: list[str] = []
    for span in spans:
        try:
            value = from_json(span, allow_inf_nan=False)
        except ValueError:
            broken.append(span)
            continue
        try:
            fitting.append(_fitted(value, schema))
        except _Refused as error:
            faults.append(str(error))
    distinct = _distinct(fitting)
    if len(distinct) > 1:
        raise _Refused(f"{len(distinct)} different values fit; which is meant?")
    if distinct:
        repairs = ("text around the JSON was left out",)
        return ParseResult(distinct[0], Strategy.EMBEDDED, repairs, candidates=len(spans))
    if cut_off:
        raise _Refused("the JSON is cut off before its end")
    if len(broken) == 1:
        return _repaired(broken[0], schema, candidates=len(spans))
    raise _Refused(faults[-1] if faults else f"no JSON value: {why}")


def _repaired(span: str, schema: type[BaseModel] | None, *, candidates: int) -> ParseResult:
    if len(span) > MAX_REPAIRED_CHARACTERS:
        raise _Refused(
            f"the JSON is broken, and over {MAX_REPAIRED_CHARACTERS:,} characters none is mended"
        )
    try:
        mended, log = json_repair.repair_json(span, return_objects=True, logging=True)
    except (ValueError, RecursionError) as error:
        raise _Refused(f"the JSON is broken and cannot be mended: {error}") from error
    if _words([mended]) != _words_of_text(span) or _MERGED.search(json.dumps(mended)):
        raise _Refused("the JSON is broken, and mending it would add or lose words")
    repairs = tuple(dict.fromkeys(str(entry.get("text", "")) for entry in log)) or ("syntax",)
    return ParseResult(_fitted(mended, schema), Strategy.REPAIRED, repairs, candidates=candidates)


def _fitted(value: Any, schema: type[BaseModel] | None) -> Any:
    if schema is None:
        return value
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(step) for step in item['loc']) or 'the answer'}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise _Refused("; ".join(faults[:20])) from error


def _spans(text: str) -> tuple[list[str], bool]:
    """Top-level {...} and [...] of a text, and whether one never closes.

    Quotes count only inside brackets: prose has apostrophes of its own.
    """
    spans: list[str] = []
    start = depth = position = 0
    while position < len(text):
        character = text[position]
        if character == '"' and depth:
            position = _string_end(text, position)
            continue
        if character in _OPEN:
            start = start if depth else position
            depth += 1
        elif character in _CLOSE and depth:
            depth -= 1
            if depth == 0:
                spans.append(text[start : position + 1])
        if depth > MAX_DEPTH or len(spans) > MAX_CANDIDATES:
            raise _Refused(f"has more than {MAX_CANDIDATES} bracketed values or {MAX_DEPTH} levels")
        position += 1
    return spans, depth > 0


def _string_end(text: str, start: int) -> int:
    """Where the string that opens at `start` has ended; the text's end if it never does."""
    position = start + 1
    while position < len(text):
        if text[position] == '"':
            return position + 1
        position += 2 if text[position] == "\\" else 1
    return len(text)


def _words(waiting: list[Any]) -> Counter[str]:
    """How often each word stands in a value's keys, texts, numbers and literals."""
    counted: Counter[str] = Counter()
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        else:
            text = item if isinstance(item, str) else json.dumps(item)
            counted.update(_WORD.findall(text.lower()) or ([""] if not text else []))
    return counted


def _words_of_text(span: str) -> Counter[str]:
    """The same for broken JSON, where an empty text is a pair of quotes."""
    plain = _ESCAPE.sub(" ", span).replace("True", "true").replace("None", "null")
    counted = Counter(_WORD.findall(plain.lower()))
    empty = len(_EMPTY.findall(span))
    return counted + Counter({"": empty} if empty else {})


def _distinct(values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept
