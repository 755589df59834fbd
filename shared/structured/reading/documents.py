"""Finds the JSON documents in an answer: in fences, in prose, one or several.

The text is walked once from mark to mark. A bracket begins a document if one can be read
there, and the walk goes on after its end; so what looks like a fence or a tag inside a
string is never seen. A fence tells what its content is for. What stands in `<think>` or a
tag like it is a draft and is no answer. A bracket in prose (`[1]`, `{name}`) is a document
only if nothing better is there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from json.scanner import c_make_scanner, py_make_scanner  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from shared.structured.reading import escapes
from shared.structured.reading.cursor import Escaped, NotJson, Reading
from shared.structured.reading.effort import Effort
from shared.structured.reading.lookahead import KEY, QUOTES, SPACE
from shared.structured.reading.scanner import Scanner
from shared.structured.reading.strict import read_strictly
from shared.structured.reading.whole import read_whole

_scan_strictly = (c_make_scanner or py_make_scanner)(json.JSONDecoder())
_STRICT_TRIES = 4
"""Documents of a text that are tried strictly first: each failure costs time with its place."""

_LAYERS = 3
"""How often a document may have been written as a string inside another."""
_ATTEMPT = 32
"""What an attempt that failed costs beside the characters that it read."""
_PLACEHOLDER = re.compile(r"\{\s?\w[ \w.-]{0,100}+\}")
"""What stands in prose for a name: `{player_name}`."""
_MARK = re.compile(
    r"\[/?THINK\]|[{\[]|`{3,}|~{3,}|</?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad"
    r"|analysis|seed:think)>|◁/?think▷|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
_END_OF_DRAFT = re.compile(
    r"</(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis|seed:think)>"
    r"|\[/THINK\]|◁/think▷",
    re.IGNORECASE,
)
_INFO = re.compile(r"[ \t]*+([\w+-]{0,20}+)")
_BETWEEN = re.compile(
    rf"(?:{SPACE}|[,;]|[-*•](?=\s)|//[^\n]*+(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*+\*/|`{{3,}}\w*+)*+"
)
_AFTER_SCALAR = re.compile(rf"(?:{SPACE}|[,;`])*+\Z")
_JSON_INFO = frozenset({"", "json", "json5", "jsonc", "jsonl", "ndjson", "javascript", "js"})


class Standing(IntEnum):
    """How much a document looks like the answer; higher is more."""

    MARK = 0  # brackets that prose may have of its own
    CODE = 1  # inside a fence of another language
    PROSE = 2
    BEGUN = 3  # in a fence that has not closed: the text may go on
    FENCED = 4


class Document(NamedTuple):
    """A document that was read, and where it stands. strict: it is valid JSON as it is."""

    reading: Reading
    standing: Standing
    strict: bool


@dataclass(slots=True)
class Found:
    """What a text holds.

    broken: of documents that could be read in part only, why. blocks: the insides of fences
    for JSON. words: the text without drafts.
    """

    documents: list[Document] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    words: str = ""
    draft: bool = False


def find(text: str) -> Found:
    """The documents in `text`, in order. Raises TooDeep or TooAmbiguous."""
    found = Found()
    walk = _Walk(text, found)
    first = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    opener = text[first : first + 1]
    if (opener in QUOTES and not text.startswith("```", first)) or opener == "(":
        root = walk.root(first)
        if root is not None and root.cut is None and not _wraps(text, root):
            found.documents = [Document(root, Standing.PROSE, strict=False)]
            return found
    elif text.startswith('\\"', first):
        root = walk.unescaped(first)
    else:
        root = None if opener in "{[" else read_whole(text, first)
    walk.run()
    if root is not None and not any(one.standing > Standing.MARK for one in found.documents):
        found.documents = [Document(root, Standing.PROSE, strict=False)]
    return found


def _wraps(text: str, root: Reading) -> bool:
    """Whether a string is only the marks around a document, as code in Markdown has them."""
    inside = root.value.lstrip() if isinstance(root.value, str) else ""
    opener, triple = text[root.start], text.startswith('"""', root.start)
    return (opener != '"' or triple) and inside.removeprefix("json").lstrip()[:1] in ("{", "[")


def side_by_side(text: str, documents: list[Document]) -> bool:
    """Whether nothing but separators stands between documents."""
    return all(
        (gap := _BETWEEN.match(text, one.reading.end)) and gap.end() >= other.reading.start
        for one, other in pairwise(documents)
    )


