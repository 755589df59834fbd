"""The rules that every plan keeps. All violations are found at once.

Team: names are there and unique. Tasks: between 1 and the limit; ids and titles there
and unique; every role is in the team; every dependency exists, none is circular, and
tasks stand after those they depend on; at least one criterion that can be tested.
"""

from __future__ import annotations

import dataclasses
import graphlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from services.director.plan import Role, Task

MIN_CRITERION_BYTES = 5
"""Of UTF-8; shorter ones ("done", "ok") say nothing that could be tested."""
MAX_TOLD = 50
"""Circles are told as long as there are not more violations than a reader takes in."""
_REFERENCE = re.compile(r"\b[a-z]{0,2}\d+\b", re.ASCII | re.IGNORECASE)


def team_violations(roles: Sequence[Role], max_roles: int) -> list[str]:
    """What is wrong with a team, in words for the model and for people."""
    found = [] if roles else ["the team has no roles"]
    if len(roles) > max_roles:
        found.append(f"the team has {len(roles)} roles; at most {max_roles} are allowed")
    found += [f"role {n} has no name" for n, role in enumerate(roles, 1) if not folded(role.name)]
    names = [role.name for role in roles if folded(role.name)]
    found += [f"role name {name!r} is there twice" for name in repeated(names)]
    return found


def plan_violations(roles: Sequence[Role], tasks: Sequence[Task], max_tasks: int) -> list[str]:
    """What is wrong with a plan, in words for the model and for people."""
    found = [] if tasks else ["there are no tasks"]
    if len(tasks) > max_tasks:
        found.append(f"there are {len(tasks)} tasks; at most {max_tasks} are allowed")
    found += [f"task {n} has no id" for n, task in enumerate(tasks, 1) if not task.id.strip()]
    counted = Counter(task.id for task in tasks if task.id.strip())
    found += [f"id {each!r} is there twice" for each, count in counted.items() if count > 1]
    found += [f"task {task.id} has no title" for task in tasks if not folded(task.title)]
    titles = [task.title for task in tasks if folded(task.title)]
    found += [f"title {title!r} is there twice" for title in repeated(titles)]
    team = {role.name for role in roles}
    found += [
        f"task {task.id} has the role {task.role!r}, which is not in the team"
        for task in tasks
        if task.role not in team
    ]
    found += [
        f"task {task.id} has no acceptance criterion that can be tested"
        for task in tasks
        if not any(is_testable(criterion, task) for criterion in task.acceptance_criteria)
    ]
    return found + _dependency_violations(tasks)


def is_testable(criterion: str, task: Task) -> bool:
    """Whether a criterion says something of its own that a person can check.

    A rule can tell what says nothing: too short, only references to tasks ("t1, t2"), or
    the task's own text again.
    """
    said = folded(criterion)
    words = folded(_REFERENCE.sub(" ", criterion))
    own_texts = {folded(task.title), folded(task.description), folded(task.deliverable)}
    return len(words.encode()) >= MIN_CRITERION_BYTES and said not in own_texts


def folded(text: str) -> str:
    """A text without case, width, spacing and punctuation, for comparing."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in normal if character.isalnum())


def repeated(texts: Iterable[str]) -> list[str]:
    """Texts that were there before, in any case or spacing; each once."""
    seen: set[str] = set()
    twice: dict[str, str] = {}
    for text in texts:
        key = folded(text) or text
        if key in seen:
            twice.setdefault(key, text)
        seen.add(key)
    return list(twice.values())


def closing_edge(tasks: Sequence[Task]) -> tuple[list[str], tuple[str, str]] | None:
    """A circle of dependencies and the one in it that points furthest down the list.

    Given as (task, depends_on); None when there is no circle. Unknown ids do not count.
    """
    position = {task.id: index for index, task in enumerate(tasks)}
    graph = {task.id: [d for d in task.depends_on if d in position] for task in tasks}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle: list[str] = error.args[1]
        # graphlib lists each node before the ones that depend on it.
        edges = [(after, before) for before, after in itertools.pairwise(circle)]
        return circle, max(edges, key=lambda edge: position[edge[1]] - position[edge[0]])
    return None


def without_edge(tasks: Sequence[Task], edge: tuple[str, str]) -> list[Task]:
    """The tasks without one dependency."""
    return [
        dataclasses.replace(
            task, depends_on=tuple(d for d in task.depends_on if (task.id, d) != edge)
        )
        for task in tasks
    ]


def _dependency_violations(tasks: Sequence[Task]) -> list[str]:
    ids = {task.id for task in tasks}
    found = [
        f"task {task.id} depends on {dependency!r}, which does not exist"
        for task in tasks
        for dependency in task.depends_on
        if dependency not in ids
    ]
    rest = list(tasks)
    circular = False
    while (circle := closing_edge(rest)) is not None:
        if len(found) >= MAX_TOLD:
            found.append("and more circles")
            return found
        circular = True
        found.append(_circle(circle[0]))
        rest = without_edge(rest, circle[1])
    if not circular:
        seen: set[str] = set()
        for task in tasks:
            late = [d for d in task.depends_on if d in ids and d not in seen]
            found += [f"task {task.id} stands before {d}, which it depends on" for d in late]
            seen.add(task.id)
    return found


def _circle(nodes: Sequence[str]) -> str:
    if len(nodes) == 2:
        return f"task {nodes[0]} depends on itself, a circle of one"
    return f"tasks depend on each other in a circle: {' -> '.join(nodes)}"
