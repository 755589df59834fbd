"""Documents as the model gives them, as Markdown, and what of them is plainly unfinished.

What is found here needs no model: text that waits for somebody to fill it in, parts with
nothing in them, cut off or with the same as another, sentences over and over, and the task told
back instead of done.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from attune.analyst.v1 import analyst_pb2 as pb
from pydantic import BaseModel, ConfigDict, Field

from shared.structured.texts import Line, Prose

MAX_PARTS = 12
TOKENS_OF_A_PART = 100
"""The fewest that a part is worth."""
CHARACTERS_PER_TOKEN = 4
MAX_PARTS_ANSWERED = 40
"""More are no answer."""
LEAST_LETTERS = 20
"""Of a part's text; fewer say nothing. One of Han, kana or Thai says as much as three."""
TOLD_BACK = 0.8
"""Share of a part's runs of three words that stand in the task from which on it only
tells the task back."""
SAID_AGAIN = 0.9
"""Share of a part's runs that stand in another from which on it says the same."""
LEAST_RUNS = 20
"""Of such a part; shorter ones may be alike."""
MOST_REPEATS, REPEATED = 5, 0.5
"""A part goes round in circles when more of its sentences stand in it before, and they are at
least that share of it."""
RUN = 3
_GOES_ON = ",;:，、；：–—-("
"""What a text does not end with."""
_SHOWN = 60
_MOST_FAULTS = 20

_FILL_IN = (
    "insert|add|enter|fill|your|placeholder|name here|to be"
    "|einfügen|ergänzen|einsetzen|à compléter|insérer|inserire|da completare"
    "|insertar|por definir|completar|inserir|a definir|invoegen|invullen"
)
_FILL_IN_UNSPACED = "填写|待定|待补充|插入|記入|未定|挿入|أدخل|يحدد لاحقا"
_PLACEHOLDERS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"\blorem ipsum\b", re.IGNORECASE),
        # In capitals only, since "todo" and "tba" are words; "TODO LISTO" is Spanish, too.
        (r"\b(?:TBD|TBA|TBC|FIXME|X{4,})\b|\bTODO\b(?=\s*(?:[:\])]|$))", re.MULTILINE),
        (r"\{\{[^{}\n]{0,80}\}\}", 0),
        (rf"\[[^\[\]\n]{{0,40}}?\b(?:{_FILL_IN})\b[^\[\]\n]{{0,80}}\](?!\()", re.IGNORECASE),
        (rf"\[[^\[\]\n]{{0,40}}?(?:{_FILL_IN_UNSPACED})[^\[\]\n]{{0,40}}\](?!\()", 0),
    )
)
"""A box to tick, a line to sign on and a link are no placeholders."""
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_SENTENCE_END = re.compile(r"[.!?。！？؟\n]+")
_OF_A_FORM = re.compile(r"\||__")
"""Rows of a table and lines to write on may be alike."""
_MARKS_OF_HEADINGS = re.compile(r"^[#\s]+|[#\s]+$")


class PartAnswer(BaseModel):
    """A part as the model gives it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    heading: Line
    text: Prose


class DocumentAnswer(BaseModel):
    """A document as the model gives it."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    title: Line
    parts: Annotated[list[PartAnswer], Field(min_length=1, max_length=MAX_PARTS_ANSWERED)]


