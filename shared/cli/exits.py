"""How a command ends: exit codes that scripts rely on, and the one error that carries one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What a script learns from the exit code; the text is in `attune --help`."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    EXPECTATION = 3
    UNAVAILABLE = 4
    REFUSED = 5
    NOT_PASSED = 6
    CONFIGURATION = os.EX_CONFIG
    INTERRUPTED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "done",
    ExitCode.UNEXPECTED: "nobody foresaw it",
    ExitCode.USAGE: "the command line or the request breaks a rule",
    ExitCode.EXPECTATION: "the gateway is not what --expect says",
    ExitCode.UNAVAILABLE: "a service is down, or the time was up",
    ExitCode.REFUSED: "refused: a limit, a key, a model, an answer of no use",
    ExitCode.NOT_PASSED: "pre-production: a gate did not hold, or it was not shown that it does",
    ExitCode.CONFIGURATION: "a variable, a port or a directory keeps a service from starting",
    ExitCode.INTERRUPTED: "Ctrl-C (128 + N: stopped by signal N)",
}

EPILOG = "Exit codes:\n" + "\n".join(f"{code:>5}  {text}" for code, text in MEANINGS.items())
"""Stands below `attune --help`."""


class Stop(Exception):
    """Ends a command with an exit code and one block for a reader.

    what: what happened, in a line. faults: (where, what is wrong there). facts: (name,
    value) of use when asking someone for help. todo: what to do next.
    """

    def __init__(
        self,
        code: int,
        what: str,
        *,
        faults: Sequence[tuple[str, str]] = (),
        facts: Sequence[tuple[str, str]] = (),
        todo: str = "",
    ) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.faults = tuple(faults)
        self.facts = list(facts)
        self.todo = todo


class Interrupted(Exception):
    """A signal asked the command to stop, and it did."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number
