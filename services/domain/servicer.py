"""The domain service's RPCs: messages in, messages out."""

from __future__ import annotations

from typing import Any

import grpc
from attune.domain.v1 import domain_pb2 as pb
from attune.domain.v1.domain_pb2_grpc import DomainServiceServicer

from services.domain.classifier import Classifier, slug_of
from shared.context.language import is_language_tag
from shared.rpc.checks import MAX_NAME_CHARACTERS, RequestChecks, check_goal


class DomainServicer(DomainServiceServicer):
    """Serves ClassifyDomain."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    async def ClassifyDomain(
        self, request: pb.ClassifyDomainRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ClassifyDomainResponse:
        """A goal's field."""
        _check(request)
        return await self._classifier.classify(request)


def _check(request: pb.ClassifyDomainRequest) -> None:
    checks = RequestChecks()
    check_goal(checks, request.goal, request.context)
    if request.language and not is_language_tag(request.language):
        checks.fault("language", f"{request.language[:40]!r} is no BCP 47 tag")
    checks.text("project_id", request.project_id, most=MAX_NAME_CHARACTERS)
    checks.text("model", request.model, most=MAX_NAME_CHARACTERS)
    checks.text("domain", request.domain, most=100)
    if request.domain and not slug_of(request.domain):
        checks.fault("domain", "has neither letters nor digits")
    checks.done()
