"""What comes out of reading an answer: the value, how it was read, and every change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

MAX_CHARACTERS = 4_000_000
"""Longer answers are refused; real ones are a hundredth of this."""

MAX_DEPTH = 200
"""Levels of nesting, as many as the strict parser reads; real answers have under twenty."""


class Strategy(StrEnum):
    """How a value was read, from nothing changed to read out of words."""

    STRICT = "strict"  # valid JSON, and nothing but it
    EMBEDDED = "embedded"  # valid JSON with other text around it
    FITTED = "fitted"  # valid JSON, changed to what the schema asks for
    REPAIRED = "repaired"  # broken JSON, mended
    TEXT = "text"  # no JSON: words, `key: value` lines or a list


class Repair(NamedTuple):
    """One change.

    where: "character 17" of the answer (counted from 0) or a JSON Pointer into the value
    ("/tasks/0/title", RFC 6901; "" is the whole). what: what was changed there, in words.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What was read.

    value: an instance of the schema's model class, or plain JSON values. repairs: every
    change. complete: False when the text was cut off, and the value is what came before.
    candidates: how many JSON values were seen in the text.
    """

    value: Any
    strategy: Strategy
    repairs: tuple[Repair, ...] = ()
    complete: bool = True
    candidates: int = 1


class ParseError(Exception):
    """An answer that cannot be read, and why. raw: the whole answer, unchanged."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw
