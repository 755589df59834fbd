"""The last stop of every command: exit codes and readable blocks instead of tracebacks."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from shared.cli.exits import Interrupted


@contextmanager
def ending(command: str) -> Iterator[None]:
    """Turns every error of the block into its exit code and a block on stderr."""
    try:
        yield
    except Interrupted as stopped:
        sys.stderr.write(f"attune {command}: stopped by {signal.Signals(stopped.number).name}\n")
        raise typer.Exit(128 + stopped.number) from None
    except (typer.Exit, BrokenPipeError):  # the reader went away: typer ends quietly
        raise
    except ExceptionGroup as failed:
        if failed.subgroup(BrokenPipeError) is None:
            _show(command, failed)
        raise BrokenPipeError from None
    except Exception as error:  # noqa: BLE001 the last stop: nobody is shown a traceback
        _show(command, error)


def _show(command: str, error: Exception) -> NoReturn:
    from shared.cli.errors_view import explain, show  # noqa: PLC0415 it needs gRPC and rich

    stop = explain(error)
    show(command, stop)
    raise typer.Exit(stop.code) from None
