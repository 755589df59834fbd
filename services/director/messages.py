"""Turns the director's values into the contract's messages and back."""

from __future__ import annotations

from attune.analyst.v1 import analyst_pb2

from services.director.plan import Role, Task


def role_message(role: Role) -> analyst_pb2.TeamMember:
    """A role as the contract has it."""
    return analyst_pb2.TeamMember(
        name=role.name, responsibility=role.responsibility, skills=role.skills
    )


def role_value(message: analyst_pb2.TeamMember) -> Role:
    """A role as the rules take it."""
    return Role(message.name, message.responsibility, tuple(message.skills))


def task_message(task: Task) -> analyst_pb2.Task:
    """A task as the contract has it."""
    return analyst_pb2.Task(
        id=task.id,
        title=task.title,
        description=task.description,
        role=task.role,
        depends_on=task.depends_on,
        acceptance_criteria=task.acceptance_criteria,
        deliverable=task.deliverable,
    )


def task_value(message: analyst_pb2.Task) -> Task:
    """A task as the rules take it."""
    return Task(
        id=message.id,
        title=message.title,
        role=message.role,
        description=message.description,
        depends_on=tuple(message.depends_on),
        acceptance_criteria=tuple(message.acceptance_criteria),
        deliverable=message.deliverable,
    )
