"""Errors travel as AIP-193 wants them: one ErrorInfo, every field, the right status."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from shared.rpc import errors
from shared.rpc.errors import (
    STATUS_OF,
    AttuneError,
    InvalidArgument,
    ResourceExhausted,
    Violation,
    from_status,
    status_code,
    to_status,
)


def test_every_kind_of_error_has_its_own_status_in_the_one_table() -> None:
    kinds = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and AttuneError in kind.__bases__
    } - {errors.RemoteError}
    assert set(STATUS_OF) == kinds
    assert len(set(STATUS_OF.values())) == len(kinds)


def test_a_subclass_has_the_status_of_its_parent() -> None:
    class NoSeat(errors.NotFound):
        pass

    assert status_code(NoSeat("no seat")) is grpc.StatusCode.NOT_FOUND


def test_every_violated_field_arrives() -> None:
    sent = InvalidArgument([Violation("goal", "is required"), Violation("seed", "is -1")])
    received = from_status(to_status(sent))
    assert received is not None
    assert received.violations == sent.violations
    assert received.reason == "INVALID_ARGUMENT"
    assert received.code is grpc.StatusCode.INVALID_ARGUMENT


def test_there_is_exactly_one_error_info_of_our_domain() -> None:
    status = to_status(errors.NotFound("gone", reason="MODEL_NOT_FOUND", metadata={"model": "m"}))
    infos = [error_details_pb2.ErrorInfo() for _ in status.details]
    assert [detail.Unpack(info) for detail, info in zip(status.details, infos, strict=True)] == [
        True
    ]
    assert (infos[0].domain, infos[0].reason) == ("attune", "MODEL_NOT_FOUND")
    assert infos[0].metadata == {"model": "m"}


def test_an_exhausted_budget_names_every_budget_and_stops_retries() -> None:
    refused = [Violation("project:p", "limit 1"), Violation("agent:a", "limit 2")]
    status = to_status(errors.BudgetExhausted(refused, metadata={"budget": "project:p"}))
    failure = error_details_pb2.QuotaFailure()
    assert any(detail.Unpack(failure) for detail in status.details)
    assert [(item.subject, item.description) for item in failure.violations] == [
        ("project:p", "limit 1"), ("agent:a", "limit 2"),
    ]  # fmt: skip
    assert status_code(errors.BudgetExhausted(refused)) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert errors.trailers(status) == (("grpc-retry-pushback-ms", "-1"),)
    passed_on = from_status(status)
    assert passed_on is not None
    assert errors.trailers(to_status(passed_on)) == errors.trailers(status)
    assert errors.trailers(to_status(ResourceExhausted("slow down", retry_after=1))) == ()


def test_a_limit_says_when_to_come_back() -> None:
    status = to_status(ResourceExhausted("slow down", retry_after=1.25))
    retry = error_details_pb2.RetryInfo()
    assert status.details[1].Unpack(retry)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1.25


def test_an_error_of_another_service_is_passed_on_as_it_came() -> None:
    status = to_status(errors.Unavailable("down", metadata={"service": "gateway"}))
    received = from_status(status)
    assert received is not None
    assert to_status(received) == status


@pytest.mark.parametrize("code", [0, 14, 999])
def test_a_status_of_somebody_else_is_not_taken_for_ours(code: int) -> None:
    assert from_status(status_pb2.Status(code=code, message="?")) is None


def test_a_thousand_faults_still_fit_into_a_trailer() -> None:
    faults = [Violation(f"messages[{number}].content", "是必需的") for number in range(1_000)]
    status = to_status(InvalidArgument(faults))
    assert status.ByteSize() < 5_000
    received = from_status(status)
    assert received is not None
    assert received.violations[0] == faults[0]
    told = len(received.violations) - 1
    assert received.violations[-1].description == f"and {1_000 - told} more faults"
