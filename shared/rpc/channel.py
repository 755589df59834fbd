"""Channels to other services: deadlines are handed on, errors arrive as ours."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import structlog
from grpc_status import rpc_status

from shared.rpc.deadline import remaining
from shared.rpc.errors import (
    AttuneError,
    DeadlineExceeded,
    Internal,
    Unavailable,
    from_status,
)

_log = structlog.get_logger()

MAX_MESSAGE_BYTES = 32 * 1024 * 1024

CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.enable_retries", 0),  # a call that costs money is retried by who keeps its id
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


def open_channel(service: str, target: str, bearer: str = "") -> grpc.aio.Channel:
    """A channel to `service` at `target` (HOST:PORT). bearer: a token that calls show.

    Calls on it have at most what is left of the deadline of the call being served, and
    raise AttuneError: RemoteError as the service sent it, Unavailable when it is down.
    """
    return grpc.aio.insecure_channel(
        target,
        options=CHANNEL_OPTIONS,
        interceptors=[
            _Onward(service, target, bearer),
            _OnwardStream(service, target, bearer),
        ],
    )


class _Callee:
    """The service at the other end."""

    def __init__(self, service: str, target: str, bearer: str) -> None:
        self._service = service
        self._target = target
        self._shown = (("authorization", f"Bearer {bearer}"),) if bearer else ()

    def _onward(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        left = remaining()
        timeout = left if details.timeout is None else min(details.timeout, left)
        if timeout <= 0:
            raise DeadlineExceeded(f"no time was left to ask the {self._service} service")
        return grpc.aio.ClientCallDetails(
            method=details.method,
            timeout=timeout,
            metadata=grpc.aio.Metadata(*(details.metadata or ()), *self._shown),
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
        )

    def _ours(self, error: grpc.aio.AioRpcError) -> AttuneError:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
        sent = from_status(status) if status is not None else None
        if sent is not None:
            return sent
        where = {"service": self._service}
        # CANCELLED, when it was not us: the service is going down.
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            return Unavailable(
                f"the {self._service} service cannot be reached at {self._target}",
                reason="SERVICE_UNAVAILABLE",
                metadata=where,
            )
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded(
                f"the {self._service} service did not answer in time", metadata=where
            )
        error_id = secrets.token_hex(8)
        _log.error(
            "unexpected_status", error_id=error_id, code=error.code().name,
            details=error.details(), **where,
        )  # fmt: skip
        return Internal(
            f"the {self._service} service answered {error.code().name};"
            f" this service's log has it under {error_id}",
            reason="UNEXPECTED_STATUS",
            metadata={**where, "code": error.code().name, "error_id": error_id},
        )


class _Onward(_Callee, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        details = self._onward(client_call_details)
        try:
            # Awaited here, so that a failure is translated before the caller sees it.
            call = await continuation(details, request)
            await call
        except grpc.aio.AioRpcError as error:
            raise self._ours(error) from error
        return call


class _OnwardStream(_Callee, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        call = await continuation(self._onward(client_call_details), request)
        return self._responses(call)

    async def _responses(self, call: Any) -> AsyncIterator[Any]:
        try:
            async for response in call:
                yield response
        except grpc.aio.AioRpcError as error:
            raise self._ours(error) from error
        finally:
            call.cancel()  # of no effect on a call that has ended