class _Walk:
    """One walk over a text."""

    def __init__(self, text: str, found: Found) -> None:
        self._text, self._found = text, found
        self._effort = Effort(len(text))
        self._tries = _STRICT_TRIES
        self._meant_until = 0
        self._spoken: list[str] = []  # what stands outside of drafts
        self._since = 0  # the end of the last draft

    def root(self, first: int) -> Reading | None:
        """A string or tuple that is the whole text."""
        scanner = Scanner(self._text, self._effort)
        try:
            members = KEY.match(self._text, first)
            reading = scanner.read_members(first) if members else scanner.read(first)
        except (NotJson, Escaped):
            return None
        if reading.unfinished and not reading.value and self._text[first] != '"':
            return None  # a mark of another kind, and nothing after it
        if reading.cut is None and not _AFTER_SCALAR.match(self._text, reading.end):
            return None
        return reading

    def run(self) -> None:
        """Collects the documents between marks."""
        text, found, at = self._text, self._found, 0
        fence, standing, opened = "", Standing.PROSE, 0
        while mark := _MARK.search(text, at):
            at, sign = mark.end(), mark[0]
            if sign[0] in "`~":
                if fence and sign.startswith(fence):
                    self._close_fence(opened)
                    if standing is Standing.BEGUN:
                        found.blocks.append(text[opened : mark.start()])
                    fence, standing = "", Standing.PROSE
                else:
                    fence = sign[:3]
                    info = _INFO.match(text, at)
                    known = info is not None and info[1].lower() in _JSON_INFO
                    standing = Standing.BEGUN if known else Standing.CODE
                    opened = info.end() if info else at
            elif len(sign) > 1:
                at = self._draft(sign, at)
            else:
                at = self._document(mark.start(), standing)
        found.words = "".join([*self._spoken, text[self._since :]]) if self._since else text

    def _close_fence(self, opened: int) -> None:
        """What stands in a fence is whole once the fence has closed."""
        documents = self._found.documents
        for index in range(len(documents) - 1, -1, -1):
            one = documents[index]
            if one.reading.start < opened:
                return
            if one.standing is Standing.BEGUN:
                documents[index] = one._replace(standing=Standing.FENCED)

    def _draft(self, tag: str, at: int) -> int:
        """Skips a draft; where it ends."""
        self._found.draft = True
        if "/" in tag or "final" in tag:  # what came before it was the draft
            self._found.documents.clear()
            self._found.broken.clear()
            self._spoken.clear()
            self._since = at
            return at
        self._spoken.append(self._text[self._since : at - len(tag)])
        close = _END_OF_DRAFT.search(self._text, at)
        self._since = close.end() if close else len(self._text)
        return self._since

    def _document(self, start: int, standing: Standing) -> int:
        """Reads the document at a bracket; where the walk goes on."""
        text = self._text
        reading, strict = self._strictly(start), True
        if reading is None:
            strict = False
            if start and _PLACEHOLDER.match(text, start):
                return start + 1
            try:
                reading = Scanner(text, self._effort).read(start)
            except NotJson as error:
                return self._failed(error, start)
            except Escaped:
                reading = self.unescaped(start)
                if reading is None:
                    return start + 1
        if standing is Standing.PROSE:
            if _is_meant(reading, text, self._meant_until):
                self._meant_until = reading.end
            elif _is_wordy(reading):
                return reading.end
            else:
                standing = Standing.MARK
        plain = strict or not reading.repairs
        self._found.documents.append(Document(reading, standing, strict=plain))
        return reading.end

    def _failed(self, error: NotJson, start: int) -> int:
        if error.read:
            self._effort.spend(_ATTEMPT)
            self._found.broken.append(f"{error} (character {error.position})")
            return max(error.position, start + 1)
        self._effort.spend(error.position - start + _ATTEMPT)
        return start + 1

    def _strictly(self, start: int) -> Reading | None:
        if self._tries == 0 or (start < 10 and len(self._text) < 1000):
            return None  # a short text was just read strictly, as a whole
        self._tries -= 1
        try:
            _, end = _scan_strictly(self._text, start)
            value = read_strictly(self._text[start:end])
        except (ValueError, StopIteration, RecursionError):
            return None
        self._tries += 1
        return Reading(value, start, end)

    def unescaped(self, start: int) -> Reading | None:
        """A document after a layer of backslashes, or up to three, is taken off."""
        plain = self._text[start:]
        for _ in range(_LAYERS):
            plain = escapes.unescaped(plain)
            try:
                reading = Scanner(plain, self._effort).read(0)
                break
            except Escaped:
                continue
            except NotJson:
                return None
        else:
            return None
        note = (start, "backslashes before all its quotes are taken off the document")
        repairs = [note, *((start, what) for _, what in reading.repairs)]
        return Reading(
            reading.value, start, len(self._text), repairs, reading.cut, reading.unfinished
        )


def _is_meant(reading: Reading, text: str, since: int) -> bool:
    """Whether a document in prose is one, and no brackets of the prose itself.

    since: where the document before it has ended.
    """
    value = reading.value
    if not reading.start and isinstance(value, dict):
        return True
    before = _BETWEEN.match(text, since)
    if before is not None and before.end() >= reading.start:
        reference = since and len(value) == 1 and isinstance(value, list) and _is_small(value[0])
        return not reference and (not _is_wordy(reading) or not text[reading.end :].strip())
    if isinstance(value, dict):
        return bool(value)
    return not _is_wordy(reading) and (
        len(value) > 1 or any(isinstance(item, dict | list) for item in value)
    )


def _is_small(value: Any) -> bool:
    """Whether a value is a number as references in prose have."""
    return isinstance(value, int) and 0 < value < 1000


def _is_wordy(reading: Reading) -> bool:
    """Whether a list holds words without quotes, as brackets in prose do."""
    return isinstance(reading.value, list) and any(
        "a text without quotes" in what for _, what in reading.repairs
    )
