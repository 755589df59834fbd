"""What happens around every call that a service serves: deadline, errors, log, metrics."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, NoReturn

import grpc
import structlog
from google.protobuf.message import Message
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry, Counter, Histogram

from shared.rpc.deadline import DEFAULT_SECONDS, serving_within
from shared.rpc.errors import (
    AttuneError,
    DeadlineExceeded,
    Internal,
    Unimplemented,
    status_code,
    to_status,
    trailers,
)
from shared.rpc.wire import Unreadable, reading

_log = structlog.get_logger()
_UNOBSERVED = ("/grpc.health.", "/grpc.reflection.")


class ServerMetrics:
    """How often each method was called, how it ended and how long it took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "attune_rpc_calls", "Calls served, by method and status.", ["method", "code"],
            registry=registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "attune_rpc_duration_seconds", "Time to serve a call.", ["method"], registry=registry
        )


class ServingInterceptor(grpc.aio.ServerInterceptor):
    """Wraps every handler of ours; health and reflection pass untouched."""

    def __init__(self, metrics: ServerMetrics, seconds: Mapping[str, float]) -> None:
        self._metrics = metrics
        self._seconds = seconds

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Called by gRPC once per call."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(_UNOBSERVED):
            return handler
        parse = handler.request_deserializer
        request_type = getattr(parse, "__self__", None)
        if isinstance(request_type, type) and issubclass(request_type, Message):
            parse = reading(request_type)
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(method, handler.unary_unary),
                request_deserializer=parse,
                response_serializer=handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream),
                request_deserializer=parse,
                response_serializer=handler.response_serializer,
            )
        return handler

    def _unary(self, method: str, inner: Any) -> Any:
        default = self._default(method)

        async def handle(request: object, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            call = _ServedCall(method, context, self._metrics)
            try:
                async with call.within_deadline(default):
                    call.refuse_unreadable(request)
                    response = await inner(request, context)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 the last stop
                await call.fail(error)
            call.end(grpc.StatusCode.OK)
            return response

        return handle

    def _stream(self, method: str, inner: Any) -> Any:
        default = self._default(method)

        # Written rather than yielded: so a caller who leaves is heard of here, at once.
        async def handle(request: object, context: grpc.aio.ServicerContext[Any, Any]) -> None:
            call = _ServedCall(method, context, self._metrics)
            try:
                async with (
                    call.within_deadline(default),
                    aclosing(inner(request, context)) as responses,
                ):
                    call.refuse_unreadable(request)
                    async for response in responses:
                        await context.write(response)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 the last stop
                await call.fail(error)
            call.end(grpc.StatusCode.OK)

        return handle

    def _default(self, method: str) -> float:
        return self._seconds.get(method.rpartition("/")[2], DEFAULT_SECONDS)


class _ServedCall:
    """One call from its arrival to its end."""

    def __init__(
        self, method: str, context: grpc.aio.ServicerContext[Any, Any], metrics: ServerMetrics
    ) -> None:
        self._method = method
        self._context = context
        self._metrics = metrics
        self._began = time.perf_counter()

    def within_deadline(self, default: float) -> AbstractAsyncContextManager[None]:
        left = self._context.time_remaining()
        return serving_within(default if left is None else left)

    @staticmethod
    def refuse_unreadable(request: object) -> None:
        if isinstance(request, Unreadable):
            raise request.error

    def end(self, code: grpc.StatusCode, **more: str) -> None:
        seconds = time.perf_counter() - self._began
        self._metrics.calls.labels(self._method, code.name).inc()
        self._metrics.seconds.labels(self._method).observe(seconds)
        _log.info(
            "rpc", method=self._method, code=code.name, duration_ms=round(seconds * 1e3, 1), **more
        )

    async def fail(self, error: BaseException) -> NoReturn:
        if isinstance(error, asyncio.CancelledError):
            self.end(grpc.StatusCode.CANCELLED)
            raise error
        told = _told_to_caller(error, self._method)
        self.end(status_code(told), reason=told.reason)
        status = to_status(told)
        rich = rpc_status.to_status(status)
        metadata = (*rich.trailing_metadata, *trailers(status))
        await self._context.abort(rich.code, rich.details, metadata)
        raise AssertionError("abort raises")


def _told_to_caller(error: BaseException, method: str) -> AttuneError:
    """What the caller hears; an error that nobody foresaw keeps its text in the log."""
    if isinstance(error, AttuneError):
        return error
    if isinstance(error, TimeoutError):
        return DeadlineExceeded("the deadline passed before the work was done")
    if isinstance(error, NotImplementedError):
        return Unimplemented(f"{method} is not served by this version")
    error_id = secrets.token_hex(8)
    _log.error("unforeseen", error_id=error_id, method=method, exc_info=error)
    return Internal(
        f"an unforeseen error; the service's log has it under {error_id}",
        metadata={"error_id": error_id},
    )
