"""The incident on the mock: the old prompt gives another field's jargon, the built one none."""

from __future__ import annotations

import pytest
from attune.domain.v1 import domain_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from incident_prompts import ARMS, GOALS, MARKETING, messages

from services.domain.leakage.measure import LeakageMeter
from services.domain.shortlist import Shortlist
from services.gateway.calls import Message, ProviderRequest, Role
from services.gateway.mock.provider import MockProvider

ROLES = {gateway_pb2.ROLE_SYSTEM: Role.SYSTEM, gateway_pb2.ROLE_USER: Role.USER}


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("arm", ARMS)
async def test_only_the_marketing_examples_make_answers_leak(
    goal: str, arm: str, shortlist: Shortlist, meter: LeakageMeter
) -> None:
    field = shortlist.field(GOALS[goal])
    assert field is not None
    profile = pb.DomainProfile(
        domain=field.slug, label=field.label, vocabulary=field.vocabulary, language="en"
    )
    told = [Message(ROLES[each.role], each.content) for each in messages(arm, goal, profile)]
    answer = await MockProvider().complete(ProviderRequest(tuple(told), "mock"))
    report = meter.measure(goal, profile, [answer.text])
    assert report.measured
    assert bool(report.texts[0].leaked_terms) == (arm == MARKETING), answer.text
