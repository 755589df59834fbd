"""Finds JSON and things that look like JSON in a prompt: `{"title", "steps": [...]}`.

People write the form of an answer into a prompt without caring for the grammar of JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

Loose = dict[str, "Loose"] | list["Loose"] | str
"""What loose JSON holds: every scalar as its text."""

MAX_DEPTH = 32
MAX_FAILED_STARTS = 50
"""Starts that prove to be no JSON before the rest of the text is taken as prose."""

_START = re.compile(r"\{|\[(?=\s*[\[{\"])")
_BRACKET = re.compile(r"[{}\[\]]")
_CUT_OFF = re.compile(r"\{\s*\"[^\"\n]{1,80}\"\s*:|\[\s*\{\s*\"")
"""The beginning of JSON whose end is missing, as in an answer that was cut."""
_TOKEN = re.compile(
    r"""(?P<mark>[{}\[\]:,])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^'\n]*)'"""
    r"""|(?P<hole><[^<>\n]*>)|(?P<bare>[^\s{}\[\]:,"]+)"""
)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of JSON in a text, from `start` up to `end`."""

    start: int
    end: int
    value: Loose


def blocks(text: str) -> list[Block]:
    """The outermost pieces of JSON, strict or loose, in order."""
    found: list[Block] = []
    closing = _closing_brackets(text)
    failed = 0
    start = _START.search(text)
    while start and failed < MAX_FAILED_STARTS:
        at = start.start()
        try:
            value, end = _DECODER.raw_decode(text, at)
            found.append(Block(at, end, _loosened(value)))
        except (ValueError, RecursionError):
            failed += 1
            cut_off = len(text) - 1 if _CUT_OFF.match(text, at) else at
            end = closing.get(at, cut_off) + 1
            if end > at + 1:
                found.append(Block(at, end, parse(text[at:end])))
        start = _START.search(text, end)
    return found


def parse(text: str) -> Loose:
    """Reads loose JSON: missing values, quotes and commas are forgiven."""
    tokens = _TOKEN.finditer(text)
    first = next(tokens, None)
    if first is None:
        return ""
    return _value(first, tokens, 0)


def strings(value: Loose, *, depth: int = 0) -> Iterator[str]:
    """All texts in it that are no keys."""
    if isinstance(value, str):
        yield value
    elif depth < MAX_DEPTH:
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part, depth=depth + 1)


def key_names(value: Loose, *, depth: int = 0) -> Iterator[str]:
    """All keys in it."""
    if not isinstance(value, str) and depth < MAX_DEPTH:
        if isinstance(value, dict):
            yield from value
        for part in value.values() if isinstance(value, dict) else value:
            yield from key_names(part, depth=depth + 1)


def _closing_brackets(text: str) -> dict[int, int]:
    """Where each bracket that is closed ends; brackets in strings are not told apart."""
    opened: list[int] = []
    found = {}
    for match in _BRACKET.finditer(text):
        if match.group() in "{[":
            opened.append(match.start())
        elif opened:
            found[opened.pop()] = match.start()
    return found


def _loosened(value: object, depth: int = 0) -> Loose:
    if depth < MAX_DEPTH and isinstance(value, dict):
        return {str(key): _loosened(part, depth + 1) for key, part in value.items()}
    if depth < MAX_DEPTH and isinstance(value, list):
        return [_loosened(part, depth + 1) for part in value]
    return value if isinstance(value, str) else json.dumps(value)[:100]


def _text(token: re.Match[str]) -> str:
    """What a token says; what stands between angle brackets is to be filled in."""
    return token.group("double") or token.group("single") or token.group("bare") or ""


def _value(token: re.Match[str], tokens: Iterator[re.Match[str]], depth: int) -> Loose:
    if token.group("mark") == "{" and depth < MAX_DEPTH:
        return _object(tokens, depth)
    if token.group("mark") == "[" and depth < MAX_DEPTH:
        items: list[Loose] = []
        for part in tokens:
            if part.group("mark") in {"]", "}"}:
                break
            if part.group("mark") not in {",", ":"}:
                items.append(_value(part, tokens, depth + 1))
        return items
    return _text(token)


def _object(tokens: Iterator[re.Match[str]], depth: int) -> Loose:
    found: dict[str, Loose] = {}
    key = ""
    awaits_value = False
    for token in tokens:
        mark = token.group("mark")
        if mark in {"}", "]"}:
            break
        if mark == ",":
            key, awaits_value = "", False
        elif mark == ":":
            awaits_value = bool(key)
        elif awaits_value:
            found[key] = _value(token, tokens, depth + 1)
            awaits_value = False
        elif mark is None and not key:
            key = _text(token)
            found[key] = ""
        elif mark is not None:
            _value(token, tokens, depth + 1)
    found.pop("", None)
    return {name: part for name, part in found.items() if name.strip(".… ")}
