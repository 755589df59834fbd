"""Text that matches a regular expression, made from the prompt's words where they fit.

A parser for the practical part of ECMA-262 regular expressions (what JSON Schema uses);
it builds while it reads and never matches, so nothing can backtrack. Lookarounds and back
references are passed over: the caller checks what comes out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_CHARACTERS = 20_000
MAX_STEPS = 20_000
MAX_DEPTH = 60
UNBOUNDED = 1 << 30

_COUNTED = re.compile(r"\{([0-9]{1,9})(,?)([0-9]{1,9})?\}")
_DIGITS = "0123456789"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()
_WORD = _LOWER + _UPPER + _DIGITS + "_"
_PRINTABLE = _LOWER + _UPPER + _DIGITS + " -_.,:;!?/()'\"+*=<>@#$%&[]{}|~^`\\"
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": " \t\n"}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_PROPERTIES = {
    "L": _LOWER + _UPPER,
    "Lu": _UPPER,
    "Ll": _LOWER,
    "N": _DIGITS,
    "Nd": _DIGITS,
    "P": ".,:;!?-",
    "S": "+=<>",
    "Z": " ",
    "Zs": " ",
}
_LONG_PROPERTIES = {"Letter": "L", "Number": "N", "Alphabetic": "L", "Uppercase_Letter": "Lu"}


class UnknownPattern(Exception):
    """The expression has something that this parser does not know."""


@dataclass(frozen=True, slots=True)
class _Chars:
    """One character out of these."""

    allowed: str


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Part
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    branches: tuple[_Part, ...]


_Part = _Chars | _Repeat | _Sequence | _Either


@dataclass(slots=True)
class _Reader:
    """Reads an expression from left to right."""

    source: str
    at: int = 0
    depth: int = 0

    def peek(self, length: int = 1) -> str:
        return self.source[self.at : self.at + length]

    def take(self, length: int = 1) -> str:
        taken = self.peek(length)
        if len(taken) < length:
            raise UnknownPattern(self.source)
        self.at += length
        return taken

    def until(self, mark: str) -> str:
        end = self.source.find(mark, self.at)
        if end < 0:
            raise UnknownPattern(self.source)
        taken = self.source[self.at : end]
        self.at = end + len(mark)
        return taken

    def either(self) -> _Part:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnknownPattern(self.source)
        branches = [self._sequence()]
        while self.peek() == "|":
            self.take()
            branches.append(self._sequence())
        self.depth -= 1
        return branches[0] if len(branches) == 1 else _Either(tuple(branches))

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self.peek() not in {"", "|", ")"}:
            part = self._atom()
            if part is not None:
                parts.append(self._repeated(part))
        return parts[0] if len(parts) == 1 else _Sequence(tuple(parts))

    def _repeated(self, part: _Part) -> _Part:
        bounds = {"*": (0, UNBOUNDED), "+": (1, UNBOUNDED), "?": (0, 1)}
        counted = _COUNTED.match(self.source, self.at)
        mark = self.peek()
        if mark in bounds:
            self.take()
            least, most = bounds[mark]
        elif counted:
            self.at = counted.end()
            low, comma, high = counted.groups()
            least = int(low)
            most = int(high) if high else UNBOUNDED if comma else least
        else:
            return part
        if self.peek() in {"?", "+"}:
            self.take()
        return _Repeat(part, least, most)

    def _atom(self) -> _Part | None:
        """One character, class or group; None for what stands for no character."""
        mark = self.take()
        if mark in "^$" or (mark == "\\" and self.peek() in {"b", "B"}):
            self.at += mark == "\\"
            return None
        if mark == "(":
            return self._group()
        if mark == "[":
            return self._set()
        if mark == "\\":
            return _Chars(self._escape())
        return _Chars(_PRINTABLE if mark == "." else mark)

    def _group(self) -> _Part | None:
        """A group; None for a lookaround, which is passed over."""
        passed_over = True
        if self.peek(2) in {"?=", "?!"}:
            self.take(2)
        elif self.peek(3) in {"?<=", "?<!"}:
            self.take(3)
        else:
            passed_over = False
            if self.peek(2) in {"?<", "?P"}:
                self.until(">")
            elif self.peek(2) == "?:":
                self.take(2)
        inner = self.either()
        if self.take() != ")":
            raise UnknownPattern(self.source)
        return None if passed_over else inner

    def _set(self) -> _Part:
        negated = self.peek() == "^"
        if negated:
            self.take()
        found: list[str] = []
        while self.peek() != "]":
            single = self._member()
            if self.peek() == "-" and self.peek(2)[1:] not in {"]", ""} and len(single) == 1:
                self.take()
                end = self._member()
                if len(end) != 1 or ord(end) < ord(single):
                    raise UnknownPattern(self.source)
                found += [chr(c) for c in range(ord(single), min(ord(end), ord(single) + 300) + 1)]
            else:
                found += single
        self.take()
        if negated:
            return _Chars("".join(c for c in _PRINTABLE if c not in set(found)) or "é")
        if not found:
            raise UnknownPattern(self.source)
        return _Chars("".join(found))

    def _member(self) -> str:
        mark = self.take()
        if mark == "\\":
            return "\b" if self.peek() == "b" and self.take() else self._escape()
        return mark

    def _escape(self) -> str:
        """The characters that an escape stands for."""
        mark = self.take()
        if mark in _CLASSES:
            return _CLASSES[mark]
        if mark in {"D", "W", "S"}:
            return "".join(c for c in _PRINTABLE if c not in _CLASSES[mark.lower()])
        if mark in {"p", "P"} and self.take() == "{":
            name = self.until("}").rpartition("=")[2]
            allowed = _PROPERTIES.get(_LONG_PROPERTIES.get(name, name)) or _LOWER
            return allowed if mark == "p" else "".join(c for c in _PRINTABLE if c not in allowed)
        if mark in {"x", "u"}:
            return self._code_point(2 if mark == "x" else 4)
        if mark == "c":
            return chr(ord(self.take()) % 32)
        if mark.isdigit() and mark != "0":
            raise UnknownPattern(self.source)
        return _CONTROLS.get(mark, mark)

    def _code_point(self, digits: int) -> str:
        braced = self.peek() == "{"
        if braced:
            self.take()
        try:
            return chr(int(self.until("}") if braced else self.take(digits), 16))
        except (ValueError, OverflowError) as error:
            raise UnknownPattern(self.source) from error


@dataclass(slots=True)
class _Builder:
    words: Sequence[str]
    chance: random.Random
    extra: int
    built: list[str] = field(default_factory=list)
    size: int = 0
    steps: int = 0

    def add(self, part: _Part) -> None:
        self.steps += 1  # repeats of nothing take time without adding a character
        if self.size > MAX_CHARACTERS or self.steps > MAX_STEPS:
            raise UnknownPattern
        if isinstance(part, _Chars):
            self._put(self.chance.choice(part.allowed))
        elif isinstance(part, _Sequence):
            for inner in part.parts:
                self.add(inner)
        elif isinstance(part, _Either):
            self.add(self.chance.choice(part.branches))
        else:
            self._repeat(part)

    def _repeat(self, part: _Repeat) -> None:
        word = self._word(part)
        if word:
            self._put(word)
            return
        for _ in range(min(part.most, part.least + self.extra)):
            self.add(part.part)

    def _word(self, part: _Repeat) -> str:
        """A word of the prompt made of the repeated characters, where one has the length."""
        if not isinstance(part.part, _Chars) or part.most < 3 or self.extra != 1:
            return ""
        allowed = set(part.part.allowed)
        if not allowed & set(_LOWER + _UPPER):
            return ""
        for word in self.words:
            for form in (word, word.lower(), word.upper()):
                if max(part.least, 1) <= len(form) <= part.most and allowed.issuperset(form):
                    return form
        return ""

    def _put(self, text: str) -> None:
        self.built.append(text)
        self.size += len(text)


def matching(pattern: str, words: Sequence[str], chance: random.Random, extra: int) -> str:
    """A text for a pattern; the caller checks that it matches.

    extra: how many more times than the least a repeated part is repeated; at 1 whole words
    stand where letters are repeated. Raises UnknownPattern.
    """
    reader = _Reader(pattern)
    part = reader.either()
    if reader.at != len(pattern):
        raise UnknownPattern(pattern)
    builder = _Builder(words, chance, extra)
    builder.add(part)
    return "".join(builder.built)
