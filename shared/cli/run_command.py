"""`attune run` and `attune watch`: a project from its start, or from now, to its files."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub

from shared.cli.cost_view import models_of
from shared.cli.errors_view import explain
from shared.cli.exits import ExitCode, Stop
from shared.cli.forecast import ask_first
from shared.cli.gateway_call import check_served_by, describe_or_none, expect
from shared.cli.output import json_text, write_json
from shared.cli.progress import Progress
from shared.cli.project_files import folder_name, prepare, write_project
from shared.cli.project_follow import LOST, ProjectNow, follow
from shared.cli.project_live import LiveProject
from shared.cli.project_view import print_project, stop_of
from shared.cli.session import is_private
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.channel import open_channel
from shared.rpc.deadline import serving_within
from shared.rpc.errors import AttuneError, status_code

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.director.v1.director_pb2_grpc import DirectorServiceAsyncStub

ASK_SECONDS = 60.0
"""For what is answered at once: an estimate, a start, a read."""
PURPOSES = ("propose_team", "analyze_goal", "perform_task", "review_deliverable")
START_PAUSES = (0.2, 1.0, None)
"""Seconds before each further try of a start that got no answer."""
PROJECTS = Path(".attune/projects")
"""Where a project's folder is, unless --out names another."""


@dataclass(frozen=True, slots=True)
class RunCommand:
    """What to start. out: None is a folder of the project's own; models: by purpose."""

    request: pb.StartProjectRequest
    models: dict[str, str]
    out: Path | None
    yes: bool
    as_json: bool

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Starts it, shows it, writes its files. Raises AttuneError, TimeoutError, Stop."""
        named = self.request.WhichOneof("start") == "plan"
        start = self.request.plan if named else self.request.goal
        folder = self.out or PROJECTS / folder_name(start.project_id)
        prepare(folder)
        await expect(wanted, targets)
        async with open_channel("director", targets["director"]) as channel:
            stub = DirectorServiceStub(channel)
            progress.waiting("Asking what it will cost")
            forecast = await stub.EstimateProject(
                pb.EstimateProjectRequest(request=self.request), timeout=ASK_SECONDS
            )
            progress.clear()
            check_served_by(wanted, forecast.served_by, "the gateway is", "nothing was spent")
            await ask_first(forecast, yes=self.yes)
            await _started(stub, self.request, start.project_id)
            ending = Ending(start.project_id, folder, self.models, self.as_json)
            await ending.shown(wanted, targets, stub, forecast)


@dataclass(frozen=True, slots=True)
class WatchCommand:
    """What to watch: from which event on; out: None writes no files."""

    project_id: str
    after: int
    out: Path | None
    as_json: bool

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Shows it to its end. Raises AttuneError, TimeoutError, Stop."""
        if self.out is not None:
            prepare(self.out)
        progress.waiting("Looking for the project")
        await expect(wanted, targets)
        progress.clear()
        async with open_channel("director", targets["director"]) as channel:
            stub = DirectorServiceStub(channel)
            if self.as_json:
                async with _leaving(self.project_id, wanted, targets):
                    await follow(stub, self.project_id, self.after, _print_event, _tell_lost)
            ending = Ending(self.project_id, self.out, {}, self.as_json)
            if self.as_json:
                project, _ = await ending.written(stub)
                if stop := stop_of(project):
                    raise stop
            else:
                await ending.shown(wanted, targets, stub, None, self.after)


@dataclass(frozen=True, slots=True)
class Ending:
    """Shows a project until it ends, and then what there is of it."""

    project_id: str
    folder: Path | None
    models: dict[str, str]
    as_json: bool

    async def shown(
        self,
        wanted: Wanted,
        targets: Targets,
        stub: DirectorServiceAsyncStub,
        forecast: pb.EstimateProjectResponse | None,
        after: int = 0,
    ) -> None:
        """Raises Stop where the project did not finish."""
        now = ProjectNow(self.project_id)
        async with _leaving(self.project_id, wanted, targets):
            with LiveProject(now, forecast) as live:
                await follow(stub, self.project_id, after, live.seen, live.lost)
        project, files = await self.written(stub)
        if self.as_json:
            write_json(json_text(project))
        else:
            models = models_of(await describe_or_none(targets), PURPOSES, self.models)
            print_project(project, files, self.folder, models)
        if stop := stop_of(project):
            raise stop

    async def written(self, stub: DirectorServiceAsyncStub) -> tuple[pb.Project, dict[str, Path]]:
        """The project, and the files that were written of it."""
        reply = await stub.GetProject(
            pb.GetProjectRequest(project_id=self.project_id), timeout=ASK_SECONDS
        )
        if self.folder is None:
            return reply.project, {}
        # Imported here: it reads Markdown, which nothing else does.
        from shared.cli.page import project_page  # noqa: PLC0415

        page = await asyncio.to_thread(project_page, reply.project)
        return reply.project, await asyncio.to_thread(
            write_project, self.folder, reply.project, page
        )


async def _started(
    stub: DirectorServiceAsyncStub, request: pb.StartProjectRequest, project_id: str
) -> None:
    """Starts it; asked again where no answer came, which starts nothing twice. Raises Stop."""
    for pause in START_PAUSES:
        try:
            await stub.StartProject(request, timeout=ASK_SECONDS)
        except AttuneError as error:
            if status_code(error) not in LOST:
                raise
            if pause is None:
                stop = explain(error)
                stop.facts.append(("project_id", project_id))
                stop.todo = (
                    f"it may have been started; look: attune watch {shlex.quote(project_id)}"
                )
                raise stop from error
            await asyncio.sleep(pause)
        else:
            return


@asynccontextmanager
async def _leaving(project_id: str, wanted: Wanted, targets: Targets) -> AsyncIterator[None]:
    """Says how to come back, where the command ends before the project does."""
    try:
        async with serving_within(wanted.seconds):
            yield
    except asyncio.CancelledError:
        sys.stderr.write(f"{_how_to_go_on(project_id, wanted, targets)}\n")
        raise
    except TimeoutError as error:
        raise Stop(
            ExitCode.UNAVAILABLE,
            f"the project is not done after {wanted.seconds:g} s",
            todo=_how_to_go_on(project_id, wanted, targets),
        ) from error


def _how_to_go_on(project_id: str, wanted: Wanted, targets: Targets) -> str:
    goes = "goes on"
    if is_private(wanted, targets):
        goes = "stands still now, and goes on when it is watched, or under attune up"
    there = "".join(f" --target {name}={at}" for name, at in wanted.targets.items())
    named = f"{shlex.quote(project_id)}{there}"
    return (
        f"The project {goes}. Watch it: attune watch {named}"
        f"   Stop it for good: attune cancel {named}"
    )


def _print_event(event: pb.ProjectEvent) -> None:
    write_json(json_text(event, indent=None))


def _tell_lost(error: Exception) -> None:
    sys.stderr.write(f"attune watch: {error}; taking it up again\n")
