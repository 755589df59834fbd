"""Metrics of model calls. Every name is here; every label is from a closed set.

The gen_ai_* histograms follow the OpenTelemetry GenAI semantic conventions:
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
"""

from __future__ import annotations

from collections.abc import Callable, Set

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.gateway.asking.paid_call import CallEnded
from services.gateway.books.rows import Server, State
from services.gateway.pricing.cost import CostStatus
from shared.context.templates import TEMPLATES

OTHER = "other"
AGENTS = frozenset({"domain", "director", "analyst"})
PURPOSES = frozenset(TEMPLATES)
# The buckets that the conventions name, in tokens and in seconds.
TOKEN_BUCKETS = tuple(float(4**power) for power in range(14))
SECOND_BUCKETS = tuple(0.01 * 2**power for power in range(14))

_log = structlog.get_logger()


class CallMetrics:
    """Counts calls, tokens and money.

    model_label: the label of a model from a closed set, None for one outside of it.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        server: Server,
        model_label: Callable[[str], str | None],
    ) -> None:
        self._served_by = server.served_by.value
        self._provider = server.provider
        self._model_label = model_label
        who = ["agent", "purpose", "model", "served_by"]
        self._cost = Counter(
            "attune_llm_cost_usd", "Money spent on model calls, in US dollars; calls without a"
            " known price are not in it.", who, registry=registry,
        )  # fmt: skip
        self._calls = Counter(
            "attune_llm_calls", "Model calls by outcome (settled, failed, lost, replayed).",
            [*who, "outcome"], registry=registry,
        )  # fmt: skip
        self._unpriced = Counter(
            "attune_llm_unpriced_calls", "Model calls whose cost is not known.", who,
            registry=registry,
        )  # fmt: skip
        self._tokens = Counter(
            "attune_llm_tokens", "Tokens by type; those that are cached, of reasoning or of audio"
            " are parts of input and output.", [*who, "token_type"], registry=registry,
        )  # fmt: skip
        self._tries = Counter(
            "attune_llm_attempts", "Tries at the provider; a call may need several.", who,
            registry=registry,
        )  # fmt: skip
        self._over_bound = Counter(
            "attune_llm_cost_over_bound_usd", "Money that providers took beyond the most that"
            " calls were reserved at, in US dollars; 0 unless a provider counts more tokens than"
            " there are.", who, registry=registry,
        )  # fmt: skip
        self._past_soft_limit = Counter(
            "attune_budget_warned_calls", "Calls that began after a budget's soft limit was"
            " passed.", who, registry=registry,
        )  # fmt: skip
        spec = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model",
                "gen_ai_response_model"]  # fmt: skip
        self._usage = Histogram(
            "gen_ai_client_token_usage", "Tokens per call (gen_ai.client.token.usage).",
            [*spec, "gen_ai_token_type"], buckets=TOKEN_BUCKETS, registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "gen_ai_client_operation_duration_seconds",
            "Seconds per call (gen_ai.client.operation.duration).",
            [*spec, "error_type"], buckets=SECOND_BUCKETS, registry=registry,
        )  # fmt: skip

    def call_ended(self, event: CallEnded) -> None:
        """Counts one call; a replay costs nothing and is only counted as one."""
        asked = event.request.provider.model
        answered = event.answer.model if event.answer else asked
        labels = (
            _closed(event.request.agent, AGENTS),
            _closed(event.request.purpose, PURPOSES),
            self._model_label(answered) or OTHER,
            self._served_by,
        )
        outcome = "replayed" if event.replayed else event.state.value
        self._calls.labels(*labels, outcome).inc()
        if event.replayed:
            return
        if event.cost.status is CostStatus.UNPRICED:
            self._unpriced.labels(*labels).inc()
        self._tries.labels(*labels).inc(event.tries)
        self._over_bound.labels(*labels).inc(event.over_bound / 1e9)
        self._past_soft_limit.labels(*labels).inc(bool(event.warned))
        self._cost.labels(*labels).inc((event.cost.nano_usd or 0) / 1e9)
        spec = ("chat", self._provider, self._model_label(asked) or OTHER, labels[2])
        self._seconds.labels(*spec, _error_type(event)).observe(event.seconds)
        if event.usage is not None:
            self._count_tokens(event, labels, spec)

    def _count_tokens(
        self, event: CallEnded, labels: tuple[str, ...], spec: tuple[str, ...]
    ) -> None:
        usage = event.usage
        if usage is None:
            return
        for token_type, count in (
            ("input", usage.input_tokens),
            ("output", usage.output_tokens),
            ("input_cached", usage.cached_input_tokens),
            ("output_reasoning", usage.reasoning_output_tokens),
            ("input_audio", usage.input_audio_tokens),
            ("output_audio", usage.output_audio_tokens),
        ):
            self._tokens.labels(*labels, token_type).inc(count)
        self._usage.labels(*spec, "input").observe(usage.input_tokens)
        self._usage.labels(*spec, "output").observe(usage.output_tokens)


class CallLog:
    """One log line per call, with what the journal has of it but no content."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def call_ended(self, event: CallEnded) -> None:
        """Writes the line."""
        request, usage, cost = event.request, event.usage, event.cost
        _log.info(
            "model_call",
            call_id=event.call_id,
            request_id=request.request_id,
            caller=event.caller,
            project_id=request.project_id,
            agent=request.agent,
            purpose=request.purpose,
            served_by=self._server.served_by,
            provider=self._server.provider,
            state=event.state,
            replayed=event.replayed,
            tries=event.tries,
            over_bound_nano_usd=event.over_bound or None,
            past_soft_limits=[str(item.budget) for item in event.warned] or None,
            model=event.answer.model if event.answer else request.provider.model,
            finish_reason=event.answer.finish_reason if event.answer else None,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            usage_source=usage.source if usage else None,
            cost_status=cost.status,
            cost_nano_usd=cost.nano_usd,
            shadow_nano_usd=cost.shadow_nano_usd,
            latency_ms=round(event.seconds * 1e3, 1),
            error_reason=event.error_reason or None,
        )


def _closed(value: str, known: Set[str]) -> str:
    return value if value in known else OTHER


def _error_type(event: CallEnded) -> str:
    return "" if event.state is State.SETTLED else event.error_reason
