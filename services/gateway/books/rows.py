"""Rows of the journal as values, and values as columns."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Row

from services.gateway.calls import FinishReason, ProviderAnswer, ServedBy, Usage, UsageSource
from services.gateway.pricing.cost import Cost, CostStatus
from services.gateway.requests import CallRequest, request_text
from shared.rpc.errors import FailedPrecondition


class State(StrEnum):
    """How a call stands."""

    INTENT = "intent"
    SETTLED = "settled"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Server:
    """Who serves, as the journal names it."""

    served_by: ServedBy
    provider: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer that is paid and on the books. warnings: for whoever asked, in words."""

    call_id: str
    answer: ProviderAnswer
    usage: Usage
    cost: Cost
    attempts: int
    replayed: bool = False
    warnings: tuple[str, ...] = ()


def now_micros() -> int:
    """Microseconds since 1970 in UTC."""
    return time.time_ns() // 1_000


def day_of(micros: int) -> str:
    """The day of a moment, YYYY-MM-DD in UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d")


def intent_columns(server: Server, request: CallRequest, *, keep: bool) -> dict[str, Any]:
    """A call that has begun and has no answer. keep: with what it asks for."""
    return {
        "request_id": request.request_id,
        "body_hash": request.body_hash,
        "project_id": request.project_id,
        "agent": request.agent,
        "purpose": request.purpose,
        "served_by": server.served_by,
        "provider": server.provider,
        "endpoint": server.endpoint,
        "model_asked": request.provider.model,
        "model": request.provider.model,
        "state": State.INTENT,
        "attempts": 1,
        "replays": 0,
        "input_tokens": 0,
        "cached_input_tokens": 0,
        "output_tokens": 0,
        "reasoning_output_tokens": 0,
        "input_audio_tokens": 0,
        "output_audio_tokens": 0,
        "usage_source": "",
        "finish_reason": "",
        "answer_text": "",
        "refusal": "",
        "answer_sha256": "",
        "error_reason": "",
        "request_text": request_text(request.provider) if keep else "",
        "content_kept": keep,
    }


def usage_of(row: Any) -> Usage:
    """The tokens of a row of `calls`."""
    return Usage(
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        reasoning_output_tokens=row.reasoning_output_tokens,
        input_audio_tokens=row.input_audio_tokens,
        output_audio_tokens=row.output_audio_tokens,
        source=UsageSource(row.usage_source),
    )


def usage_columns(usage: Usage) -> dict[str, Any]:
    """Tokens and who counted them."""
    return {
        "input_tokens": usage.input_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_output_tokens": usage.reasoning_output_tokens,
        "input_audio_tokens": usage.input_audio_tokens,
        "output_audio_tokens": usage.output_audio_tokens,
        "usage_source": usage.source,
    }


def answer_columns(answer: ProviderAnswer, usage: Usage, *, keep: bool) -> dict[str, Any]:
    """An answer and its usage. keep: with its text."""
    return {
        "model": answer.model,
        "finish_reason": answer.finish_reason,
        "answer_text": answer.text if keep else "",
        "refusal": answer.refusal if keep else "",
        "answer_sha256": answer_sha256(answer.text, answer.refusal),
        **usage_columns(usage),
    }


def answer_sha256(text: str, refusal: str) -> str:
    """A fingerprint of what a model said: SHA-256 of both as a JSON array, in hex."""
    return hashlib.sha256(json.dumps([text, refusal]).encode()).hexdigest()


def cost_columns(cost: Cost) -> dict[str, Any]:
    """An amount and how sure it is."""
    return {
        "cost_status": cost.status,
        "cost_nano_usd": cost.nano_usd,
        "shadow_nano_usd": cost.shadow_nano_usd,
        "catalogue_version": cost.catalogue_version,
        "cost_note": cost.note,
    }


def settled_of(row: Row[Any]) -> Settled:
    """The answer in a row, given again. Raises FailedPrecondition where it was not kept."""
    if not row.content_kept:
        raise FailedPrecondition(
            "this request_id was answered and paid for, and the journal keeps hashes only or was"
            " pruned: the answer cannot be given again",
            reason="ANSWER_NOT_KEPT",
            metadata={"call_id": row.call_id, "answer_sha256": row.answer_sha256},
        )
    return Settled(
        call_id=row.call_id,
        answer=ProviderAnswer(
            text=row.answer_text,
            model=row.model,
            finish_reason=FinishReason(row.finish_reason),
            usage=None,
            refusal=row.refusal,
        ),
        usage=usage_of(row),
        cost=Cost(
            nano_usd=row.cost_nano_usd,
            status=CostStatus(row.cost_status),
            shadow_nano_usd=row.shadow_nano_usd,
            catalogue_version=row.catalogue_version,
            note=row.cost_note,
        ),
        attempts=row.attempts,
        replayed=True,
    )
