"""Asks the mock in tests, and takes its answers apart into words."""

import asyncio
import json
import re
from dataclasses import fields

from services.gateway.calls import Message, ProviderAnswer, ProviderRequest, Role
from services.gateway.mock import MockProvider
from services.gateway.mock.glue import Glue, Work

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")

TEXT = {"type": "string", "minLength": 1}
TASKS = {
    "type": "object",
    "properties": {
        "tasks": {
            "type": "array",
            "minItems": 1,
            "maxItems": 8,
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "pattern": "^t[1-9][0-9]?$"},
                    "title": {**TEXT, "maxLength": 90},
                    "description": {**TEXT, "maxLength": 300},
                    "role": {"enum": ["Ann", "Ben", "Cleo"]},
                    "depends_on": {"type": "array", "items": {"type": "string"}},
                    "acceptance_criteria": {
                        "type": "array",
                        "items": {**TEXT, "maxLength": 160},
                        "minItems": 1,
                        "maxItems": 3,
                    },
                    "deliverable": {**TEXT, "maxLength": 90},
                },
                "required": [
                    "id", "title", "description", "role", "depends_on",
                    "acceptance_criteria", "deliverable",
                ],
                "additionalProperties": False,
            },
        }
    },
    "required": ["tasks"],
    "additionalProperties": False,
}  # fmt: skip


def prompt(user, system=""):
    """The messages of a prompt."""
    told = (Message(Role.SYSTEM, system),) if system else ()
    return (*told, Message(Role.USER, user))


def ask(messages, schema=None, *, seed=0, **settings) -> ProviderAnswer:
    """The mock's answer."""
    request = ProviderRequest(messages, "m", response_schema=schema, **settings)
    return asyncio.run(MockProvider(seed).complete(request))


def tasks(messages, **settings):
    """The tasks of an answer to the schema above."""
    return json.loads(ask(messages, TASKS, **settings).text)["tasks"]


def spoken(task):
    """What a task says, without its id, its references and who does it."""
    parts = (task["title"], task["description"], *task["acceptance_criteria"], task["deliverable"])
    return " ".join(parts)


def texts(value):
    """All texts of a JSON value that are no keys."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts(part)]


def words(text):
    """The words of a text in lower case."""
    return {word.casefold() for word in WORD.findall(text)}


def glue_texts(glue: Glue):
    """Every text of a language's table: its closed-class words and its sentences."""
    found = [*glue.function_words, *glue.work_verbs, glue.both, *glue.people, *glue.duties]
    found += [*glue.linkers, *glue.determiners, *glue.continuers, *glue.particles]
    for work in glue.works():
        found += [text for part in fields(Work) for text in getattr(work, part.name)]
    return found


def sentence_words(glue: Glue):
    """The words of a language's sentences, without its holes."""
    sentences = [glue.both, *glue.people, *glue.duties]
    for work in glue.works():
        sentences += [text for part in fields(Work) for text in getattr(work, part.name)]
    return words(re.sub(r"\{\w*\}", " ", " ".join(sentences)))
