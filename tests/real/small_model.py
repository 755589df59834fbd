"""The small real model as a process of the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from running_system import free_ports

MODEL = "smollm2-135m-instruct"


@contextmanager
def serving_small_model(parallel: int = 1) -> Iterator[dict[str, str]]:
    """Serves the model; gives the variables that make a gateway use it.

    parallel: answers that it writes at a time; with more than one they do not repeat.
    """
    (port,) = free_ports(1)
    script = Path(__file__).parent / "serve_small_model.py"
    process = subprocess.Popen(
        [sys.executable, script, str(port), str(parallel)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith(b"READY"):
            raise RuntimeError("the small model did not start; is it installed? make test-real")
        yield {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "OPENAI_API_KEY": "none-needed",
            "ATTUNE_DEFAULT_MODEL": MODEL,
        }
    finally:
        process.terminate()
        process.communicate(timeout=30)
