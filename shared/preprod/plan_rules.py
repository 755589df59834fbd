"""What a plan and a deliverable promise, checked without the code that makes the promise."""

from __future__ import annotations

import re
import unicodedata

from attune.director.v1 import director_pb2 as pb

from shared.preprod.scenario import Limits

LEAST_CHARACTERS = 60
"""Letters and digits of a deliverable; fewer are no work."""
_DEFAULT_TASKS, _DEFAULT_ROLES = 8, 4
_PLACEHOLDERS = {
    "lorem ipsum": re.compile(r"lorem ipsum", re.IGNORECASE),
    "a place to fill in": re.compile(
        r"\{\{[^{}\n]{0,80}\}\}|\[(?:insert|your|add|fill in|enter)\b[^\]\n]{0,80}\](?!\()",
        re.IGNORECASE,
    ),
    "a mark of work to do": re.compile(r"\b(?:TBD|TBA|FIXME|XXXX+|TODO:)"),
}


def plan_problems(plan: pb.Plan, goal: str, limits: Limits) -> tuple[str, ...]:
    """Every rule that a plan breaks, in words; none where it is valid."""
    found = []
    if plan.goal != goal:
        found.append("its goal is not the one that was given")
    if not plan.profile.domain:
        found.append("it has no field")
    if not 0 <= plan.profile.confidence <= 1:
        found.append(f"its field is sure by {plan.profile.confidence:g}")
    found += _count("task", len(plan.tasks), limits.max_tasks or _DEFAULT_TASKS)
    found += _count("role", len(plan.team), limits.max_roles or _DEFAULT_ROLES)
    found += _twice("role", [member.name for member in plan.team])
    found += _twice("title", [task.title for task in plan.tasks])
    roles, done = {member.name for member in plan.team}, set[str]()
    for number, task in enumerate(plan.tasks, 1):
        name = f"task {task.id or number}"
        if not task.id or task.id in done:
            found.append(f"{name} has no id of its own")
        if not folded(task.title):
            found.append(f"{name} has no title")
        if task.role not in roles:
            found.append(f"{name} is for {task.role!r}, who is not in the team")
        if not any(folded(criterion) for criterion in task.acceptance_criteria):
            found.append(f"{name} has no acceptance criterion")
        late = [needed for needed in task.depends_on if needed not in done]
        if late:
            found.append(f"{name} needs {', '.join(late)}, which does not stand before it")
        done.add(task.id)
    return tuple(found)


def deliverable_faults(markdown: str) -> tuple[str, ...]:
    """What is plainly wrong with a deliverable: nothing in it, or text to be filled in."""
    found = []
    if len(folded(markdown)) < LEAST_CHARACTERS:
        found.append(f"has {len(folded(markdown))} letters and digits")
    for what, pattern in _PLACEHOLDERS.items():
        if hit := pattern.search(markdown):
            found.append(f"has {what}: {hit[0][:60]!r}")
    return tuple(found)


def folded(text: str) -> str:
    """Letters and digits alone, without case and width, for comparing."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in normal if character.isalnum())


def _count(what: str, count: int, most: int) -> list[str]:
    if not count:
        return [f"it has no {what}"]
    return [f"it has {count} {what}s; at most {most} were asked for"] if count > most else []


def _twice(what: str, texts: list[str]) -> list[str]:
    seen = [folded(text) or text for text in texts]
    return [f"the {what} {t!r} is there twice" for n, t in enumerate(texts) if seen[n] in seen[:n]]
