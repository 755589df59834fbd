"""Hand-written services for the command's tests: in this process, or each as a process.

`python -m services.NAME` finds them when `install` has put them first on PYTHONPATH.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from attune.director.v1 import director_pb2
from attune.director.v1.director_pb2_grpc import (
    DirectorServiceServicer,
    add_DirectorServiceServicer_to_server,
)
from attune.domain.v1 import domain_pb2
from attune.domain.v1.domain_pb2_grpc import (
    DomainServiceServicer,
    add_DomainServiceServicer_to_server,
)
from attune.gateway.v1 import gateway_pb2
from attune.gateway.v1.gateway_pb2_grpc import (
    GatewayServiceServicer,
    add_GatewayServiceServicer_to_server,
)
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from shared.rpc.errors import AttuneError

MOCKED = gateway_pb2.Accounting(
    calls=3,
    attempts=3,
    usage=gateway_pb2.Usage(
        input_tokens=1_234, output_tokens=567, source=gateway_pb2.USAGE_SOURCE_PROVIDER
    ),
    cost=gateway_pb2.Cost(
        nano_usd=0, status=gateway_pb2.COST_STATUS_MOCK, shadow_nano_usd=1_442_500
    ),
    served_by=gateway_pb2.SERVED_BY_MOCK,
)
PROFILE = domain_pb2.DomainProfile(
    domain="strength-training",
    label="Strength training",
    confidence=0.87,
    language="en",
    alternatives=[
        domain_pb2.DomainAlternative(domain="nutrition", label="Nutrition", confidence=0.06)
    ],
    vocabulary=["set", "repetition", "progressive overload"],
    source=domain_pb2.PROFILE_SOURCE_MODEL,
)


def make_plan(request: director_pb2.CreatePlanRequest) -> director_pb2.Plan:
    """A plan of two roles and three tasks."""
    plan = director_pb2.Plan(
        project_id=request.project_id or "p-000000000001",
        goal=request.goal,
        profile=PROFILE,
        accounting=MOCKED,
        degraded=["analyze_goal: the answer was read as fenced (a code fence was removed)"],
    )
    plan.team.add(
        name="Strength coach",
        responsibility="Sets loads, volume and the order of the training blocks",
        skills=["periodisation", "technique", "load management"],
    )
    plan.team.add(
        name="Sports dietitian",
        responsibility="Matches energy and protein to the training blocks",
        skills=["energy balance", "protein timing"],
    )
    titles = ("Assess the athlete", "Lay out three blocks of four weeks", "Match meals to blocks")
    for number, title in enumerate(titles, start=1):
        plan.tasks.add(
            id=f"t{number}",
            title=title,
            description="Write down one-repetition maxima of squat, bench press and deadlift, the"
            " training history, injuries, and the days that are free for training.",
            role=plan.team[number % 2].name,
            depends_on=[f"t{n}" for n in range(1, number)],
            acceptance_criteria=[
                "Each of the three lifts has a tested or estimated maximum with its date",
                "The weekly volume per muscle group is given in sets",
            ],
            deliverable="Assessment sheet",
        )
    return plan


class FakeDirector(DirectorServiceServicer):
    """Answers with a plan, or with `error`; `hold` keeps it from answering at all."""

    def __init__(self) -> None:
        self.requests: list[director_pb2.CreatePlanRequest] = []
        self.error: Exception | None = None
        self.plan: director_pb2.Plan | None = None
        self.hold = False
        self.waiting = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def CreatePlan(self, request, context):  # noqa: N802
        self.requests.append(request)
        if self.hold:
            self.waiting.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        if self.error is not None:
            raise self.error
        return director_pb2.CreatePlanResponse(plan=self.plan or make_plan(request))


class FakeDomain(DomainServiceServicer):
    """The slug is the goal's first word; later goals are answered first."""

    def __init__(self) -> None:
        self.requests: list[domain_pb2.ClassifyDomainRequest] = []
        self.errors: dict[str, AttuneError] = {}
        self.in_flight = 0
        self.most_in_flight = 0
        self.full = asyncio.Event()
        self.wait_for = 0
        self.measured: list[domain_pb2.MeasureLeakageRequest] = []
        self.lexicon = True

    async def ClassifyDomain(self, request, context):  # noqa: N802
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        if self.in_flight >= self.wait_for:
            self.full.set()
        await self.full.wait()
        self.in_flight -= 1
        if request.goal in self.errors:
            raise self.errors[request.goal]
        profile = domain_pb2.DomainProfile()
        profile.CopyFrom(PROFILE)
        profile.domain = request.goal.split()[0].lower()
        accounting = gateway_pb2.Accounting()
        accounting.CopyFrom(MOCKED)
        return domain_pb2.ClassifyDomainResponse(profile=profile, accounting=accounting)

    async def MeasureLeakage(self, request, context):  # noqa: N802
        """Every text with KPI in it leaks."""
        self.measured.append(request)
        report = domain_pb2.LeakageReport(language=request.profile.language)
        for text in request.texts:
            found = report.texts.add()
            if self.lexicon and "KPI" in text:
                found.leaked_terms.add(term="KPI", field="marketing", count=2, written=["KPI"])
        if self.lexicon:
            report.measured = True
            report.leak_rate = sum("KPI" in text for text in request.texts) / len(request.texts)
            report.interval_low, report.interval_high = 0.06, 0.79
            report.distinctive_terms.add(term="squat", z_score=3.5)
        return domain_pb2.MeasureLeakageResponse(report=report)


