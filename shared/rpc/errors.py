"""Every error that a caller may see, and its gRPC status.

    AttuneError
    |-- InvalidArgument       the request breaks a rule; every violated field is named
    |-- NotFound              a thing that the request names does not exist
    |-- AlreadyExists         the id was used for something else
    |-- OutOfRange            the request asks for what is not there yet
    |-- Aborted               something is in the way now; the same call may pass later
    |-- Unauthenticated       nobody knows who is calling
    |-- FailedPrecondition    someone must act before this call can succeed
    |-- ResourceExhausted     a limit is reached; it may say when to come back
    |   `-- BudgetExhausted   a budget has no room for the call; coming back does not help
    |-- Unavailable           a part that is needed is down; try again
    |-- DeadlineExceeded      the time is up
    |-- Unimplemented         the contract has it, this version does not
    |-- Internal              nobody foresaw it; an id leads to the log
    `-- RemoteError           another service's error, passed on as it came

They follow AIP-193: https://google.aip.dev/193
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

DOMAIN = "attune"
"""The `domain` of every ErrorInfo."""

# gRPC puts a status into a trailer twice (percent-encoded text, base64 details), and its
# clients refuse trailers of more than 8 kB: RESOURCE_EXHAUSTED would hide the error.
MAX_MESSAGE_BYTES = 600
MAX_DETAIL_BYTES = 3_000


Detail = error_details_pb2.BadRequest | error_details_pb2.RetryInfo | error_details_pb2.QuotaFailure


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that a request breaks: the field's path, and what is wrong with it."""

    field: str
    description: str


