"""`attune spend`: asks the gateway for its books and prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub

from shared.cli.gateway_call import expect, open_gateway
from shared.cli.output import Form, json_text, write_json, write_text
from shared.cli.progress import Progress
from shared.cli.spend_csv import csv_text
from shared.cli.spend_view import print_spend
from shared.cli.system import Targets
from shared.cli.wanted import Wanted
from shared.rpc.deadline import serving_within


@dataclass(frozen=True, slots=True)
class SpendCommand:
    """What was asked for. by: names of columns; filters that are empty match everything.

    first and last: days in UTC, both included.
    """

    by: Sequence[str]
    form: Form
    project_id: str = ""
    agent: str = ""
    purpose: str = ""
    model: str = ""
    first: date | None = None
    last: date | None = None

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
        if self.first is not None:
            request.start_time.FromDatetime(_midnight(self.first))
        if self.last is not None:
            request.end_time.FromDatetime(_midnight(self.last + timedelta(days=1)))
        async with (
            serving_within(wanted.seconds),
            open_gateway(targets) as channel,
        ):
            reply = await GatewayServiceStub(channel).GetSpend(request)
        progress.clear()
        if self.form is Form.JSON:
            write_json(json_text(reply))
            return
        if "day" in self.by:  # days as in a calendar; of one day, the dearest first
            reply.rows.sort(key=lambda row: row.day)
        if self.form is Form.CSV:
            write_text(csv_text(reply, self.by))
        else:
            print_spend(reply, self.by)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
