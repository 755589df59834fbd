"""Documents as the model gives them, as Markdown, and what of them is plainly unfinished.

What is found here needs no model: text that waits for somebody to fill it in, parts with
nothing in them or with the same as another, and the task told back instead of done.
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
                "description": "in Markdown",
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
    seen: dict[str, str] = {}
    for part in document.parts:
        name = f"the part {_plain(part.heading)[:_SHOWN]!r}"
        for found in dict.fromkeys(_placeholders(f"{part.heading}\n{part.text}")):
            yield f"{name} has {found!r}, which waits for somebody to fill it in"
        words = " ".join(_words(part.text))
        if _letters(words) < LEAST_LETTERS:
            yield f"{name} has no text"
        elif _is_cut(part.text, longest):
            yield f"{name} is cut off after {longest:,} characters; be shorter"
        elif words in seen:
            yield f"{name} says the same as {seen[words]}"
        elif _is_told_back(_runs(part.text), told):
            yield f"{name} repeats the task instead of doing it"
        seen.setdefault(words, name)


def _is_cut(text: str, longest: int) -> bool:
    """Whether the form's limit ended a text; one that ran past it was not held to it."""
    at_limit = longest - 2 <= len(text) <= longest
    return at_limit and (text[-1].isalnum() or text[-1] in _GOES_ON)


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
