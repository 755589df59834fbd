"""Says what a project will cost before it does, and asks whether it may."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from attune.director.v1 import director_pb2 as pb
from rich.box import SIMPLE_HEAD
from rich.table import Table

from shared.cli.cost_view import FREE, amount
from shared.cli.exits import ExitCode, Stop
from shared.cli.field_view import print_facts
from shared.cli.terminal import one_line, page


async def ask_first(forecast: pb.EstimateProjectResponse, *, yes: bool) -> None:
    """Shows what it will cost and waits for a yes, where that is real money.

    Raises Stop when the answer is no, or when there is nobody to ask.
    """
    if yes or forecast.served_by in FREE:
        return
    print_forecast(forecast)
    await _answered("this project", amount(forecast.at_most, _models(forecast)))


async def agreed(what: str, lines: Sequence[tuple[str, str]], *, yes: bool) -> None:
    """The same for what is told in lines, of which one is named "At most"."""
    with page(error=True) as out:
        print_facts(out, list(lines))
    if not yes:
        await _answered(what, dict(lines)["At most"])


async def _answered(what: str, at_most: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Stop(
            ExitCode.USAGE,
            f"{what} costs real money, and there is no terminal to ask on",
            facts=[("at most", at_most)],
            todo="say --yes to start it; nothing was spent",
        )
    sys.stderr.write("Start it? [y/N] ")
    sys.stderr.flush()
    answer = await _line_typed()
    if answer.strip().casefold() not in ("y", "yes"):
        raise Stop(ExitCode.REFUSED, "not started; nothing was spent")


async def _line_typed() -> str:
    """The next line of the terminal. Not read in a thread: Ctrl-C could not end that."""
    loop = asyncio.get_running_loop()
    typed = asyncio.Event()
    loop.add_reader(sys.stdin, typed.set)  # a terminal has something when a line is whole
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline()


def print_forecast(forecast: pb.EstimateProjectResponse) -> None:
    """By purpose and in all, on stderr."""
    with page(error=True) as out:
        table = Table(box=SIMPLE_HEAD, show_edge=False, header_style="dim")
        table.add_column("Calls for")
        table.add_column("Model")
        for name in ("Probably", "Cost", "At most", "Cost"):
            table.add_column(name, justify="right")
        for each in forecast.purposes:
            models = [each.model]
            table.add_row(
                each.purpose,
                one_line(each.model, 40),
                f"{each.calls_probably:g}",
                amount(each.probably, models),
                f"{each.calls_at_most:,}",
                amount(each.at_most, models),
            )
        out.print(table)
        models = _models(forecast)
        print_facts(
            out,
            [
                ("Tasks", f"{'up to ' if len(forecast.purposes) > 2 else ''}{forecast.tasks}"),
                ("Probably", f"{amount(forecast.probably, models)} ({one_line(forecast.basis)})"),
                ("At most", amount(forecast.at_most, models)),
            ],
        )


def _models(forecast: pb.EstimateProjectResponse) -> list[str]:
    return list(dict.fromkeys(each.model for each in forecast.purposes))