class FakeGateway(GatewayServiceServicer):
    """Describes a provider and shows books with two projects in them."""

    def __init__(self) -> None:
        self.served_by = gateway_pb2.SERVED_BY_MOCK
        self.spend_requests: list[gateway_pb2.GetSpendRequest] = []
        self.spend = gateway_pb2.GetSpendResponse()
        for project, calls in (("p-000000000001", 6), ("p-000000000002", 3)):
            row = self.spend.rows.add(project_id=project)
            _fill(row, calls)
        _fill(self.spend.total, 9)

    async def DescribeProvider(self, request, context):  # noqa: N802
        return gateway_pb2.DescribeProviderResponse(
            served_by=self.served_by,
            provider="mock",
            endpoint="" if self.served_by == gateway_pb2.SERVED_BY_MOCK else "models.example:443",
            default_model="gpt-5-mini",
        )

    async def GetSpend(self, request, context):  # noqa: N802
        self.spend_requests.append(request)
        return self.spend


def _fill(row: gateway_pb2.SpendRow, calls: int) -> None:
    row.calls = row.attempts = row.call_counts.settled = calls
    row.usage.input_tokens, row.usage.output_tokens = 411 * calls, 189 * calls
    row.cost.nano_usd, row.cost.status = 0, gateway_pb2.COST_STATUS_MOCK
    row.cost.shadow_nano_usd = 480_833 * calls


class Fakes:
    """Three services in this process, and where they are."""

    def __init__(self) -> None:
        self.director, self.domain, self.gateway = FakeDirector(), FakeDomain(), FakeGateway()
        self.targets: dict[str, str] = {}

    def arguments(self) -> list[str]:
        """--target for each."""
        return [part for name, at in self.targets.items() for part in ("--target", f"{name}={at}")]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Fakes]:
        """Serves on free ports until the block ends."""
        async with AsyncExitStack() as stack:
            for name in ("gateway", "domain", "director"):
                servicer = getattr(self, name)
                self.targets[name] = await stack.enter_async_context(serve(name, servicer))
            yield self


def _add(name: str, servicer: object, server: grpc.aio.Server) -> None:
    add = {
        "gateway": add_GatewayServiceServicer_to_server,
        "domain": add_DomainServiceServicer_to_server,
        "director": add_DirectorServiceServicer_to_server,
    }
    if name in add:
        add[name](servicer, server)


@asynccontextmanager
async def serve(name: str, servicer: object = None) -> AsyncIterator[str]:
    """Serves in this process, as every service does; gives the target."""
    # Imported here: services as processes do without, and start in half the time.
    from prometheus_client import CollectorRegistry

    from shared.rpc.server import Served, serving

    full_name = f"attune.{name}.v1.{name.capitalize()}Service"
    served = Served(full_name, lambda server: _add(name, servicer, server), CollectorRegistry())
    async with serving(served, "127.0.0.1", 0, grace=0) as port:
        yield f"127.0.0.1:{port}"


def install(folder: Path) -> dict[str, str]:
    """Puts four services into `folder`; gives the variables with which a command runs them."""
    here = Path(__file__).parent
    for name in ("gateway", "domain", "director", "analyst"):
        package = folder / "services" / name
        package.mkdir(parents=True)
        for each in (package, package.parent):
            (each / "__init__.py").touch()
        (package / "__main__.py").write_text(
            f"import sys\nsys.path += {[str(here), str(here.parents[1])]!r}\n"
            f"from cli_fakes import main\nmain({name!r})\n"
        )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTUNE_")}
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}


def processes_with(mark: str) -> list[str]:
    """Command lines of processes that have `mark` among their variables."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it ended meanwhile, or is another user's
    return [line for line in found if line]


def main(name: str) -> None:
    """A service as a process; FAKE_NAME says how it misbehaves."""
    behaviour, _, argument = os.environ.get(f"FAKE_{name.upper()}", "").partition("=")
    if behaviour == "says":  # what a service writes that cannot start
        sys.stderr.write(f"earlier line\n{argument}\n\n")
        sys.exit(78)
    if behaviour == "port-taken-until" and not Path(argument).exists():
        Path(argument).touch()
        sys.stderr.write(f"attune {name}: cannot listen on 127.0.0.1:1: is another server there?\n")
        sys.exit(78)
    asyncio.run(_main(name, behaviour, argument))


async def _main(name: str, behaviour: str, argument: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    servicer = {"gateway": FakeGateway, "domain": FakeDomain, "director": _director}.get(name)
    fake = servicer() if servicer else None
    if behaviour == "holds-after":
        fake.holds_after = int(argument)
    if behaviour == "dies-when-asked":
        fake.GetSpend = _die
    if behaviour in ("holds", "holds-on"):

        async def hold(request: object, context: object) -> None:
            await _hold(int(argument), behaviour)

        fake.GetSpend = hold
    port = int(os.environ[f"ATTUNE_{name.upper()}_PORT"])
    server = grpc.aio.server()
    _add(name, fake, server)
    watch = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(watch, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await watch.set("", health_pb2.HealthCheckResponse.SERVING)
    sys.stderr.write('{"event": "started"}\n')
    await stop.wait()
    await server.stop(0)


def _director() -> FakeDirector:
    """Its project says which interrupted one it goes on with."""
    # Imported here: they build on the fakes of this file.
    from project_fakes import FakeProjects
    from project_samples import project

    made = FakeProjects(project())
    made.project.degraded[:] = [f"goes on with {os.environ.get('ATTUNE_RESUME_PROJECTS')}"]
    return made


async def _die(request: object, context: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _hold(port: int, behaviour: str) -> None:
    """Tells the test that the call is here, and never answers it."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"asked\n")
    if behaviour == "holds-on":  # though asked to end, which it also tells
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, writer.write, b"SIGTERM\n")
    try:
        await asyncio.Event().wait()
    finally:
        _held.append(writer)  # the connection ends with the process


_held: list[asyncio.StreamWriter] = []
