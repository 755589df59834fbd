"""What the mock takes from a prompt: its language, its goal, and terms with weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.calls import Message, Role
from services.gateway.mock.glue import GLUES, Glue
from services.gateway.mock.language import detect, directed
from services.gateway.mock.layout import Layout, Part, lay_out
from services.gateway.mock.loose import Loose
from services.gateway.mock.terms import chunks, keys, phrase, without_determiner
from services.gateway.mock.weighing import MAX_TERM_CHARACTERS, Collector, Option, Term

Schema = Mapping[str, Any] | bool

MAX_CHARACTERS = 40_000
"""How much of a prompt is read for words; the latest messages and the system's first."""
MAX_MESSAGE_CHARACTERS = 20_000
MAX_ANNOTATIONS = 100
MAX_INSTRUCTION_CHARACTERS = 300
"""An instruction about the language stands in a short line."""

_GOAL_LABEL = re.compile(
    r"^\W*(?:my |the |our )?(?:goal|task|request|topic|question|objective|ziel|aufgabe|obiettivo"
    r"|objetivo|objectif|doel|目标|目標|ゴール|هدف|الهدف)\W*$",
    re.IGNORECASE,
)


_SENTENCE = re.compile(r"[^\W\d_][^.!?。！？؟]{11,}[.!?。！？؟]?")
"""Of a passage, in any script."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as the mock understands it.

    goal: a phrase with its article, in the prompt's own words; never empty. brief: the
    same without what follows its first noun ("the wedding" of "the wedding in June").
    advised: heads of options in an order that the prompt calls the best first.
    goal_terms: how many terms the goal has. form: the JSON asked for in words.
    """

    glue: Glue
    goal: str
    brief: str
    goal_keys: frozenset[str]
    goal_terms: int
    terms: tuple[Term, ...]
    people: tuple[str, ...]
    options: tuple[Option, ...]
    advised: tuple[str, ...]
    asks_json: bool
    form: Loose | None
    passages: tuple[str, ...] = ()
    """Sentences of what the user said, as they stand there."""


def read(messages: Sequence[Message], schema: Schema | None) -> Reading:
    """Reads a prompt; of a schema, its descriptions, examples and defaults are prompt too."""
    said = [(message.role, lay_out(text)) for message, text in _latest(messages)]
    goal, goal_at = _goal(said, messages)
    users = " ".join(m.content[:2_000] for m in messages[-5:] if m.role is Role.USER)
    instructions = [
        line
        for _, layout in said
        for line in layout.lines
        if goal not in line and line not in goal and len(line) <= MAX_INSTRUCTION_CHARACTERS
    ]
    told = directed(instructions)
    spoken = detect(goal, told or detect(users, GLUES["en"]))
    glue = told or spoken
    properties, annotations = _annotations(schema)
    collector = Collector(spoken, properties)
    collector.goal(goal)
    for index, (role, layout) in enumerate(said):
        if role is not Role.ASSISTANT or index < goal_at:
            collector.message(role, layout, goal, earlier=index < goal_at)
    collector.message(Role.SYSTEM, annotations, goal, earlier=False)
    if not any(character.isalpha() for character in goal):
        collector.at_least_something([layout for _, layout in said], messages)
    names = [phrase(goal, spoken) or goal[:MAX_TERM_CHARACTERS].strip() or collector.first()]
    names.append(phrase(goal, spoken, short=True) or names[0])
    if glue is not spoken:
        names = [without_determiner(name, spoken) for name in names]
    forms = [form for _, layout in said for form in layout.forms]
    return Reading(
        glue=glue,
        goal=names[0],
        brief=names[1],
        goal_keys=keys(goal),
        goal_terms=max(1, len(chunks(goal, spoken))),
        terms=collector.terms(),
        people=tuple(dict.fromkeys(collector.people)),
        options=tuple(collector.options),
        advised=tuple(collector.advised),
        asks_json=bool(forms) or any(layout.asks_json for _, layout in said),
        form=forms[-1] if forms else None,
        passages=tuple(_passages(messages)),
    )


def _passages(messages: Sequence[Message]) -> Iterator[str]:
    """The first sentence of each line that is neither a heading nor an item."""
    texts = (message.content[:MAX_CHARACTERS] for message in messages if message.role is Role.USER)
    for line in "\n".join(texts).splitlines():
        found = _SENTENCE.match(line)
        if found and not line.rstrip().endswith((":", "：")):
            yield found[0].strip()


def _latest(messages: Sequence[Message]) -> list[tuple[Message, str]]:
    """Messages with the part of each that is read, in their order."""
    system = [i for i, message in enumerate(messages) if message.role is Role.SYSTEM]
    others = [i for i, message in enumerate(messages) if message.role is not Role.SYSTEM][::-1]
    left = MAX_CHARACTERS
    taken: dict[int, str] = {}
    for index in [*others[:1], *system, *others[1:]]:
        if left <= 0:
            break
        taken[index] = messages[index].content[: min(left, MAX_MESSAGE_CHARACTERS)]
        left -= len(taken[index])
    return [(messages[index], taken[index]) for index in sorted(taken)]


def _annotations(schema: Schema | None) -> tuple[frozenset[str], Layout]:
    """Property names; and descriptions as prose, examples and defaults as examples."""
    names: set[str] = set()
    found: list[str] = []
    stack: list[Any] = [schema]
    while stack and len(found) < MAX_ANNOTATIONS:
        node = stack.pop()
        if isinstance(node, dict):
            described, shown = node.get("description"), node.get("examples")
            if isinstance(described, str):
                found.append(described[:500])
            samples = [*(shown if isinstance(shown, list) else []), node.get("default")]
            found += [f"Example: {s[:500]}\n" for s in samples if isinstance(s, str) and s.strip()]
            names.update(node.get("properties", ()) if "properties" in node else ())
            stack += reversed(list(node.values()))
        elif isinstance(node, list):
            stack += reversed(node)
    return frozenset(name.casefold() for name in names), lay_out("\n".join(found))


def _goal(said: list[tuple[Role, Layout]], messages: Sequence[Message]) -> tuple[str, int]:
    """The goal's text and the index of its message.

    The last user message that holds more than talk about the answer; in it, what a goal's
    label names, else what comes first.
    """
    for index in range(len(said) - 1, -1, -1):
        role, layout = said[index]
        stated = [p for p in layout.pieces if p.part in {Part.VALUE, Part.PROSE, Part.ITEM}]
        if role is not Role.USER or not stated:
            continue
        named = [piece for piece in stated if _GOAL_LABEL.search(piece.label)]
        chosen = (named or stated)[0]
        if chosen.part is Part.PROSE and not named:
            return " ".join(p.text for p in stated if p.part is Part.PROSE), index
        return chosen.text, index
    for wanted in (True, False):
        for message in reversed(messages):
            if (message.role is Role.USER) is wanted and message.content.strip():
                return message.content.strip()[:500], -1
    return "", -1
