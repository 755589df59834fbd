"""`attune spend`: asks the gateway for its books and prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from shared.cli.gateway_call import expect, open_gateway
from shared.cli.output import json_text, write_json
from shared.cli.progress import Progress
from shared.cli.spend_view import print_spend
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.deadline import serving_within


@dataclass(frozen=True, slots=True)
class SpendCommand:
    """What was asked for. by: names of columns; filters that are empty match everything."""

    by: Sequence[str]
    as_json: bool
    project_id: str = ""
    agent: str = ""
    purpose: str = ""
    model: str = ""

    async def run(self, wanted: Wanted, progress: Progress, targets: Targets) -> None:
        """Prints the sums. Raises AttuneError, TimeoutError, Stop."""
        await expect(wanted, targets)
        progress.waiting("Asking the gateway for its books")
        request = pb.GetSpendRequest(
            project_id=self.project_id,
            agent=self.agent,
            purpose=self.purpose,
            model=self.model,
            group_by=[pb.SpendGroup.Value(f"SPEND_GROUP_{name.upper()}") for name in self.by],
        )
        async with (
            serving_within(wanted.seconds),
            open_gateway(targets) as channel,
        ):
            reply = await GatewayServiceStub(channel).GetSpend(request)
        progress.clear()
        if self.as_json:
            write_json(json_text(reply))
        else:
            print_spend(reply, self.by)
