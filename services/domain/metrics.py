"""The domain service's own metrics, all names in one place.

Named after https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Histogram

OTHER = "other"
"""The label of a domain that the catalogue does not have: callers cannot add series."""

LEAK_RATES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)


class LeakageMetrics:
    """Counts what measuring found, by the goal's domain."""

    def __init__(self, registry: CollectorRegistry, domains: Collection[str]) -> None:
        self._domains = frozenset(domains)
        self._leaks = Counter(
            "attune_domain_leaks", "Terms of other fields in texts, each once per text.",
            ["domain"], registry=registry,
        )  # fmt: skip
        self._rates = Histogram(
            "attune_domain_leak_rate", "Share of a set's texts with a term of another field.",
            ["domain"], registry=registry, buckets=LEAK_RATES,
        )  # fmt: skip

    def measured(self, domain: str, leaks: int, leak_rate: float) -> None:
        """One set of texts was measured."""
        label = domain if domain in self._domains else OTHER
        self._leaks.labels(label).inc(leaks)
        self._rates.labels(label).observe(leak_rate)
