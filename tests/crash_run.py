"""Kills gateways under load, and audits their books: `make test-crash`.

A provider in a process of its own writes down each answer that it gives. Clients keep 32 calls
under way; gateways die by SIGKILL at random moments and start again; clients ask again with
the same ids. Then what the provider gave, what clients heard and what is booked must agree.
The last line has the figures; the exit code is 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import sqlalchemy as sa
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from crash_books import (
    MODEL,
    PRICES,
    Booked,
    faults,
    read_booked,
    read_given,
    read_logged,
    read_reserved,
    unlike,
)
from crash_clients import Clients, request_of
from crash_services import Service
from postgres import PostgresServer, postgres_server
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from running_system import ATTUNE, free_ports

from services.gateway.books.database import open_database
from services.gateway.books.rows import State
from services.gateway.books.tables import calls

CALLS = 32
"""Under way at a time."""
LONGEST_LIFE = 1.2
"""Seconds that a gateway lives at most before it is killed."""
QUIET_SECONDS = 60
"""Until everything must have ended after the last kill."""
RACERS, ROOM = 64, 17
"""Callers that want the same budget at once, and calls for which it has room."""


@dataclass
class Result:
    """What a part came to."""

    name: str
    kills: int
    seconds: float
    facts: dict[str, int | str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


@contextmanager
def provider(folder: Path, program: str = "crash_provider.py") -> Iterator[str]:
    """The provider's process; gives its URL."""
    script = Path(__file__).with_name(program)
    process = subprocess.Popen([sys.executable, script, folder])
    try:
        deadline = time.monotonic() + QUIET_SECONDS
        while not (folder / "url").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the provider of the crash test did not start")
            time.sleep(0.02)
        yield (folder / "url").read_text()
    finally:
        process.terminate()
        process.wait(QUIET_SECONDS)


@dataclass
class Site:
    """Gateways on one database, in front of one provider."""

    folder: Path
    database_url: str
    gateways: list[Service]

    @classmethod
    @contextmanager
    def of(cls, folder: Path, database_url: str, provider_url: str, count: int) -> Iterator[Site]:
        """A site whose gateways have not begun; whatever runs of them at the end is killed."""
        (folder / "prices.toml").write_text(PRICES)
        variables = {
            "USE_MOCK_AI_PROVIDER": "false", "OPENAI_API_KEY": "sk-none",
            "OPENAI_BASE_URL": provider_url, "ATTUNE_DEFAULT_MODEL": MODEL,
            "ATTUNE_PRICES_FILE": str(folder / "prices.toml"),
            "ATTUNE_DATABASE_URL": database_url,
            "ATTUNE_PROJECT_BUDGET_USD": "1000",
        }  # fmt: skip
        gateways = [Service("gateway", folder, port, **variables) for port in free_ports(count)]
        try:
            yield cls(folder, database_url, gateways)
        finally:
            for gateway in gateways:
                gateway.end()

    async def until_nothing_is_in_flight(self, engine: sa.Engine) -> None:
        """Leases of the dead run out, and what they left is lost. Raises TimeoutError."""
        in_flight = sa.select(sa.func.count()).where(calls.c.state == State.INTENT)
        async with asyncio.timeout(QUIET_SECONDS):
            while True:
                with engine.connect() as connection:
                    if not connection.execute(in_flight).scalar_one():
                        return
                await asyncio.sleep(0.1)


def verified(database_url: str, folder: Path) -> list[str]:
    """What `attune journal verify` finds."""
    environment = {name: text for name, text in os.environ.items()
                   if not name.startswith("ATTUNE_")}  # fmt: skip
    done = subprocess.run(
        [ATTUNE, "journal", "verify"], check=False, capture_output=True, text=True,
        env=environment | {
            "ATTUNE_DATABASE_URL": database_url,
            "ATTUNE_PRICES_FILE": str(folder / "prices.toml"),
        },
    )  # fmt: skip
    return [f"attune journal verify: {done.stdout}{done.stderr}"] if done.returncode else []


async def killed_under_load(
    name: str, site: Site, kills: int, progress: Progress, server: PostgresServer | None = None
) -> Result:
    """Kills a random gateway, again and again; once the server of the database too."""
    began = time.monotonic()
    task = progress.add_task(name, total=kills)
    clients = Clients([gateway.target for gateway in site.gateways])
    for gateway in site.gateways:
        gateway.start()
    result = Result(name, kills, 0)
    async with asyncio.TaskGroup() as group:
        load = group.create_task(clients.run(CALLS, name.replace(" ", "-")))
        for number in range(kills):
            await asyncio.sleep(random.uniform(0, LONGEST_LIFE / len(site.gateways)))
            gateway = random.choice(site.gateways)
            if not gateway.running():
                result.broken.append(f"the gateway on {gateway.target} ended by itself")
            gateway.kill()
            if server is not None and number == kills // 2:
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
            gateway.start()
            progress.advance(task)
        clients.stopping.set()
        async with asyncio.timeout(QUIET_SECONDS):
            await load
    engine = open_database(site.database_url)
    try:
        await site.until_nothing_is_in_flight(engine)
        async with stubs_of(site) as stubs:
            spent = (await stubs[0].GetSpend(pb.GetSpendRequest())).total.cost.nano_usd
        result.broken += [
            f"a gateway stopped with exit code {code}"
            for code in [gateway.stop() for gateway in site.gateways] if code
        ]  # fmt: skip
        given, booked = read_given(site.folder / "given"), read_booked(engine)
        result.broken += faults(given, clients.heard, booked, read_reserved(engine))
        result.broken += unlike(booked, read_logged(site.folder.glob("*.log")), spent)
        result.broken += clients.unforeseen + verified(site.database_url, site.folder)
    finally:
        engine.dispose()
    result.seconds = time.monotonic() - began
    result.facts = {
        "ids": clients.ids, "heard": len(clients.heard), "given": len(given),
        **_counted(booked), "refused": sum(clients.errors.values()),
    }  # fmt: skip
    return result


