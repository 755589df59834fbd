"""Where the scanner is in a text: what it skips, stores, closes and tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shared.structured.reading.containers import Containers
from shared.structured.reading.effort import Effort
from shared.structured.reading.lookahead import KEY, ODD_SPACE

State: TypeAlias = Callable[[], "State | None"]
"""One state of the scanner: does its work and returns the next, or None at the end."""

SPACE = re.compile(r"[ \t\r\n]*+")
_SIGNS = frozenset('{}[]:,"')
_ODD = frozenset("\x0b\x0c\x1c\x1d\x1e\x1f\x85")


class NotJson(Exception):
    """Why the text at a place is no JSON. position: where; read: some of it was read."""

    def __init__(self, message: str, position: int, *, read: bool) -> None:
        super().__init__(message)
        self.position, self.read = position, read


class Escaped(Exception):
    """The document has one layer of backslashes too many."""


@dataclass(slots=True)
class Reading:
    """One document.

    end: the character after it. cut: None if it is whole, else the path to the innermost
    thing that was open when the text ended; unfinished: that thing is a string without end.
    """

    value: Any
    start: int
    end: int
    repairs: list[tuple[int, str]] = field(default_factory=list)
    cut: tuple[str | int, ...] | None = None
    unfinished: bool = False


class Cursor:
    """A place in a text, the containers that are open there, and what was repaired so far."""

    __slots__ = (
        "_at",
        "_comma",
        "_cut",
        "_doubled",
        "_effort",
        "_repairs",
        "_text",
        "_tree",
        "_unfinished",
    )

    def __init__(self, text: str, effort: Effort) -> None:
        self._text, self._effort = text, effort
        self._at = 0
        self._tree = Containers()
        self._repairs: list[tuple[int, str]] = []
        self._cut: tuple[str | int, ...] | None = None
        self._unfinished = False
        self._doubled = False  # keys stand in doubled quotes, and so may texts
        self._comma = -1  # where the last comma stood, until something follows it

    def _skip(self) -> str:
        """Skips whitespace and comments; the character after them, or nothing."""
        text, at = self._text, self._at
        sign = text[at : at + 1]
        if sign == " ":
            at += 1
            sign = text[at : at + 1]
        if sign in _SIGNS:
            self._at = at
            return sign
        at = SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches anything
        while at < len(text):
            sign, end = text[at], at
            if sign in _SIGNS:
                break
            if sign > "\x7f" or sign in _ODD:
                odd = ODD_SPACE.match(text, at)
                end = odd.end() if odd else at
                note = "unusual whitespace is skipped"
            elif sign == "/" and text[at + 1 : at + 2] in ("/", "*"):
                mark = "\n" if text[at + 1] == "/" else "*/"
                close = text.find(mark, at + 2)
                end = len(text) if close < 0 else close + len(mark)
                note = "a comment is left out"
            elif sign == "#" and text[at + 1 : at + 2].isspace():
                close = text.find("\n", at)
                end = len(text) if close < 0 else close
                note = "a comment is left out"
            elif sign == "\\":
                end, note = self._backslash(text, at)
            if end == at:
                break
            self._repairs.append((at, note))
            at = SPACE.match(text, end).end()  # type: ignore[union-attr]
        self._at = at
        return text[at : at + 1]

    def _backslash(self, text: str, at: int) -> tuple[int, str]:
        """Where a backslash between things leads: an escaped line break is a space."""
        if text[at + 1 : at + 2] in ("n", "r", "t") and text[at + 2 : at + 3] in ' \\"}]{[\n':
            return at + 2, "an escaped line break outside of a string is skipped"
        if text[at + 1 : at + 2] in ('"', "\\") and not self._tree.stored - (self._tree.kind != ""):
            raise Escaped
        return at, ""

    def _put(self, value: Any, end: int) -> None:
        self._tell_twice(twice=self._tree.put(value))
        self._at, self._comma = end, -1

    def _closed(self, sign: str) -> bool | None:
        """Closes at a bracket: whether the document goes on; None if the bracket is stray."""
        tree, here = self._tree, self._at
        self._drop_key()
        if self._comma >= 0:
            self._repairs.append((self._comma, "a comma too many is left out"))
            self._comma = -1
        self._at += 1
        if not tree.closed_by(sign):
            unsaid = tree.forgotten(self._text, here)
            if unsaid is None:
                self._repairs.append((here, f"a stray {sign} is left out"))
                return None
            self._repairs.append((here, f"{sign} closes what was left open"))
            for _ in unsaid:
                tree.pop()
        tree.pop()
        if not tree.kind and isinstance(tree.root, dict) and self._goes_on():
            self._tell("a brace that closes too early is left out")
            tree.reopen()
        return tree.kind != ""

    def _goes_on(self) -> bool:
        """Whether after the end of the root comes a comma and another key."""
        space = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._text.startswith(",", space) and KEY.match(self._text, space + 1) is not None

    def _end(self) -> State | None:
        """The text, or the fence around it, ends here."""
        tree = self._tree
        if not tree.stored:
            raise self._not("nothing stands here")
        self._drop_key()
        if tree.kind and self._at < len(self._text):
            self._tell("closing brackets were missing")
        elif tree.kind:
            self._cut = tree.path() if self._cut is None else self._cut
            self._tell("the text is cut off")
        return None

    def _commas(self) -> None:
        """Skips a run of commas before which nothing stands."""
        self._tell("a comma too many is left out")
        while self._text.startswith(",", self._at):
            self._at += 1
        self._comma = -1

    def _drop_key(self) -> None:
        if self._tree.key is not None:
            self._tell(f"the key {self._tree.key[:60]!r} has no value and is left out")
            self._tree.key = None

    def _tell_twice(self, *, twice: bool) -> None:
        if twice:
            self._tell("a key stands twice; the last value counts")

    def _tell(self, what: str) -> None:
        self._repairs.append((self._at, what))

    def _not(self, message: str) -> NotJson:
        return NotJson(message, self._at, read=self._tree.stored > 1)
