"""Names that callers rely on: every RPC of the contract, as a synchronous client calls it."""

from __future__ import annotations

import grpc
import grpc_testing
import pytest
from attune.analyst.v1 import analyst_pb2, analyst_pb2_grpc
from attune.director.v1 import director_pb2, director_pb2_grpc
from attune.domain.v1 import domain_pb2, domain_pb2_grpc
from attune.gateway.v1 import gateway_pb2, gateway_pb2_grpc

SERVICES = {
    "gateway": (gateway_pb2, gateway_pb2_grpc.GatewayServiceStub),
    "domain": (domain_pb2, domain_pb2_grpc.DomainServiceStub),
    "director": (director_pb2, director_pb2_grpc.DirectorServiceStub),
    "analyst": (analyst_pb2, analyst_pb2_grpc.AnalystServiceStub),
}
RPCS = {
    "gateway": {"Complete", "StreamComplete", "EstimateCost", "ExportCalls", "GetSpend", "DescribeProvider",
                "SetBudget", "GetBudget", "ListBudgets"},
    "domain": {"ClassifyDomain", "MeasureLeakage"},
    "director": {"CreatePlan", "StartProject", "WatchProject", "GetProject", "ListProjects",
                 "CancelProject", "EstimateProject"},
    "analyst": {"AnalyzeGoal", "PerformTask", "ReviewDeliverable"},
}  # fmt: skip
UNARY = [
    (service, rpc)
    for service, rpcs in RPCS.items()
    for rpc in sorted(rpcs - {"StreamComplete", "WatchProject", "ExportCalls"})
]


def descriptor(service: str):
    return SERVICES[service][0].DESCRIPTOR.services_by_name[f"{service.capitalize()}Service"]


@pytest.mark.parametrize("service", RPCS)
def test_the_contract_has_these_rpcs(service: str) -> None:
    described = descriptor(service)
    assert described.full_name == f"attune.{service}.v1.{service.capitalize()}Service"
    assert set(described.methods_by_name) == RPCS[service]


@pytest.mark.parametrize(("service", "rpc"), UNARY)
def test_a_synchronous_client_sends_and_receives_its_messages(service: str, rpc: str) -> None:
    messages, stub = SERVICES[service]
    method = descriptor(service).methods_by_name[rpc]
    request = getattr(messages, f"{rpc}Request")()
    response = getattr(messages, f"{rpc}Response")()
    channel = grpc_testing.channel([descriptor(service)], grpc_testing.strict_real_time())
    answer = getattr(stub(channel), rpc).future(request, timeout=5)
    _, sent, call = channel.take_unary_unary(method)
    assert sent == request
    call.send_initial_metadata(())
    call.terminate(response, (), grpc.StatusCode.OK, "")
    assert answer.result() == response
