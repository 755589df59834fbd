"""What a project will cost is a bound and a forecast, both priced by the gateway and not here."""

from __future__ import annotations

import pytest
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from director_house import a_plan, started
from hypothesis import given
from hypothesis import strategies as st

from services.director.estimating import MOST_FILLER, Estimating

INPUT, OUTPUT = 3, 11
"""Nano-USD for a token."""


class FakeGateway:
    """Prices a token of filler as one; remembers what it was asked."""

    def __init__(self, *, unpriced: str = "", rows: list[gateway_pb2.SpendRow] | None = None):
        self.unpriced = unpriced
        self.rows = rows or []
        self.asked: list[gateway_pb2.CompleteRequest] = []

    async def EstimateCost(self, request):  # noqa: N802
        call = request.request
        self.asked.append(call)
        tokens = sum(len(message.content) // 2 for message in call.messages)
        cost = gateway_pb2.Cost(
            nano_usd=INPUT * tokens + OUTPUT * call.max_output_tokens,
            status=gateway_pb2.COST_STATUS_EXACT,
        )
        if call.purpose == self.unpriced:
            cost = gateway_pb2.Cost(status=gateway_pb2.COST_STATUS_UNPRICED, note="no price")
        return gateway_pb2.EstimateCostResponse(
            model=call.model or "m", cost=cost, served_by=gateway_pb2.SERVED_BY_REAL
        )

    async def GetSpend(self, request):  # noqa: N802
        return gateway_pb2.GetSpendResponse(rows=self.rows)


async def estimate(
    request: pb.StartProjectRequest, gateway: FakeGateway | None = None
) -> pb.EstimateProjectResponse:
    return await Estimating(gateway or FakeGateway(), 1_000, 2_000).estimate(request)  # type: ignore[arg-type]


def of_goal(**more: object) -> pb.StartProjectRequest:
    return pb.StartProjectRequest(goal=pb.CreatePlanRequest(goal="Bake bread", **more))


async def test_a_goal_is_planned_and_done_and_each_purpose_has_its_line() -> None:
    found = await estimate(of_goal())
    assert [each.purpose for each in found.purposes] == [
        "classify_domain", "propose_team", "analyze_goal", "reword_tasks", "perform_task",
        "review_deliverable",
    ]  # fmt: skip
    assert found.at_most.nano_usd == sum(each.at_most.nano_usd for each in found.purposes)
    assert 0 < found.probably.nano_usd < found.at_most.nano_usd
    assert found.tasks == 8
    assert "no past calls" in found.basis


async def test_a_plan_that_is_there_is_not_planned_again() -> None:
    found = await estimate(started("p", a_plan(a=[], b=["a"])))
    assert [each.purpose for each in found.purposes] == ["perform_task", "review_deliverable"]
    assert found.purposes[0].calls_at_most == 2 * 2 * 4
    assert found.purposes[0].calls_probably == 2


async def test_without_reviews_none_is_counted() -> None:
    found = await estimate(started("p", a_plan(a=[]), without_reviews=True))
    assert [each.purpose for each in found.purposes] == ["perform_task"]


@given(st.integers(4, 200), st.integers(1, 6))
async def test_capped_calls_bound_the_cost(most: int, tasks: int) -> None:
    plan = a_plan(**{f"t{number}": [] for number in range(tasks)})
    free = await estimate(started("p", plan))
    capped = await estimate(started("p", plan, max_calls=most))
    assert sum(each.calls_at_most for each in capped.purposes) <= most
    assert capped.at_most.nano_usd <= free.at_most.nano_usd


async def test_a_budget_is_the_most_it_can_cost() -> None:
    limits = pb.PlanConstraints(budget_nano_usd=5)
    found = await estimate(of_goal(constraints=limits))
    assert found.at_most.nano_usd == 5
    assert "budget" in found.at_most.note


@pytest.mark.parametrize("purpose", ["analyze_goal", "perform_task"])
async def test_with_one_model_without_a_price_the_whole_is_unknown_and_never_0(
    purpose: str,
) -> None:
    found = await estimate(of_goal(), FakeGateway(unpriced=purpose))
    for cost in (found.at_most, found.probably):
        assert cost.status == gateway_pb2.COST_STATUS_UNPRICED
        assert not cost.HasField("nano_usd")


async def test_past_calls_of_the_same_model_say_what_is_probable() -> None:
    row = gateway_pb2.SpendRow(
        purpose="perform_task", model="m", served_by=gateway_pb2.SERVED_BY_REAL
    )
    row.call_counts.settled = 10
    row.usage.input_tokens, row.usage.output_tokens = 2_000, 5_000
    found = await estimate(started("p", a_plan(a=[])), FakeGateway(rows=[row]))
    assert found.purposes[0].probably.nano_usd == INPUT * 200 + OUTPUT * 500
    assert "10 past calls" in found.basis


async def test_the_longest_prompt_is_asked_for_in_messages_that_the_gateway_takes() -> None:
    gateway = FakeGateway()
    texts = [{"name": f"n{n}", "text": "x" * 100_000} for n in range(5)]
    await estimate(of_goal(context=texts), gateway)
    for call in gateway.asked:
        assert all(len(message.content) <= 2 * MOST_FILLER for message in call.messages)
    planning = [call for call in gateway.asked if call.purpose == "analyze_goal"]
    assert max(sum(len(m.content) for m in call.messages) // 2 for call in planning) > 500_000