class AttuneError(Exception):
    """An error with a reason for programs and a message for people.

    reason: UPPER_SNAKE_CASE, stable. metadata: facts a program may use; never a
    secret, never the text of a prompt.
    """

    default_reason = "UNKNOWN"

    def __init__(
        self, message: str, *, reason: str = "", metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata = dict(metadata or {})

    def annotate(self, facts: Mapping[str, str]) -> None:
        """Adds to the metadata, in the place of what is there under the same names."""
        self.metadata.update(facts)

    def details(self) -> Sequence[Detail]:
        """Details beside the ErrorInfo."""
        return ()


class InvalidArgument(AttuneError):
    """The request breaks rules; `violations` has all of them."""

    default_reason = "INVALID_ARGUMENT"

    def __init__(
        self,
        violations: Sequence[Violation],
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        listed = "; ".join(f"{item.field}: {item.description}" for item in violations)
        super().__init__(listed, reason=reason, metadata=metadata)
        self.violations = tuple(violations)

    def details(self) -> Sequence[Detail]:
        """One BadRequest that names every field, as far as a trailer has room."""
        bad = error_details_pb2.BadRequest()
        room = MAX_DETAIL_BYTES
        for number, item in enumerate(self.violations):
            room -= len(item.field.encode()) + len(item.description.encode()) + 8
            if room < 0:
                more = f"and {len(self.violations) - number} more faults"
                bad.field_violations.add(description=more)
                break
            bad.field_violations.add(field=item.field, description=item.description)
        return (bad,)


class NotFound(AttuneError):
    """A thing that the request names does not exist."""

    default_reason = "NOT_FOUND"


class AlreadyExists(AttuneError):
    """The id was used for something else."""

    default_reason = "ALREADY_EXISTS"


class OutOfRange(AttuneError):
    """The request asks for what is not there yet."""

    default_reason = "OUT_OF_RANGE"


class Aborted(AttuneError):
    """Something is in the way now; the same call may pass later."""

    default_reason = "ABORTED"


class Unauthenticated(AttuneError):
    """Nobody knows who is calling."""

    default_reason = "UNAUTHENTICATED"


class FailedPrecondition(AttuneError):
    """Someone must act before this call can succeed."""

    default_reason = "FAILED_PRECONDITION"


class ResourceExhausted(AttuneError):
    """A limit is reached. retry_after: seconds until it may pass, None when unknown."""

    default_reason = "RESOURCE_EXHAUSTED"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, reason=reason, metadata=metadata)
        self.retry_after = retry_after

    def details(self) -> Sequence[Detail]:
        """A RetryInfo where the time is known."""
        if self.retry_after is None:
            return ()
        delay = Duration()
        delay.FromNanoseconds(round(self.retry_after * 1e9))
        return (error_details_pb2.RetryInfo(retry_delay=delay),)


class BudgetExhausted(ResourceExhausted):
    """A budget has no room for the call; asking again does not help.

    violations: a budget (as "project:NAME" or "agent:NAME") and what it has left, for each
    that refuses.
    """

    default_reason = "BUDGET_EXHAUSTED"

    def __init__(
        self, violations: Sequence[Violation], *, metadata: Mapping[str, str] | None = None
    ) -> None:
        listed = "; ".join(f"{item.field}: {item.description}" for item in violations)
        super().__init__(listed, metadata=metadata)
        self.violations = tuple(violations)

    def details(self) -> Sequence[Detail]:
        """A QuotaFailure that names every budget."""
        failure = error_details_pb2.QuotaFailure()
        for item in self.violations:
            failure.violations.add(subject=item.field, description=item.description)
        return (failure,)


class Unavailable(AttuneError):
    """A part that is needed is down."""

    default_reason = "UNAVAILABLE"


class DeadlineExceeded(AttuneError):
    """The time is up."""

    default_reason = "DEADLINE_EXCEEDED"


class Unimplemented(AttuneError):
    """The contract has it, this version does not."""

    default_reason = "UNIMPLEMENTED"


class Internal(AttuneError):
    """Nobody foresaw it; metadata["error_id"] leads to the log."""

    default_reason = "INTERNAL"


class RemoteError(AttuneError):
    """Another service's error, passed on as it came."""

    def __init__(self, status: status_pb2.Status, info: error_details_pb2.ErrorInfo) -> None:
        super().__init__(status.message, reason=info.reason, metadata=dict(info.metadata))
        self.status = status

    def annotate(self, facts: Mapping[str, str]) -> None:
        """The same, in the status that is passed on."""
        super().annotate(facts)
        info = error_details_pb2.ErrorInfo()
        for detail in self.status.details:
            if detail.Unpack(info):
                info.metadata.update(facts)
                detail.Pack(info)

    @property
    def code(self) -> grpc.StatusCode:
        """The status code that the other service gave."""
        return CODE_BY_NUMBER[self.status.code]

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The violated fields, where the error names any."""
        bad = error_details_pb2.BadRequest()
        for detail in self.status.details:
            if detail.Unpack(bad):
                return tuple(Violation(v.field, v.description) for v in bad.field_violations)
        return ()


STATUS_OF: Mapping[type[AttuneError], grpc.StatusCode] = {
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    OutOfRange: grpc.StatusCode.OUT_OF_RANGE,
    Aborted: grpc.StatusCode.ABORTED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
    Internal: grpc.StatusCode.INTERNAL,
}
"""The one table from our errors to gRPC statuses."""

CODE_BY_NUMBER: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def status_code(error: AttuneError) -> grpc.StatusCode:
    """The gRPC status of an error; subclasses have their parent's."""
    if isinstance(error, RemoteError):
        return error.code
    for kind in type(error).__mro__:
        if kind in STATUS_OF:
            return STATUS_OF[kind]
    return grpc.StatusCode.INTERNAL


def to_status(error: AttuneError) -> status_pb2.Status:
    """The google.rpc.Status of an error, with exactly one ErrorInfo."""
    if isinstance(error, RemoteError):
        return error.status
    number: int = status_code(error).value[0]
    status = status_pb2.Status(code=number, message=_shortened(error.message))
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    for detail in (info, *error.details()):
        packed = AnyProto()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def trailers(status: status_pb2.Status) -> tuple[tuple[str, str], ...]:
    """What goes out beside a status.

    gRPC clients that retry by themselves stop at a negative pushback, as gRFC A6 has it:
    https://github.com/grpc/proposal/blob/master/A6-client-retries.md
    """
    failure = error_details_pb2.QuotaFailure()
    spent = any(detail.Unpack(failure) for detail in status.details)
    return (("grpc-retry-pushback-ms", "-1"),) if spent else ()


def from_status(status: status_pb2.Status) -> RemoteError | None:
    """The error in a status that one of our services sent; None for any other's."""
    if status.code == code_pb2.OK or status.code not in CODE_BY_NUMBER:
        return None
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info) and info.domain == DOMAIN:
            return RemoteError(status, info)
    return None


def retry_after(error: AttuneError) -> float | None:
    """Seconds that the error asks to wait, where it says so."""
    if isinstance(error, ResourceExhausted):
        return error.retry_after
    retry = error_details_pb2.RetryInfo()
    details = error.status.details if isinstance(error, RemoteError) else ()
    for detail in details:
        if detail.Unpack(retry):
            return float(retry.retry_delay.ToTimedelta().total_seconds())
    return None


def _shortened(message: str) -> str:
    if len(message.encode()) <= MAX_MESSAGE_BYTES:
        return message
    return message.encode()[: MAX_MESSAGE_BYTES - 3].decode(errors="ignore") + "..."
