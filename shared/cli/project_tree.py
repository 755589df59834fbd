"""Tasks as a tree to read: each below what it waits for longest, others named beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from attune.analyst.v1 import analyst_pb2


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A line of the tree. stem: what is drawn before it. also_after: what else it depends on."""

    task_id: str
    stem: str
    also_after: tuple[str, ...] = ()


def tree_rows(tasks: Sequence[analyst_pb2.Task]) -> list[TreeRow]:
    """Each task once, below the last of those that it depends on, in the order of the plan."""
    known = {task.id for task in tasks}
    needs = {task.id: [name for name in task.depends_on if name in known] for task in tasks}
    order = {task.id: place for place, task in enumerate(tasks)}
    below: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        parent = max(needs[task.id], key=order.__getitem__, default="")
        # A plan that is checked has each task after those that it depends on.
        below[parent if parent and order[parent] < order[task.id] else ""].append(task.id)
    rows: list[TreeRow] = []
    waiting = [(name, "", "") for name in reversed(below[""])]
    while waiting:
        name, stem, parent = waiting.pop()
        rows.append(TreeRow(name, stem, tuple(n for n in needs[name] if n != parent)))
        inner = stem.replace("└─ ", "   ").replace("├─ ", "│  ")
        children = below[name]
        waiting += [
            (child, inner + ("└─ " if child == children[-1] else "├─ "), name)
            for child in reversed(children)
        ]
    return rows
