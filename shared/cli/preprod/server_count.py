"""What a model's own server says it has counted: llama.cpp's Prometheus page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http.client import HTTPException
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from shared.cli.exits import ExitCode, Stop

SECONDS = 10.0
MAX_BYTES = 1_000_000
INPUT, OUTPUT = "llamacpp:prompt_tokens_total", "llamacpp:tokens_predicted_total"


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens since the server began."""

    input: float
    output: float


async def server_count(url: str) -> Counted | None:
    """What the page says now; None where no page is named. Raises Stop where it cannot be read."""
    if not url:
        return None
    try:
        text = await asyncio.to_thread(_read, url)
    except (OSError, HTTPException, ValueError) as error:
        raise Stop(
            ExitCode.UNAVAILABLE,
            f"--provider-metrics {url}: {error}",
            todo="start llama.cpp's server with --metrics, or leave the option out",
        ) from error
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    if INPUT not in samples or OUTPUT not in samples:
        raise Stop(
            ExitCode.UNAVAILABLE,
            f"--provider-metrics {url}: there is no {INPUT} or {OUTPUT} on it",
            todo="name the metrics of llama.cpp's server, or leave the option out",
        )
    return Counted(samples[INPUT], samples[OUTPUT])


def _read(url: str) -> str:
    with urlopen(url, timeout=SECONDS) as reply:  # noqa: S310 the operator names it, http(s) only
        return str(reply.read(MAX_BYTES).decode("utf-8"))
