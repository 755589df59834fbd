"""Runs a command's work in an event loop that signals can stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from shared.cli.exits import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Does `work` in an event loop. SIGINT, SIGTERM and SIGHUP cancel it once.

    A second signal cancels every task, which kills children that still finish their calls.
    Raises Interrupted when a signal ended it.
    """
    asyncio.run(_interruptible(work))


async def _interruptible(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    received: list[int] = []

    def on_signal(number: int) -> None:
        received.append(number)
        for one in asyncio.all_tasks(loop) if len(received) > 1 else (task,):
            if one is not None:
                one.cancel()

    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup means it
    heeded = [number for number in _SIGNALS if not (number is signal.SIGHUP and ignored)]
    for number in heeded:
        loop.add_signal_handler(number, on_signal, number)
    try:
        await work()
    except BaseException:
        if received:
            raise Interrupted(received[0]) from None
        raise
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)