def document_schema(tokens: int) -> dict[str, Any]:
    """The form of a document of about so many tokens: its parts are the model's to choose.

    The bounds end models that go round in circles; no part may be more than half of it.
    """
    most_parts = max(2, min(MAX_PARTS, tokens // TOKENS_OF_A_PART))
    part = {
        "type": "object",
        "properties": {
            "heading": {"type": "string", "minLength": 3, "maxLength": 90},
            "text": {
                "type": "string",
                "minLength": 40,
                "maxLength": longest_part(tokens),
                "description": "Markdown",
            },
        },
        "required": ["heading", "text"],
        "additionalProperties": False,
    }
    parts = {
        "type": "array", "items": part, "minItems": 2, "maxItems": most_parts,
    }  # fmt: skip
    title = {"type": "string", "minLength": 4, "maxLength": 90}
    return {
        "type": "object",
        "properties": {"title": title, "parts": parts},
        "required": ["title", "parts"],
        "additionalProperties": False,
    }


def longest_part(tokens: int) -> int:
    """The most characters of a part in a document of about so many tokens."""
    return CHARACTERS_PER_TOKEN * tokens // 2


def markdown_of(document: DocumentAnswer) -> str:
    """One first heading, and a second one for each part; deeper ones are the texts' own."""
    parts = [f"# {_plain(document.title)}"]
    for part in document.parts:
        parts += [f"## {_plain(part.heading)}", part.text]
    return "\n\n".join(parts) + "\n"


def unfinished(document: DocumentAnswer, task: pb.Task, tokens: int) -> list[str]:
    """What is plainly not done, in words for whoever does it again; empty where nothing is.

    tokens: how long the document could be, about, as its form said.
    """
    return list(_faults(document, task, longest_part(tokens)))[:_MOST_FAULTS]


def _faults(document: DocumentAnswer, task: pb.Task, longest: int) -> Iterator[str]:
    told = _runs(" . ".join([
        task.title, task.description, task.deliverable, *task.acceptance_criteria
    ]))  # fmt: skip
    for found in _placeholders(document.title):
        yield f"the title has {found!r}, which waits for somebody to fill it in"
    before: list[_Said] = []
    for part in document.parts:
        name = f"the part {_plain(part.heading)[:_SHOWN]!r}"
        for found in dict.fromkeys(_placeholders(f"{part.heading}\n{part.text}")):
            yield f"{name} has {found!r}, which waits for somebody to fill it in"
        said = _Said(name, part.text)
        if fault := _fault_of_text(said, told, before, longest):
            yield f"{name} {fault}"
        for heading in _bare_headings(part.text):
            yield f"{name} has the heading {heading!r} without a text"
        before.append(said)


class _Said:
    """A part's text taken apart once, since each is held against all before it."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.words = _words(text)
        self.runs = _runs(text)
        self.known = frozenset(self.runs)
        self.figures = frozenset(_NUMBER.findall(text))

    def says_again(self, other: _Said) -> bool:
        """Whether it stands in the other but for a word here and there; figures count."""
        same = sum(run in other.known for run in self.runs)
        again = same >= max(LEAST_RUNS, SAID_AGAIN * len(self.runs))
        return again and self.figures <= other.figures


def _fault_of_text(
    said: _Said, told: Sequence[tuple[str, ...]], before: Sequence[_Said], longest: int
) -> str:
    """What is wrong with a part's text as a whole. before: the parts that stand before it."""
    if _letters(" ".join(said.words)) < LEAST_LETTERS:
        return "has no text"
    if _is_cut(said.text, longest):
        return f"is cut off after {longest:,} characters; be shorter"
    if other := next((each for each in before if each.words == said.words), None):
        return f"says the same as {other.name}"
    if _is_told_back(said.runs, told):
        return "repeats the task instead of doing it"
    if other := next((each for each in before if said.says_again(each)), None):
        return f"says nearly the same as {other.name}"
    return "says the same sentences over and over" if _goes_round(said.text) else ""


def _is_cut(text: str, longest: int) -> bool:
    """Whether the form's limit ended a text; one that ran past it was not held to it."""
    at_limit = longest - 2 <= len(text) <= longest
    return at_limit and (text[-1].isalnum() or text[-1] in _GOES_ON)


def with_whole_ends(document: DocumentAnswer, tokens: int) -> tuple[DocumentAnswer, list[str]]:
    """The document with parts that their form cut off ending at their last whole sentence.

    With what was left out, in words for a reader. A part without a whole sentence stays cut.
    """
    longest, told, parts = longest_part(tokens), [], []
    for part in document.parts:
        text = part.text
        ends = [found.end() for found in _SENTENCE_END.finditer(text)]
        if _is_cut(text, longest) and ends:
            text = text[: ends[-1]].rstrip()
            told.append(
                f"the part {_plain(part.heading)[:_SHOWN]!r} was cut off: its last words,"
                f" {part.text[ends[-1] :].strip()[:_SHOWN]!r}, are left out"
            )
        parts.append(PartAnswer(heading=part.heading, text=text))
    return DocumentAnswer(title=document.title, parts=parts), told


def _goes_round(text: str) -> bool:
    seen: set[str] = set()
    repeats = again = 0
    for sentence in _SENTENCE_END.split(text):
        said = " ".join(_words(sentence))
        if _OF_A_FORM.search(sentence) or _letters(said) < LEAST_LETTERS:
            continue
        if said in seen:
            repeats, again = repeats + 1, again + _letters(said)
        seen.add(said)
    return repeats > MOST_REPEATS and again >= REPEATED * _letters(text)


def _bare_headings(text: str) -> Iterator[str]:
    """Headings that the next one of their level or the end follows; none where code stands."""
    if "```" in text:
        return
    waiting: tuple[int, str] | None = None
    for line in [*text.splitlines(), "# end"]:
        found = _HEADING.fullmatch(line.strip())
        if waiting and found and len(found[1]) <= waiting[0]:
            yield waiting[1][:_SHOWN]
        if found:
            waiting = len(found[1]), found[2]
        elif line.strip():
            waiting = None


def _placeholders(text: str) -> Iterator[str]:
    text = unicodedata.normalize("NFC", text)
    for pattern in _PLACEHOLDERS:
        for match in pattern.finditer(text):
            yield match[0][:_SHOWN]


def _letters(text: str) -> int:
    return sum(3 if _is_unspaced(character) else 1 for character in text if character.isalpha())


def _is_told_back(runs: Sequence[tuple[str, ...]], told: Sequence[tuple[str, ...]]) -> bool:
    known = set(told)
    return bool(runs) and sum(run in known for run in runs) >= TOLD_BACK * len(runs)


def _runs(text: str) -> list[tuple[str, ...]]:
    """Words, three at a time; in scripts without spaces, characters."""
    words = _words(text)
    if len(words) < RUN:
        words = [character for word in words for character in word]
    return [tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)]


def _words(text: str) -> list[str]:
    found = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return [part for word in found for part in (word if _is_unspaced(word) else [word])]


def _is_unspaced(word: str) -> bool:
    """Han, kana and Thai are written without spaces between words."""
    first = word[0]
    return "\u0e00" <= first <= "\u0e7f" or "\u3040" <= first <= "\u9fff"


def _plain(line: str) -> str:
    """A heading without marks of its own."""
    return _MARKS_OF_HEADINGS.sub("", line)
