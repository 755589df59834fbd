"""A prompt as a value: parts that print, compare and have a version.

    role          neutral words on what the model does        (system)
    profile       the goal's field and its words              (system)
    constraints   limits of this request, its language        (system)
    contract      the form of the answer                      (system)
    goal, ...     what the caller gave                        (user)

No part holds an example, and none is the same for every goal but role and contract.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from shared.context import templates
from shared.context.outline import outline
from shared.context.profile import UNKNOWN_DOMAIN

MAX_TERMS = 12
"""Words of the field that a prompt names at most: more cost tokens and add little."""


@dataclass(frozen=True, slots=True)
class Part:
    """A named piece of a prompt."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one call tells the model, and the form of the answer it asks for.

    version: of the neutral template, for example "analyze_goal@1". schema: the JSON
    Schema of the answer.
    """

    purpose: str
    version: str
    system: tuple[Part, ...]
    user: tuple[Part, ...]
    schema: Mapping[str, Any]

    def messages(self) -> list[gateway_pb2.Message]:
        """The prompt as the gateway takes it."""
        return [
            gateway_pb2.Message(role=gateway_pb2.ROLE_SYSTEM, content=_joined(self.system)),
            gateway_pb2.Message(role=gateway_pb2.ROLE_USER, content=_joined(self.user)),
        ]

    def schema_text(self) -> str:
        """The JSON Schema as compact text."""
        return json.dumps(self.schema, ensure_ascii=False, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 over all that the model is told: equal prompts, equal digests."""
        told = [self.version, _joined(self.system), _joined(self.user), self.schema_text()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def with_findings(self, findings: Sequence[str]) -> Prompt:
        """The same prompt, asking once more without these faults."""
        lines = [templates.MENDING, *(f"- {finding}" for finding in findings)]
        part = Part("findings", "\n".join(lines))
        return Prompt(self.purpose, self.version, self.system, (*self.user, part), self.schema)

    def difference(self, other: Prompt) -> str:
        """What turns this prompt into the other, line by line as `diff -u`; empty if nothing."""
        before, after = str(self).splitlines(), str(other).splitlines()
        names = (self.version, other.version)
        return "\n".join(difflib.unified_diff(before, after, *names, lineterm="", n=1))

    def __str__(self) -> str:
        parts = [("system", part) for part in self.system] + [("user", part) for part in self.user]
        told = [f"[{role}/{part.name}]\n{part.text}" for role, part in parts]
        return "\n".join([*told, f"[schema]\n{self.schema_text()}"])


def build_prompt(
    purpose: str,
    *,
    schema: Mapping[str, Any],
    user: Sequence[Part],
    profile: domain_pb2.DomainProfile | None = None,
    language: str = "",
    version: str = "",
) -> Prompt:
    """The prompt of a purpose for one goal.

    schema: JSON Schema of the answer, with descriptions. user: what the caller gave.
    language: name of the language to write in. version: of the template; empty: the newest.
    Raises PromptVersionUnknown, and KeyError for a purpose without a template.
    """
    template = templates.template_of(purpose, version)
    written = templates.LANGUAGE.format(language=language) if language else ""
    limits = (*template.rules, written or templates.LANGUAGE_OF_GOAL)
    system = (
        Part("role", template.role),
        *_profile_parts(profile),
        Part("constraints", "\n".join(limits)),
        Part("contract", f"{templates.OUTPUT}\n{outline(schema)}"),
    )
    return Prompt(purpose, template.name, system, tuple(user), _without_texts(schema))


def goal_part(goal: str) -> Part:
    """The goal in the caller's own words."""
    return Part("goal", templates.GOAL.format(goal=goal.strip()))


def known_parts(context: Sequence[domain_pb2.ContextItem]) -> list[Part]:
    """What the caller knows already."""
    return [
        Part("known", templates.KNOWN.format(name=item.name, text=item.text)) for item in context
    ]


def listed_part(name: str, heading: str, lines: Sequence[str]) -> Part:
    """A heading with a list below."""
    return Part(name, "\n".join([heading, *(f"- {line}" for line in lines)]))


def _profile_parts(profile: domain_pb2.DomainProfile | None) -> list[Part]:
    """The field and its words. What to avoid never enters: a word named is suggested."""
    if profile is None or profile.domain in ("", UNKNOWN_DOMAIN):
        return []
    label = profile.local_label or profile.label or profile.domain
    lines = [templates.FIELD.format(label=label)]
    if profile.vocabulary:
        terms = ", ".join(profile.vocabulary[:MAX_TERMS])
        lines.append(templates.VOCABULARY.format(terms=terms))
    return [Part("profile", "\n".join(lines))]


def _joined(parts: Sequence[Part]) -> str:
    return "\n".join(part.text for part in parts)


def _without_texts(schema: Any) -> Any:
    """The schema without titles and descriptions: the outline has told them."""
    if isinstance(schema, list):
        return [_without_texts(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: _without_texts(inner) for name, inner in value.items()}
        elif key not in ("title", "description"):
            kept[key] = _without_texts(value)
    return kept
