"""What is logged about a call must not end it."""

from __future__ import annotations

import io

import structlog

from shared.rpc.logs import Lines


class Full(io.StringIO):
    """A disk without room."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_ends_nothing() -> None:
    structlog.WriteLoggerFactory(Lines(Full()))().info("started")  # type: ignore[arg-type]


def test_a_line_arrives_whole() -> None:
    out = io.StringIO()
    structlog.WriteLoggerFactory(Lines(out))().info("started")  # type: ignore[arg-type]
    assert out.getvalue() == "started\n"
