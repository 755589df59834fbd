"""Serves measurements: off the event loop, with metrics, and never against the wrong field."""

from __future__ import annotations

import asyncio

from attune.domain.v1 import domain_pb2 as pb

from services.domain.leakage.measure import LeakageMeter
from services.domain.metrics import LeakageMetrics
from services.domain.shortlist import Shortlist
from shared.context.profile import PROFILE_CONTRADICTS_GOAL, UNKNOWN_DOMAIN
from shared.rpc.errors import InvalidArgument, Violation

SURE, OUT_OF_THE_QUESTION = 0.95, 0.005
"""A profile contradicts its goal when the shortlist gives another field at least SURE, and
the profile's field and its neighbours together no more than OUT_OF_THE_QUESTION."""


class LeakageService:
    """Measures the texts of checked requests."""

    def __init__(self, meter: LeakageMeter, shortlist: Shortlist, metrics: LeakageMetrics) -> None:
        self._meter = meter
        self._shortlist = shortlist
        self._metrics = metrics

    async def measure(self, request: pb.MeasureLeakageRequest) -> pb.LeakageReport:
        """The report. Raises InvalidArgument when the profile contradicts the goal."""
        report = await asyncio.to_thread(self._measure, request)
        if report.measured:
            leaks = sum(len(text.leaked_terms) for text in report.texts)
            known = self._shortlist.resolve(request.profile.domain)
            domain = known.slug if known else request.profile.domain
            self._metrics.measured(domain, leaks, report.leak_rate)
        return report

    def _measure(self, request: pb.MeasureLeakageRequest) -> pb.LeakageReport:
        profile = request.profile
        if profile.source != pb.PROFILE_SOURCE_CALLER:
            self._refuse_contradiction(request.goal, profile)
        return self._meter.measure(request.goal, profile, request.texts, request.reference_texts)

    def _refuse_contradiction(self, goal: str, profile: pb.DomainProfile) -> None:
        known = self._shortlist.resolve(profile.domain)
        if known is None or known.slug == UNKNOWN_DOMAIN:
            return
        near = self._meter.neighbours.of(known.slug)
        ranked = self._shortlist.rank(goal, k=len(self._shortlist.fields))
        best = ranked[0]
        own = sum(each.share for each in ranked if each.slug in near)
        if best.slug == UNKNOWN_DOMAIN or best.share < SURE or own > OUT_OF_THE_QUESTION:
            return
        raise InvalidArgument(
            [
                Violation(
                    "profile.domain",
                    f"{profile.domain!r} contradicts the goal, which is of {best.slug!r}"
                    f" ({best.share:.0%} sure); classify it, or vouch for the profile with"
                    " source PROFILE_SOURCE_CALLER",
                )
            ],
            reason=PROFILE_CONTRADICTS_GOAL,
        )
