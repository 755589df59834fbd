"""Decides which part of a message is what: prose, list, option, labelled value, example.

It goes by position and punctuation, the same for every prompt: a label is what stands in
front of a colon, an example is what an example's marker announces, and the form asked
for (JSON, its keys, "Answer with ...") is no content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from services.gateway.mock import loose
from services.gateway.mock.loose import Loose
from services.gateway.mock.terms import sentences

MAX_LABEL_WORDS = 8
MAX_HEAD_WORDS = 6
MAX_LINE_CHARACTERS = 4_000

_HOLE = "\ufffc"
"""Stands in a line where a block of JSON was; the prompt's own are taken out before."""
_BULLET = re.compile(r"\s*(?:[-*•‣–—·]\s|\(?\d{1,3}[.)、]\s?|[a-z]\)\s)\s*(\S.*)")
_HEADING = re.compile(r"\s*#{1,6}\s+(.*?)\s*:?\s*$")
_LABELLED = re.compile(
    r"\s*(?:\*\*|__)?([^:：\n\"]{1,80}?)(?:\*\*|__)?\s?[:：](?:\*\*|__)?(?!//)\s*(.*)"
)
_OPTION = re.compile(r"(?:\*\*)?([^:：—]{1,60}?)(?:\*\*)?(?:\s?[:：]\s*|\s[-–—]\s+)(\S.*)")
_EXAMPLE_LABEL = re.compile(
    r"\b(?:examples?|for instance|samples?|beispiele?n?|esemp(?:io|i)|ejemplos?|exemplos?|exemples?"
    r"|voorbeeld(?:en)?)\b|例|示例|مثال|أمثلة",
    re.IGNORECASE,
)
_EXAMPLE_INLINE = re.compile(
    r"(?:\b(?:for example|for instance|such as|e\.\s?g\.|zum beispiel|z\.\s?b\.|wie etwa|per esempio"
    r"|ad esempio|por ejemplo|tal(?:es)? como|par exemple|tel(?:le)?s? que|por exemplo"
    r"|bijvoorbeeld|zoals)|例えば|たとえば|例如|比如|على سبيل المثال)[,:，：]?\s*(.+)",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(
    r"\b(e\.\s?g|z\.\s?B|i\.\s?e|p\.\s?ej|bijv|etc|vs|ca)\.\s", re.IGNORECASE
)
_ABOUT_ANSWER = re.compile(
    r"^\W*(?:please )?(?:answer|respond|reply|return|output)\b"
    r"|\b(?:your|previous|last|whole|complete) (?:answer|reply|response|output)\b",
    re.IGNORECASE,
)
_FORM = re.compile(
    rf"{_HOLE}|\b(?:json|schema)\b|\b\w+\[\d*\]|\b\w+_\w+\b|{_ABOUT_ANSWER.pattern}", re.IGNORECASE
)
_FORM_LABEL = re.compile(
    r"\b(?:answer|reply|response|output|format|json|schema|language|style|tone|rules?|role|keys"
    r"|instructions?|notes?|important|length|errors?|problems?|findings?|faults?)\b|^[\w.\[\]/$-]*[._/\[][\w.\[\]/$-]*$",
    re.IGNORECASE,
)
_ASKS_JSON = re.compile(
    r"\b(?:as|in|with|only|valid|one|a|using)\b[^.\n]{0,30}\bjson\b|\bjson\b[^.\n]{0,20}\b(?:only|object"
    r"|array|format)\b|\b(?:answer|respond|reply|return|output|write|give)\b[^.\n]{0,60}\bjson\b",
    re.IGNORECASE,
)
_LIST_OF = re.compile(r"\b(?:array|list) of\s*(?:objects?:?\s*)?$", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“«„「『]([^\"“”«»„「」『』\n]{2,200})[\"”»“」』]")
_ARROW = re.compile(r"->|=>|→")


class Part(StrEnum):
    """What a piece of a message is."""

    PROSE = "prose"
    ITEM = "item"
    OPTION = "option"
    VALUE = "value"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a message. label: the heading or label that it stands under."""

    part: Part
    text: str
    label: str = ""
    head: str = ""


@dataclass(slots=True)
class Layout:
    """A message taken apart.

    forms: the JSON that the message asks for, not as an example but as a form.
    """

    pieces: list[Piece] = field(default_factory=list)
    forms: list[Loose] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    asks_json: bool = False


@dataclass(slots=True)
class _State:
    """Where in a message a line stands."""

    label: str = ""
    example: bool = False
    after_blank: bool = False
    blocks: list[Loose] = field(default_factory=list)


def lay_out(text: str) -> Layout:
    """Takes a message apart; at most 4,000 characters of a line are looked at."""
    layout = Layout()
    state = _State()
    for line in _without_blocks(text.replace(_HOLE, " "), state).splitlines():
        stripped = " ".join(line[:MAX_LINE_CHARACTERS].split())
        if stripped.startswith("```"):
            continue
        if not stripped:
            state.after_blank = True
            continue
        layout.lines.append(stripped)
        layout.asks_json = layout.asks_json or bool(_ASKS_JSON.search(stripped))
        _read_line(stripped, state, layout)
        del state.blocks[: line.count(_HOLE) - stripped.count(_HOLE)]
        state.after_blank = False
    return layout


def quotes(text: str) -> list[str]:
    """The texts in quotation marks."""
    return [quoted.strip() for quoted in _QUOTED.findall(text)]


def _without_blocks(text: str, state: _State) -> str:
    parts = []
    at = 0
    for block in loose.blocks(text):
        parts += [text[at : block.start], _HOLE]
        state.blocks.append(block.value)
        at = block.end
    return "".join([*parts, text[at:]])


def _read_line(line: str, state: _State, layout: Layout) -> None:
    if _HOLE in line:
        _read_blocks(line, state, layout)
        if not state.example or not line.replace(_HOLE, "").strip():
            return
        line = line.replace(_HOLE, " ")
    heading = _HEADING.match(line)
    bullet = _BULLET.match(line)
    if heading:
        _open_label(heading.group(1), state)
    elif bullet:
        _read_bullet(bullet.group(1), state, layout)
    else:
        labelled = _LABELLED.match(line)
        if labelled and _is_label(labelled.group(1)):
            _read_labelled(labelled.group(1), labelled.group(2), state, layout)
        else:
            _read_prose(line, state, layout)


def _read_blocks(line: str, state: _State, layout: Layout) -> None:
    """Blocks are examples where a marker says so or nothing asks for their form."""
    example = state.example or bool(_EXAMPLE_LABEL.search(line))
    before = f"{state.label} {line.replace(_HOLE, ' ')}"
    asked = not example and bool(_FORM.search(before) or _FORM_LABEL.search(before))
    for before_hole in line.split(_HOLE)[:-1]:
        value = state.blocks.pop(0)
        layout.keys.update(loose.key_names(value))
        if isinstance(value, dict) and _LIST_OF.search(before_hole):
            value = [value]
        if asked:
            layout.forms.append(value)
        else:
            said = [string for string in loose.strings(value) if " " in string.strip() or example]
            layout.pieces += [Piece(Part.EXAMPLE, string) for string in said]


def _is_label(text: str) -> bool:
    return (len(text.split()) <= MAX_LABEL_WORDS and not text[-1].isdigit()) or bool(
        _EXAMPLE_LABEL.search(text)
    )


def _open_label(label: str, state: _State) -> None:
    state.label = label
    if _EXAMPLE_LABEL.search(label):
        state.example = True
    elif state.after_blank and _FORM_LABEL.search(label):
        state.example = False


def _read_bullet(text: str, state: _State, layout: Layout) -> None:
    option = _OPTION.match(text)
    if state.example:
        layout.pieces.append(Piece(Part.EXAMPLE, text))
    elif _FORM_LABEL.search(state.label) or _ABOUT_ANSWER.search(text):
        return
    elif option and len(option.group(1).split()) <= MAX_HEAD_WORDS:
        head, rest = option.group(1).strip(), option.group(2)
        layout.pieces.append(Piece(Part.OPTION, rest, state.label, head))
    else:
        layout.pieces.append(Piece(Part.ITEM, text, state.label))


def _read_labelled(label: str, value: str, state: _State, layout: Layout) -> None:
    _open_label(label, state)
    if not value:
        return
    if state.example:
        layout.pieces.append(Piece(Part.EXAMPLE, value, label))
    elif not _FORM_LABEL.search(label):
        layout.pieces.append(Piece(Part.VALUE, value, label))


def _read_prose(line: str, state: _State, layout: Layout) -> None:
    if state.example and state.after_blank and not (quotes(line) or _ARROW.search(line)):
        state.example = False
    if state.after_blank:
        state.label = ""
    if line.endswith((":", "：")):
        state.label = line
    if state.example:
        layout.pieces.append(Piece(Part.EXAMPLE, line))
        return
    for sentence in sentences(
        _ABBREVIATION.sub(lambda found: found.group().replace(". ", "., "), line)
    ):
        inline = _EXAMPLE_INLINE.search(sentence)
        if inline:
            layout.pieces.append(Piece(Part.EXAMPLE, inline.group(1)))
        elif not _FORM.search(sentence):
            layout.pieces.append(Piece(Part.PROSE, sentence, state.label))
