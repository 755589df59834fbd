"""A goal is classified by the model once, whoever asks and in whichever project."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import grpc
from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceStub
from running_system import RunningSystem

CALLERS = 8


def test_the_same_goal_costs_nothing_the_second_time(system: RunningSystem) -> None:
    with grpc.insecure_channel(system.targets["domain"]) as channel:
        stub = DomainServiceStub(channel)
        replies = [
            stub.ClassifyDomain(
                pb.ClassifyDomainRequest(goal="Regild a picture frame", project_id=project),
                timeout=60,
            )
            for project in ("one", "two", "")
        ]
    assert [reply.accounting.calls for reply in replies] == [1, 0, 0]
    assert [reply.accounting.replayed_calls for reply in replies] == [0, 1, 1]
    assert replies[0].accounting.cost.nano_usd > 0
    assert replies[1].accounting.cost.nano_usd == 0
    assert replies[0].profile == replies[1].profile == replies[2].profile


def test_many_who_ask_at_once_pay_for_one_call(system: RunningSystem) -> None:
    with grpc.insecure_channel(system.targets["domain"]) as channel:
        stub = DomainServiceStub(channel)

        def ask(number: int) -> pb.ClassifyDomainResponse:
            request = pb.ClassifyDomainRequest(
                goal="Plait a rush mat", project_id=f"asker-{number}"
            )
            return stub.ClassifyDomain(request, timeout=60)

        with ThreadPoolExecutor(CALLERS) as pool:
            replies = list(pool.map(ask, range(CALLERS)))
    assert sum(reply.accounting.calls for reply in replies) == 1
    assert sum(reply.accounting.replayed_calls for reply in replies) == CALLERS - 1
    assert len({reply.profile.domain for reply in replies}) == 1
