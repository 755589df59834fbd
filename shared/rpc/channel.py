"""Channels to other services: deadlines are handed on, errors arrive as ours."""

from __future__ import annotations

import secrets
from collections.abc import Callable
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


def open_channel(service: str, target: str) -> grpc.aio.Channel:
    """A channel to `service` at `target` (HOST:PORT).

    Calls on it have at most what is left of the deadline of the call being served, and
    raise AttuneError: RemoteError as the service sent it, Unavailable when it is down.
    """
    return grpc.aio.insecure_channel(
        target, options=CHANNEL_OPTIONS, interceptors=[_Onward(service, target)]
    )


class _Onward(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, service: str, target: str) -> None:
        self._service = service
        self._target = target

    async def intercept_unary_unary(
        self,
        continuation: Callable[[grpc.aio.ClientCallDetails, Any], Any],
        client_call_details: grpc.aio.ClientCallDetails,
        request: Any,
    ) -> Any:
        left = remaining()
        asked = client_call_details.timeout
        timeout = left if asked is None else min(asked, left)
        if timeout <= 0:
            raise DeadlineExceeded(f"no time was left to ask the {self._service} service")
        details = grpc.aio.ClientCallDetails(
            method=client_call_details.method,
            timeout=timeout,
            metadata=client_call_details.metadata,
            credentials=client_call_details.credentials,
            wait_for_ready=client_call_details.wait_for_ready,
        )
        try:
            # Awaited here, so that a failure is translated before the caller sees it.
            call = await continuation(details, request)
            await call
        except grpc.aio.AioRpcError as error:
            raise self._ours(error) from error
        return call

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
