"""What a project consists of, task by task, however much of it there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2

ENDED = (pb.PROJECT_STATE_FINISHED, pb.PROJECT_STATE_FAILED, pb.PROJECT_STATE_CANCELLED)
ROLE_COLOURS = 8

TASK_STATES: Mapping[int, tuple[str, str, str]] = {
    pb.TASK_STATE_UNSPECIFIED: ("open", "", "not known"),
    pb.TASK_STATE_WAITING: ("open", "○", "waiting"),
    pb.TASK_STATE_RUNNING: ("running", "◐", "being done"),
    pb.TASK_STATE_DONE: ("done", "✓", "done"),
    pb.TASK_STATE_FAILED: ("failed", "✗", "failed"),
    pb.TASK_STATE_OPEN: ("open", "○", "not done"),
}
"""A class, a sign and words for each."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A task with what became of it.

    needs: the pieces before this one that it depends on, by their place. role: a number for
    its colour. leak: unset where nothing was measured.
    """

    place: int
    task: analyst_pb2.Task
    standing: pb.TaskStanding
    deliverable: analyst_pb2.Deliverable | None
    needs: tuple[int, ...]
    role: int
    leak: domain_pb2.TextLeakage | None

    @property
    def anchor(self) -> str:
        """Its place on the page; ids of tasks are from outside, and may be anything."""
        return f"task-{self.place + 1}"

    @property
    def state(self) -> tuple[str, str, str]:
        """A class, a sign and words for how it stands."""
        return TASK_STATES.get(self.standing.state, TASK_STATES[pb.TASK_STATE_UNSPECIFIED])

    @property
    def is_done(self) -> bool:
        """Whether its deliverable stands."""
        return self.standing.state == pb.TASK_STATE_DONE


def pieces_of(project: pb.Project) -> list[Piece]:
    """Every task in the order of the plan, then deliverables that no task is known for."""
    standings = {standing.task_id: standing for standing in project.tasks}
    deliverables = {made.task_id: made for made in project.deliverables}
    leaks = {
        made.task_id: leak
        for made, leak in zip(project.deliverables, project.leakage.texts, strict=False)
        if project.leakage.measured
    }
    tasks = list(project.plan.tasks)
    planned = {task.id for task in tasks}
    tasks += [
        analyst_pb2.Task(id=made.task_id, title=made.task_id)
        for made in project.deliverables
        if made.task_id not in planned
    ]
    colours = role_colours(project.plan)
    places: dict[str, int] = {}
    pieces = []
    for place, task in enumerate(tasks):
        needs = tuple(sorted({places[one] for one in task.depends_on if one in places}))
        places.setdefault(task.id, place)
        made = deliverables.get(task.id)
        standing = standings.get(task.id) or _standing(project, task.id, is_made=made is not None)
        role = colours.get(task.role, 0)
        pieces.append(Piece(place, task, standing, made, needs, role, leaks.get(task.id)))
    return pieces


def role_colours(plan: pb.Plan) -> dict[str, int]:
    """A number for the colour of each role, members of the team first."""
    names = [member.name for member in plan.team] + [task.role for task in plan.tasks]
    unique = dict.fromkeys(names)
    return {name: number % ROLE_COLOURS for number, name in enumerate(unique)}


def _standing(project: pb.Project, task_id: str, *, is_made: bool) -> pb.TaskStanding:
    """Where the project says nothing of a task, what follows from the rest of it."""
    state = pb.TASK_STATE_OPEN if project.state in ENDED else pb.TASK_STATE_WAITING
    if is_made or task_id in project.failure.tasks_done:
        state = pb.TASK_STATE_DONE
    return pb.TaskStanding(task_id=task_id, state=state)
