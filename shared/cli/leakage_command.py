"""`attune leakage`: finds a goal's field, then the words of other fields in its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub

from shared.cli.cost_view import models_of
from shared.cli.gateway_call import describe_or_none, expect
from shared.cli.leakage_view import print_leakage
from shared.cli.output import json_text, write_json
from shared.cli.progress import Progress
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.channel import open_channel
from shared.rpc.deadline import serving_within

_PURPOSE = "classify_domain"


@dataclass(frozen=True, slots=True)
class LeakageCommand:
    """What was asked for. domain: imposes a field; empty: it is found from the goal."""

    goal: str
    texts: Sequence[str]
    reference: Sequence[str]
    as_json: bool
    domain: str = ""
    language: str = ""
    project_id: str = ""
    model: str = ""

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Prints the report. Raises AttuneError, TimeoutError, Stop."""
        await expect(wanted, targets)
        async with (
            serving_within(wanted.seconds),
            open_channel("domain", targets["domain"]) as channel,
        ):
            stub = DomainServiceStub(channel)
            progress.waiting("Asking the domain service for the field")
            found = await stub.ClassifyDomain(
                pb.ClassifyDomainRequest(
                    goal=self.goal,
                    domain=self.domain,
                    language=self.language,
                    project_id=self.project_id,
                    model=self.model,
                )
            )
            progress.waiting(f"Measuring {len(self.texts):,} texts")
            measured = await stub.MeasureLeakage(
                pb.MeasureLeakageRequest(
                    goal=self.goal,
                    profile=found.profile,
                    texts=self.texts,
                    reference_texts=self.reference,
                )
            )
        if self.as_json:
            progress.clear()
            write_json(json_text(measured.report))
            return
        provider = await describe_or_none(targets)
        progress.clear()
        print_leakage(
            self.texts,
            found,
            measured.report,
            models_of(provider, [_PURPOSE], {_PURPOSE: self.model}),
        )
