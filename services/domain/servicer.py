"""The domain service's RPCs: messages in, messages out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceServicer

from services.domain.classifier import Classifier, slug_of
from services.domain.leakage.service import LeakageService
from shared.context.language import is_language_tag
from shared.rpc.checks import (
    MAX_GOAL_CHARACTERS,
    MAX_NAME_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    MAX_TEXT_CHARACTERS_IN_ALL,
    MAX_TEXTS,
    RequestChecks,
    check_goal,
)

MAX_TERMS = 200


class DomainServicer(DomainServiceServicer):
    """Serves ClassifyDomain and MeasureLeakage."""

    def __init__(self, classifier: Classifier, leakage: LeakageService) -> None:
        self._classifier = classifier
        self._leakage = leakage

    async def ClassifyDomain(
        self, request: pb.ClassifyDomainRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ClassifyDomainResponse:
        """A goal's field."""
        _check_classify(request)
        return await self._classifier.classify(request)

    async def MeasureLeakage(
        self, request: pb.MeasureLeakageRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.MeasureLeakageResponse:
        """The foreign terms of texts."""
        _check_measure(request)
        return pb.MeasureLeakageResponse(report=await self._leakage.measure(request))


def _check_classify(request: pb.ClassifyDomainRequest) -> None:
    checks = RequestChecks()
    check_goal(checks, request.goal, request.context)
    _check_language(checks, "language", request.language)
    checks.text("project_id", request.project_id, most=MAX_NAME_CHARACTERS)
    checks.text("model", request.model, most=MAX_NAME_CHARACTERS)
    checks.text("domain", request.domain, most=100)
    if request.domain and not slug_of(request.domain):
        checks.fault("domain", "has neither letters nor digits")
    checks.done()


def _check_measure(request: pb.MeasureLeakageRequest) -> None:
    checks = RequestChecks()
    checks.text("goal", request.goal, most=MAX_GOAL_CHARACTERS, required=True)
    profile = request.profile
    checks.text("profile.domain", profile.domain, most=100, required=True)
    checks.text("profile.label", profile.label, most=MAX_NAME_CHARACTERS)
    checks.text("profile.local_label", profile.local_label, most=MAX_NAME_CHARACTERS)
    _check_language(checks, "profile.language", profile.language)
    checks.number("profile.confidence", profile.confidence, least=0, most=1)
    for name, terms in (("vocabulary", profile.vocabulary), ("avoid", profile.avoid)):
        checks.count(f"profile.{name}", terms, most=MAX_TERMS)
        for index, term in enumerate(terms[:MAX_TERMS]):
            checks.text(f"profile.{name}[{index}]", term, most=100)
    checks.count("profile.alternatives", profile.alternatives, most=MAX_TERMS)
    for index, other in enumerate(profile.alternatives[:MAX_TERMS]):
        where = f"profile.alternatives[{index}]"
        checks.text(f"{where}.domain", other.domain, most=100)
        checks.number(f"{where}.confidence", other.confidence, least=0, most=1)
    _check_texts(checks, "texts", request.texts, least=1)
    _check_texts(checks, "reference_texts", request.reference_texts, least=0)
    checks.done()


def _check_language(checks: RequestChecks, field: str, tag: str) -> None:
    if tag and not is_language_tag(tag):
        checks.fault(field, f"{tag[:40]!r} is no language tag of BCP 47's registry")


def _check_texts(checks: RequestChecks, field: str, texts: Sequence[str], least: int) -> None:
    checks.count(field, texts, least=least, most=MAX_TEXTS)
    for index, text in enumerate(texts[:MAX_TEXTS]):
        checks.text(f"{field}[{index}]", text, most=MAX_TEXT_CHARACTERS, required=True)
    if (in_all := sum(map(len, texts))) > MAX_TEXT_CHARACTERS_IN_ALL:
        most = f"{MAX_TEXT_CHARACTERS_IN_ALL:,}"
        checks.fault(field, f"has {in_all:,} characters in all; at most {most} are allowed")
