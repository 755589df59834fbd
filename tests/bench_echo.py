"""Bare gRPC echoes between two processes: what so many calls cost without any service.

python tests/bench_echo.py serve          prints its port, serves until its stdin closes
python tests/bench_echo.py ask PORT N     makes N calls, four at a time
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
from pathlib import Path

import grpc

METHOD = "/echo.Echo/Echo"
PAYLOAD = b"x" * 4_000
AT_ONCE = 4
TIMES = 20
"""Calls for each that is asked for, so that the starts of the processes weigh little."""


def echoes(calls: int) -> float:
    """CPU seconds of so many calls, of client and server together."""
    program = [sys.executable, str(Path(__file__))]
    server = subprocess.Popen(
        [*program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    port = server.stdout.readline().strip()
    asked = subprocess.run(
        [*program, "ask", port, str(calls * TIMES)], check=True, capture_output=True, text=True
    )
    said, _ = server.communicate(timeout=30)
    return (float(asked.stdout) + float(said)) / TIMES


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def _serve() -> None:
    async def echo(request: bytes, _: object) -> bytes:
        return request

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("echo.Echo", {"Echo": handler}),)
    )
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    before = _used()
    await asyncio.to_thread(sys.stdin.read)
    print(_used() - before, flush=True)
    await server.stop(0)


async def _ask(port: str, calls: int) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        echo = channel.unary_unary(METHOD)
        await echo(PAYLOAD)
        before, left = _used(), iter(range(calls))

        async def worker() -> None:
            for _ in left:
                await echo(PAYLOAD)

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        print(_used() - before, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(_serve())
    else:
        asyncio.run(_ask(sys.argv[2], int(sys.argv[3])))
