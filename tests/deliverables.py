"""Thirty finished deliverables, written for these tests, in ten languages and as many trades.

Each file of tests/data/deliverables begins with its task, a line each: what is done when, after
the arrow the passage that shows it, and a passage that another one would contradict. Its
Markdown follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from attune.analyst.v1 import analyst_pb2 as pb

from services.analyst.documents import DocumentAnswer, PartAnswer

FOLDER = Path(__file__).parent / "data" / "deliverables"


@dataclass(frozen=True)
class Good:
    """A finished deliverable. passages: one for each criterion of its task.

    contradicted: a number of a criterion, from 1, a passage, and one that would break it.
    """

    name: str
    language: str
    task: pb.Task
    document: DocumentAnswer
    markdown: str
    passages: tuple[str, ...]
    contradicted: tuple[int, str, str]


def deliverables() -> list[Good]:
    """All thirty, in the order of their names."""
    return [_read(path) for path in sorted(FOLDER.glob("*.md"))]


def _read(path: Path) -> Good:
    head, _, markdown = path.read_text(encoding="utf-8").partition("---\n")
    told = [tuple(line.split(": ", 1)) for line in head.splitlines()]
    facts = dict(told)
    done_when = [value.split(" => ") for name, value in told if name == "done when"]
    number, passage, instead = facts["contradicts"].split(" | ")
    title, *parts = re.split(r"^##? ", markdown, flags=re.MULTILINE)[1:]
    return Good(
        name=path.stem,
        language=facts["language"],
        task=pb.Task(
            id="t1", title=facts["task"], description=facts["does"], deliverable=facts["ends in"],
            acceptance_criteria=[criterion for criterion, _ in done_when],
        ),
        document=DocumentAnswer(title=title.strip(), parts=[_part(part) for part in parts]),
        markdown=markdown,
        passages=tuple(shown for _, shown in done_when),
        contradicted=(int(number), passage, instead),
    )  # fmt: skip


def _part(text: str) -> PartAnswer:
    heading, _, said = text.partition("\n")
    return PartAnswer(heading=heading, text=said)
