"""`attune projects` and `attune cancel`: what there is, and the end of one of it."""

from __future__ import annotations

from dataclasses import dataclass

from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub

from shared.cli.gateway_call import expect
from shared.cli.output import json_text, write_json
from shared.cli.progress import Progress
from shared.cli.project_view import print_project, print_projects
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.channel import open_channel
from shared.rpc.deadline import serving_within

ON_A_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ProjectsCommand:
    """Lists the youngest projects. most: how many."""

    most: int
    as_json: bool

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Prints the list. Raises AttuneError, TimeoutError, Stop."""
        await expect(wanted, targets)
        found = pb.ListProjectsResponse()
        async with (
            serving_within(wanted.seconds),
            open_channel("director", targets["director"]) as channel,
        ):
            stub = DirectorServiceStub(channel)
            while len(found.projects) < self.most:
                size = min(ON_A_PAGE, self.most - len(found.projects))
                page = await stub.ListProjects(
                    pb.ListProjectsRequest(page_size=size, page_token=found.next_page_token)
                )
                found.projects.extend(page.projects)
                found.next_page_token = page.next_page_token
                if not page.next_page_token:
                    break
        progress.clear()
        if self.as_json:
            write_json(json_text(found))
        else:
            print_projects(found.projects)


@dataclass(frozen=True, slots=True)
class CancelCommand:
    """Stops a project for good."""

    project_id: str
    as_json: bool

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Prints what is left of it. Raises AttuneError, TimeoutError, Stop."""
        await expect(wanted, targets)
        progress.waiting("Stopping the project")
        async with (
            serving_within(wanted.seconds),
            open_channel("director", targets["director"]) as channel,
        ):
            reply = await DirectorServiceStub(channel).CancelProject(
                pb.CancelProjectRequest(project_id=self.project_id)
            )
        progress.clear()
        if self.as_json:
            write_json(json_text(reply.project))
        else:
            print_project(reply.project, {}, None, [])