def _counted(booked: list[Booked]) -> dict[str, int | str]:
    return {state: sum(item.state == state for item in booked) for state in ("settled", "lost", "failed")}  # fmt: skip


@asynccontextmanager
async def stubs_of(site: Site) -> AsyncIterator[list[GatewayServiceStub]]:
    """Clients of gateways that are up."""
    async with contextlib.AsyncExitStack() as stack:
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(gateway.target))
            for gateway in site.gateways
        ]
        for channel in channels:
            await asyncio.wait_for(channel.channel_ready(), QUIET_SECONDS)
        yield [GatewayServiceStub(channel) for channel in channels]


async def raced(site: Site) -> Result:
    """RACERS callers on all replicas want a budget with room for ROOM calls, at once."""
    began = time.monotonic()
    result = Result("a race", 0, 0)
    for gateway in site.gateways:
        gateway.start()
    async with stubs_of(site) as stubs:
        project = "raced"
        bound = await stubs[0].EstimateCost(
            pb.EstimateCostRequest(request=request_of("race-10", project, "HOLD"))
        )
        limit = ROOM * bound.cost.nano_usd + bound.cost.nano_usd // 2
        budget = pb.Budget(
            project_id=project, period=pb.BUDGET_PERIOD_TOTAL, limit_nano_usd=limit
        )  # fmt: skip
        await stubs[0].SetBudget(pb.SetBudgetRequest(budget=budget))
        racers = [
            asyncio.ensure_future(
                stubs[number % len(stubs)].Complete(
                    request_of(f"race-{number}", project, "HOLD"), timeout=QUIET_SECONDS
                )
            )
            for number in range(10, 10 + RACERS)
        ]
        refused = 0
        for done in asyncio.as_completed(racers):
            try:
                await done
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    result.broken.append(f"a racer was told {error.code()}: {error.details()}")
                refused += 1
            if refused == RACERS - ROOM:
                (site.folder / "release").touch()
        through = RACERS - refused
        if through != ROOM:
            result.broken.append(f"{through} calls of {RACERS} passed a budget of {ROOM}")
    for gateway in site.gateways:
        gateway.stop()
    result.broken += verified(site.database_url, site.folder)
    result.seconds = time.monotonic() - began
    result.facts = {"ids": RACERS, "heard": through, "settled": through, "refused": refused}
    return result


async def run(kills: int, progress: Progress) -> list[Result]:
    """All parts, one after the other: a fourth of the kills are those of replicas."""
    of_replicas = max(1, kills // 4)
    results = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attune-crash-")))
        folders = [home / name for name in ("one", "two", "three", "server")]
        for folder in folders:
            folder.mkdir()
        one, two, three, of_server = folders
        with provider(one) as url, Site.of(one, f"sqlite:///{one}/gateway.db", url, 1) as site:
            results.append(
                await killed_under_load("one on SQLite", site, kills - of_replicas, progress)
            )
        server = stack.enter_context(postgres_server(of_server))
        with provider(two) as url, Site.of(two, server.database("crash"), url, 2) as site:
            results.append(
                await killed_under_load("two on PostgreSQL", site, of_replicas, progress, server)
            )
        with provider(three) as url, Site.of(three, server.database("race"), url, 2) as site:
            results.append(await raced(site))
    return results


def main() -> int:
    """Runs, and prints a table and the line of figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=200)
    kills = arguments.parse_args().kills
    console = Console(soft_wrap=True)
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        results = asyncio.run(run(kills, progress))
    columns = ("ids", "heard", "given", "settled", "lost", "failed", "refused")
    table = Table("part", "kills", "s", *columns, "broken", box=None)
    for result in results:
        table.add_row(
            result.name, str(result.kills), f"{result.seconds:.0f}",
            *(str(result.facts.get(name, "")) for name in columns), str(len(result.broken)),
        )  # fmt: skip
    console.print(table)
    for result in results:
        for fault in result.broken[:20]:
            console.print(f"{result.name}: {fault}", markup=False)
    broken = sum(len(result.broken) for result in results)
    load = [result.facts for result in results if result.kills]
    console.print(
        f"crash: {sum(result.kills for result in results)} kills, {CALLS} calls under way,"
        f" {_sum(load, 'given'):,} answers given: {_sum(load, 'settled'):,} settled once,"
        f" {_sum(load, 'lost'):,} tries lost; {ROOM} of {RACERS} passed a budget of {ROOM};"
        f" promises broken: {broken}"
    )
    return 1 if broken else 0


def _sum(facts: list[dict[str, int | str]], name: str) -> int:
    return sum(int(each[name]) for each in facts)


if __name__ == "__main__":
    sys.exit(main())
