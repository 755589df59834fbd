"""A project's budget holds for all the services that work for it."""

from __future__ import annotations

import grpc
import pytest
from attune.director.v1 import director_pb2 as director
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from attune.gateway.v1 import gateway_pb2 as pb
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from running_system import RunningSystem

GOAL = "Restore a wooden rowing boat"


def test_who_asks_for_a_plan_hears_which_budget_is_used_up(system: RunningSystem) -> None:
    with (
        grpc.insecure_channel(system.targets["gateway"]) as gateway,
        grpc.insecure_channel(system.targets["director"]) as channel,
    ):
        books, plans = GatewayServiceStub(gateway), DirectorServiceStub(channel)
        budget = pb.Budget(project_id="poor", period=pb.BUDGET_PERIOD_TOTAL, limit_nano_usd=1)
        books.SetBudget(pb.SetBudgetRequest(budget=budget), timeout=10)
        with pytest.raises(grpc.RpcError) as raised:
            plans.CreatePlan(director.CreatePlanRequest(goal=GOAL, project_id="poor"), timeout=60)
        error = raised.value
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "project:poor" in error.details()
        assert dict(error.trailing_metadata())["grpc-retry-pushback-ms"] == "-1"
        failure = error_details_pb2.QuotaFailure()
        assert any(item.Unpack(failure) for item in rpc_status.from_call(error).details)
        assert failure.violations[0].subject == "project:poor"
        spent = books.GetSpend(pb.GetSpendRequest(project_id="poor"), timeout=10)
        assert spent.total.calls == 0
