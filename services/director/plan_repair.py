"""Mends a plan by rule, where a rule only removes, renames or reorders.

No title, role or criterion is ever written here, and every change is told.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
from collections.abc import Callable, Sequence

from services.director.plan import Role, Task
from services.director.plan_check import (
    closing_edge,
    folded,
    is_testable,
    without_edge,
)

Notes = list[str]


def repair_team(roles: Sequence[Role], max_roles: int) -> tuple[list[Role], Notes]:
    """The team without nameless and repeated roles and without those over the limit."""
    notes: Notes = []
    kept: list[Role] = []
    seen: set[str] = set()
    for number, role in enumerate(roles, 1):
        key = folded(role.name)
        if not key:
            notes.append(f"role {number} was removed: it has no name")
        elif key in seen:
            notes.append(f"role {role.name!r} was removed: it was there twice")
        elif len(kept) == max_roles:
            notes.append(f"role {role.name!r} was removed: at most {max_roles} are allowed")
        else:
            seen.add(key)
            kept.append(role)
    return kept, notes


def repair_plan(
    roles: Sequence[Role], tasks: Sequence[Task], max_tasks: int
) -> tuple[list[Task], Notes]:
    """The tasks that rules can save, in an order that their dependencies allow."""
    notes: Notes = []
    mended = _with_unique_ids(tasks, notes)
    mended = [_with_role_of_team(task, roles, notes) for task in mended]
    team = {role.name for role in roles}
    for broken, why in (
        (lambda task: not folded(task.title), "it has no title"),
        (lambda task: task.role not in team, "its role is not in the team"),
        (
            lambda task: not any(is_testable(c, task) for c in task.acceptance_criteria),
            "it has no acceptance criterion that can be tested",
        ),
    ):
        mended = _without(mended, broken, why, notes)
    mended = _without_repeated_titles(mended, notes)
    mended = _with_known_dependencies(mended, notes)
    while (circle := closing_edge(mended)) is not None:
        (dependent, dependency) = circle[1]
        notes.append(f"task {dependent} no longer depends on {dependency}: it closed a circle")
        mended = without_edge(mended, circle[1])
    mended = _ordered(mended, notes)
    for task in mended[max_tasks:]:  # in this order, nothing kept depends on these
        notes.append(f"task {task.id} {task.title!r} was removed: at most {max_tasks} are allowed")
    mended = mended[:max_tasks]
    kept = {question for task in mended for question in task.finds_out}
    notes += [
        f"the question {question!r} was left out with the task that finds it out"
        for task in tasks
        for question in task.finds_out
        if question not in kept
    ]
    return mended, notes


def _with_unique_ids(tasks: Sequence[Task], notes: Notes) -> list[Task]:
    taken = {task.id for task in tasks}
    seen: set[str] = set()
    result = []
    for number, task in enumerate(tasks, 1):
        kept = task
        if not task.id.strip() or task.id in seen:
            new = next(i for n in itertools.count(number) if (i := f"t{n}") not in taken)
            notes.append(f"task {number} {task.title!r} was given the id {new}")
            taken.add(new)
            kept = dataclasses.replace(task, id=new)
        seen.add(kept.id)
        result.append(kept)
    return result


def _with_role_of_team(task: Task, roles: Sequence[Role], notes: Notes) -> Task:
    """Renames a role to the one of the team that it can only mean."""
    names = [role.name for role in roles]
    if task.role in names:
        return task
    asked = folded(task.role)
    same = [name for name in names if folded(name) == asked]
    near = [name for name in names if asked and (asked in folded(name) or folded(name) in asked)]
    for found in (same, near):
        if len(found) == 1:
            notes.append(f"task {task.id}: role {task.role!r} was read as {found[0]!r}")
            return dataclasses.replace(task, role=found[0])
    return task


def _without(
    tasks: Sequence[Task], broken: Callable[[Task], bool], why: str, notes: Notes
) -> list[Task]:
    notes += [f"task {t.id} {t.title!r} was removed: {why}" for t in tasks if broken(t)]
    return [task for task in tasks if not broken(task)]


def _without_repeated_titles(tasks: Sequence[Task], notes: Notes) -> list[Task]:
    """Keeps the first of each title; what depended on the others depends on it."""
    first: dict[str, str] = {}
    instead: dict[str, str] = {}
    kept = []
    for task in tasks:
        key = folded(task.title)
        if key in first:
            instead[task.id] = first[key]
            notes.append(f"task {task.id} {task.title!r} was removed: its title was there twice")
        else:
            first[key] = task.id
            kept.append(task)
    return [
        dataclasses.replace(
            task, depends_on=tuple(dict.fromkeys(instead.get(d, d) for d in task.depends_on))
        )
        for task in kept
    ]


def _with_known_dependencies(tasks: Sequence[Task], notes: Notes) -> list[Task]:
    ids = {task.id for task in tasks}
    result = []
    for task in tasks:
        unknown = [d for d in dict.fromkeys(task.depends_on) if d not in ids]
        notes += [
            f"task {task.id} no longer depends on {d!r}: there is no such task" for d in unknown
        ]
        known = tuple(dict.fromkeys(d for d in task.depends_on if d in ids))
        result.append(dataclasses.replace(task, depends_on=known))
    return result


def _ordered(tasks: Sequence[Task], notes: Notes) -> list[Task]:
    """Each task after those it depends on, else in the order given (Kahn, 1962)."""
    position = {task.id: index for index, task in enumerate(tasks)}
    open_count = {task.id: len(set(task.depends_on)) for task in tasks}
    followers: dict[str, list[str]] = {task.id: [] for task in tasks}
    for task in tasks:
        for dependency in set(task.depends_on):
            followers[dependency].append(task.id)
    ready = [position[i] for i, count in open_count.items() if count == 0]
    heapq.heapify(ready)
    order: list[Task] = []
    while ready:
        task = tasks[heapq.heappop(ready)]
        order.append(task)
        for follower in followers[task.id]:
            open_count[follower] -= 1
            if open_count[follower] == 0:
                heapq.heappush(ready, position[follower])
    if [task.id for task in order] != [task.id for task in tasks]:
        notes.append("tasks were reordered so that each stands after those it depends on")
    return order
