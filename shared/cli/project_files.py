"""Writes what a project made into a folder: a Markdown file per deliverable, plan, page."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attune.director.v1 import director_pb2 as pb
from google.protobuf.json_format import Parse, ParseError

from shared.cli.exits import ExitCode, Stop
from shared.cli.output import json_text

PLAN, PAGE = "plan.json", "project.html"
MOST_NAME = 60
"""Characters of a file's name before its ending."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def prepare(folder: Path) -> None:
    """Makes the folder, before anything is spent. Raises Stop where it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Stop(
            ExitCode.USAGE,
            "the command line breaks a rule",
            faults=[(f"--out {folder}", error.strerror or str(error))],
            todo="name a folder that can be written to; nothing was spent",
        ) from error


def write_project(folder: Path, project: pb.Project, page: str) -> dict[str, Path]:
    """Writes all there is, each file whole or not at all; gives the file of each task.

    Files that are there under these names are replaced, all others stay. Raises Stop.
    """
    names = file_names([work.task_id for work in project.deliverables])
    files = {task: folder / name for task, name in names.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for work in project.deliverables:
            _write(files[work.task_id], work.markdown)
        if project.HasField("plan"):
            _write(folder / PLAN, f"{json_text(project.plan)}\n")
        _write(folder / PAGE, page)
    except OSError as error:
        raise Stop(
            ExitCode.CONFIGURATION,
            f"cannot write {error.filename or folder}: {error.strerror}",
            todo=f"make room, then: attune watch {project.project_id} --out DIR",
        ) from error
    return files


def folder_name(project_id: str) -> str:
    """A project's id as the name of a folder; two ids never share one."""
    safe = _UNSAFE.sub("-", project_id).strip("-.")[:MOST_NAME] or "project"
    if safe == project_id and safe == safe.lower():
        return safe
    return f"{safe}-{hashlib.sha256(project_id.encode()).hexdigest()[:8]}"


def file_names(tasks: Sequence[str]) -> dict[str, str]:
    """A name for each task's file: its id with only letters, digits, dots, dashes; no two alike.

    Ids come from models and from edited plans, so they may be anything.
    """
    names: dict[str, str] = {}
    taken = {PLAN, PAGE}
    for number, task in enumerate(tasks, start=1):
        safe = _UNSAFE.sub("-", task).strip("-.")[:MOST_NAME] or f"task-{number}"
        name = f"{safe}.md"
        while name.lower() in taken:  # some file systems take A and a for the same
            name = f"{safe}-{number}.md"
            number += 1  # noqa: PLW2901 -- until it is free
        taken.add(name.lower())
        names[task] = name
    return names


def _write(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def plan_of(text: str) -> pb.Plan:
    """A plan.json as a person edited it. Raises ValueError in one readable line."""
    if not text.lstrip().startswith("{"):  # protobuf takes an empty list for an empty message
        raise ValueError("it is not a JSON object")
    plan = pb.Plan()
    try:
        Parse(text, plan)
    except (ParseError, RecursionError) as error:
        raise ValueError(str(error).partition("\n")[0]) from error
    return plan
