"""What a property of an answer is for, told from its name as any model tells it.

The names are those that JSON interfaces use everywhere; a name that is not here is
judged by the lengths that its schema allows.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATOR = re.compile(r"[^A-Za-z]+")


class Slot(StrEnum):
    """What a text is for."""

    HEADING = "heading"
    SENTENCE = "sentence"
    QUESTION = "question"
    CRITERION = "criterion"
    ARTEFACT = "artefact"
    PERSON = "person"
    DUTY = "duty"
    TERM = "term"
    CHOICE = "choice"
    LABEL = "label"
    LANGUAGE = "language"
    MARKDOWN = "markdown"
    PART = "part"
    PASSAGE = "passage"
    QUOTE = "quote"
    VERDICT = "verdict"
    ID = "id"
    OTHERS_ID = "others id"
    REFERENCE = "reference"
    ORDINAL = "ordinal"
    SHARE = "share"
    UNKNOWN = "unknown"


_BY_WORD = {
    word: slot
    for slot, words in {
        Slot.ID: "id identifier key",
        Slot.REFERENCE: "ids depends dependency dependencies requires prerequisites prerequisite after"
        " predecessors blocked needs upstream",
        Slot.ORDINAL: "index position number order rank sequence ordinal",
        Slot.SHARE: "confidence probability share likelihood certainty score ratio",
        Slot.LANGUAGE: "language lang locale",
        Slot.PERSON: "role owner assignee responsible member person who",
        Slot.DUTY: "responsibility responsibilities duty duties",
        Slot.CRITERION: "criteria criterion checks condition conditions done",
        Slot.ARTEFACT: "deliverable deliverables output outputs artefact artifact result results",
        Slot.CHOICE: "domain category field class genre discipline slug",
        Slot.LABEL: "label",
        Slot.TERM: "skill skills term terms word words keyword keywords vocabulary tag tags topic topics"
        " concept concepts tool tools material materials subject subjects",
        Slot.MARKDOWN: "markdown body content article",
        Slot.HEADING: "title titles name names heading headline caption task tasks step steps item"
        " items action actions",
        Slot.SENTENCE: "description summary reason details detail text explanation rationale comment"
        " note notes finding findings answer message",
        Slot.QUESTION: "question questions",
        Slot.QUOTE: "passage passages quote quotes quotation excerpt evidence",
        Slot.VERDICT: "verdict verdicts judgement judgment",
    }.items()
    for word in words.split()
}
_PEOPLE = frozenset(
    [
        "team",
        "teams",
        "members",
        "member",
        "roles",
        "role",
        "people",
        "persons",
        "person",
        "staff",
        "crew",
        "owners",
        "assignees",
    ]
)


_DOCUMENT = frozenset(("part", "parts", "section", "sections", "chapters", "paragraphs"))
_OF_DOCUMENT = {Slot.HEADING: Slot.PART, Slot.SENTENCE: Slot.PASSAGE, Slot.MARKDOWN: Slot.PASSAGE}


def parts(name: str) -> list[str]:
    """The words of a name in snake_case, kebab-case or camelCase, in lower case."""
    return [part.lower() for part in _SEPARATOR.split(_CAMEL.sub("_", name)) if part]


@lru_cache(maxsize=1024)
def slot_of(name: str, container: str) -> Slot:
    """What a property is for. container: the name of the list whose entries have it.

    The last word that says something decides: "task_title" is a title.
    """
    found = parts(name)
    if found and found[-1] == "on" and "depends" in found:
        return Slot.REFERENCE
    if len(found) > 1 and found[-1] == "id" and container and not _is_listed(found[-2], container):
        return Slot.OTHERS_ID
    for word in reversed(found):
        slot = _BY_WORD.get(word)
        if slot is Slot.HEADING and is_people(container):
            return Slot.PERSON
        if slot in _OF_DOCUMENT and not _DOCUMENT.isdisjoint(parts(container)):
            return _OF_DOCUMENT[slot]
        if slot is not None:
            return slot
    return Slot.UNKNOWN


def _is_listed(thing: str, container: str) -> bool:
    """Whether a list of this name has such things: "tasks" has a task."""
    return any(word.removesuffix("s") == thing for word in parts(container))


def is_people(name: str) -> bool:
    """Whether the entries of a list of this name are people."""
    return not _PEOPLE.isdisjoint(parts(name))
