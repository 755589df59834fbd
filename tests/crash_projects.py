"""Kills services under projects, and audits what became of them: part of `make test-crash`.

Projects run side by side against a provider whose deliverables have a fresh nonce each. A
random service dies by SIGKILL, again and again, and starts anew. Then every project must be
finished; every deliverable that somebody saw finished must be the one that stands; every
watcher must have seen each event once and in order; and the provider was asked again only what
was in flight at a kill. On PostgreSQL one of two directors dies for good.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa
from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from crash_books import MODEL, PRICES
from crash_run import provider, verified
from crash_services import Service
from postgres import PostgresServer, postgres_server
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from running_system import free_ports

from services.gateway.books.database import open_database
from services.gateway.books.rows import State
from services.gateway.books.tables import attempts
from shared.rpc.channel import open_channel
from shared.rpc.errors import AttuneError
from shared.rpc.settings import SERVICE_NAMES

if TYPE_CHECKING:
    from attune.director.v1.director_pb2_grpc import DirectorServiceAsyncStub

PROVIDER = "crash_project_provider.py"
AT_ONCE = 8
"""Projects under way."""
TASKS = 6
LIFE = (0.5, 2.5)
"""Seconds between two kills."""
REST = 4.0
"""Seconds that the slow starters, domain and director, are left alone after a kill."""
QUIET_SECONDS = 240
GOALS = (
    "Create a bodybuilding training program", "Plan a vegetable garden for a balcony",
    "Write a lesson plan on fractions", "Restore an old wooden rowing boat",
    "Launch a B2B SaaS product", "Prepare a string quartet for a contest",
    "Plane una escapada de fin de semana a Sevilla", "Plane den Umbau eines kleinen Bades",
)  # fmt: skip
ReplyT = TypeVar("ReplyT")
_NONCE = re.compile(r"\(([0-9a-f]{16})\)")


@dataclass
class Result:
    """What a part came to."""

    name: str
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


@dataclass
class Site:
    """A whole system: one of each service, or several directors."""

    folder: Path
    database_url: str
    services: list[Service]

    @classmethod
    @contextmanager
    def of(
        cls, folder: Path, urls: tuple[str, str], provider_url: str, directors: int = 1
    ) -> Iterator[Site]:
        """urls: of the gateway's database and of the projects'."""
        (folder / "prices.toml").write_text(PRICES)
        names = [*SERVICE_NAMES, *["director"] * (directors - 1)]
        ports = free_ports(len(names))
        variables = {
            "USE_MOCK_AI_PROVIDER": "false", "OPENAI_API_KEY": "sk-none",
            "OPENAI_BASE_URL": provider_url, "ATTUNE_DEFAULT_MODEL": MODEL,
            "ATTUNE_PRICES_FILE": str(folder / "prices.toml"),
            "ATTUNE_DATABASE_URL": urls[0], "ATTUNE_PROJECTS_DATABASE_URL": urls[1],
            "ATTUNE_DIRECTOR_REPLICAS": str(directors),
            **{f"ATTUNE_{name.upper()}_TARGET": f"127.0.0.1:{port}"
               for name, port in zip(SERVICE_NAMES, ports, strict=False)},
        }  # fmt: skip
        services = [Service(n, folder, p, **variables) for n, p in zip(names, ports, strict=True)]
        for service in services:
            service.start()
        try:
            yield cls(folder, urls[0], services)
        finally:
            for service in services:
                service.end()

    def named(self, name: str) -> list[Service]:
        return [service for service in self.services if service.name == name]


class Client:
    """Starts a project and watches it to its end, whatever goes away meanwhile."""

    def __init__(self, directors: list[Service], project_id: str, goal: str) -> None:
        self._targets = [service.target for service in directors]
        self.project_id = project_id
        self._goal = goal
        self.events: list[pb.ProjectEvent] = []
        self.lost_streams = 0
        self.broken: list[str] = []
        self.project = pb.Project()

    async def run(self) -> None:
        request = pb.StartProjectRequest(
            goal=pb.CreatePlanRequest(
                goal=self._goal, project_id=self.project_id,
                constraints=pb.PlanConstraints(max_tasks=TASKS),
            ),
            max_parallel_tasks=3,
        )  # fmt: skip
        await self._again(lambda stub: stub.StartProject(request, timeout=30))
        while not (self.events and self.events[-1].HasField("project_finished")):
            if self.events and self.events[-1].HasField("project_failed"):
                break
            await self._again(self._watch)
        wanted = pb.GetProjectRequest(project_id=self.project_id)
        self.project = (await self._again(lambda stub: stub.GetProject(wanted, timeout=30))).project
        self._audit(await self._again(self._all_events))

    async def _again(self, ask: Callable[[DirectorServiceAsyncStub], Awaitable[ReplyT]]) -> ReplyT:
        while True:
            target = random.choice(self._targets)
            async with open_channel("director", target) as channel:
                try:
                    return await ask(DirectorServiceStub(channel))
                except AttuneError as error:
                    if error.reason not in ("SERVICE_UNAVAILABLE", "DIRECTOR_STOPPING"):
                        self.broken.append(f"{error.reason}: {error.message}")
                        raise
            self.lost_streams += 1
            await asyncio.sleep(0.1)

    async def _watch(self, stub: DirectorServiceAsyncStub) -> None:
        after = self.events[-1].sequence if self.events else 0
        wanted = pb.WatchProjectRequest(project_id=self.project_id, after_sequence=after)
        async for reply in stub.WatchProject(wanted):
            self.events.append(reply.event)

    async def _all_events(self, stub: DirectorServiceAsyncStub) -> list[pb.ProjectEvent]:
        wanted = pb.WatchProjectRequest(project_id=self.project_id)
        return [reply.event async for reply in stub.WatchProject(wanted)]

    def _audit(self, again: list[pb.ProjectEvent]) -> None:
        if self.project.state != pb.PROJECT_STATE_FINISHED:
            failed = self.project.failure
            self.broken.append(f"ended as {failed.reason}: {failed.message}")
        if [event.sequence for event in self.events] != list(range(1, len(self.events) + 1)):
            self.broken.append("sequence numbers have gaps or come twice")
        if again != self.events:
            self.broken.append("who watches anew sees other events")
        stands = {work.task_id: work.markdown for work in self.project.deliverables}
        for event in self.events:
            work = event.task_finished
            if event.HasField("task_finished") and stands.get(work.task_id) != work.markdown:
                self.broken.append(f"{work.task_id} was finished, and is another now")
        for task_id, markdown in stands.items():
            if not _NONCE.search(markdown):
                self.broken.append(f"{task_id} has no nonce")


async def killing(site: Site, result: Result, stop: asyncio.Event) -> None:
    """Until told to stop."""
    rested: dict[int, float] = {}
    while not stop.is_set():
        await asyncio.sleep(random.uniform(*LIFE))
        now = time.monotonic()
        ready = [s for s in site.services if rested.get(s.port, 0) < now]
        if not ready:
            continue
        service = random.choice(ready)
        if not service.running():
            result.broken.append(f"the {service.name} ended by itself")
        service.kill()
        service.start()
        result.kills[service.name] += 1
        rested[service.port] = now + (REST if service.name in ("domain", "director") else 1.0)


async def finished(site: Site, projects: int, name: str, progress: Progress) -> list[Client]:
    """All projects, AT_ONCE at a time."""
    task = progress.add_task(name, total=projects)
    turns = asyncio.Semaphore(AT_ONCE)
    directors = site.named("director")
    clients = [
        Client(directors, f"{name}-{n}".replace(" ", "-"), f"{GOALS[n % len(GOALS)]} ({n})")
        for n in range(projects)
    ]

    async def one(client: Client) -> None:
        async with turns:
            await client.run()
            progress.advance(task)

    async with asyncio.timeout(QUIET_SECONDS + 10 * projects), asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(one(client))
    return clients


def audit(site: Site, clients: list[Client], result: Result) -> None:
    """The provider's side and the books'."""
    given: Counter[str] = Counter()
    nonces = set()
    for line in (site.folder / "given").read_text().splitlines():
        answer = json.loads(line)
        given[answer["question"]] += 1
        nonces.add(answer["nonce"])
    engine = open_database(site.database_url)
    try:
        with engine.connect() as connection:
            tries = Counter(connection.execute(sa.select(attempts.c.state)).scalars())
    finally:
        engine.dispose()
    again = sum(count - 1 for count in given.values())
    result.facts["streams lost"] = sum(client.lost_streams for client in clients)
    result.facts.update(
        projects=len(clients), events=sum(len(c.events) for c in clients),
        answers=given.total(),
        questions=len(given), again=again, tasks=sum(len(c.project.deliverables) for c in clients),
        lost=tries[State.LOST],
    )  # fmt: skip
    if again > tries[State.LOST]:
        result.broken.append(f"{again} answers were given again, and {tries[State.LOST]} were lost")
    for client in clients:
        result.broken += [f"{client.project_id}: {fault}" for fault in client.broken]
        for work in client.project.deliverables:
            found = _NONCE.search(work.markdown)
            if found and found[1] not in nonces:
                result.broken.append(f"{client.project_id}: the provider never gave {found[1]}")
    result.broken += verified(site.database_url, site.folder)


async def killed(folder: Path, projects: int, progress: Progress) -> Result:
    """Each service of one system, again and again."""
    result = Result("each service")
    began = time.monotonic()
    urls = f"sqlite:///{folder}/gateway.db", f"sqlite:///{folder}/projects.db"
    with provider(folder, PROVIDER) as url, Site.of(folder, urls, url) as site:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(killing(site, result, stop))
            clients = await finished(site, projects, "killed", progress)
            stop.set()
        audit(site, clients, result)
    result.seconds = time.monotonic() - began
    return result


async def taken_over(
    folder: Path, server: PostgresServer, projects: int, progress: Progress
) -> Result:
    """Two directors; one dies for good when some projects are done."""
    result = Result("one of two directors")
    began = time.monotonic()
    urls = server.database("books"), server.database("projects")
    with provider(folder, PROVIDER) as url, Site.of(folder, urls, url, directors=2) as site:

        async def kill_one() -> None:
            given = folder / "given"  # another process writes it
            while len(given.read_text().splitlines()) < projects * 4:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            victim = site.named("director")[0]
            victim.kill()
            result.kills["director"] += 1

        async with asyncio.TaskGroup() as group:
            group.create_task(kill_one())
            clients = await finished(site, projects, "taken over", progress)
        audit(site, clients, result)
    result.seconds = time.monotonic() - began
    return result


async def run(projects: int, progress: Progress) -> list[Result]:
    """Both parts, one after the other: a fourth of the projects have two directors."""
    of_two = max(2, projects // 4)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attune-crash-")))
        one, two, of_server = (home / name for name in ("one", "two", "server"))
        for folder in (one, two, of_server):
            folder.mkdir()
        first = await killed(one, projects, progress)
        server = stack.enter_context(postgres_server(of_server))
        return [first, await taken_over(two, server, of_two, progress)]


def main() -> int:
    """Runs, and prints a table and the line of figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--projects", type=int, default=50)
    projects = arguments.parse_args().projects
    console = Console(soft_wrap=True)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        results = asyncio.run(run(projects, progress))
    columns = ("projects", "tasks", "events", "streams lost", "questions", "again", "lost")
    table = Table("killed", "kills", "s", *columns, "broken", box=None)
    for result in results:
        table.add_row(
            result.name, str(result.kills.total()), f"{result.seconds:.0f}",
            *(f"{result.facts[name]:,}" for name in columns), str(len(result.broken)),
        )  # fmt: skip
    console.print(table)
    for result in results:
        for fault in result.broken[:20]:
            console.print(f"{result.name}: {fault}", markup=False)
    facts = sum((result.facts for result in results), Counter[str]())
    kills = sum((result.kills for result in results), Counter[str]())
    broken = sum(len(result.broken) for result in results)
    console.print(
        f"projects: {kills.total()} kills"
        f" ({', '.join(f'{name} {count}' for name, count in kills.most_common())}),"
        f" {facts['projects']} projects finished, {facts['tasks']} deliverables kept as they were;"
        f" of {facts['questions']:,} questions {facts['again']} were answered again,"
        f" {facts['lost']} tries were in flight at a kill; promises broken: {broken}"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
