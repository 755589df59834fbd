"""A plan's parts as plain values: what the rules in plan_check.py work on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """Who does a part of the work; the name is unique in its team."""

    name: str
    responsibility: str
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work; depends_on holds ids of other tasks of the plan.

    finds_out: what must be known before the work can start, and this task finds out.
    """

    id: str
    title: str
    role: str
    description: str = ""
    depends_on: tuple[str, ...] = ()
    acceptance_criteria: tuple[str, ...] = ()
    deliverable: str = ""
    finds_out: tuple[str, ...] = ()
