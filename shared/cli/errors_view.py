"""Turns whatever ended a command into an exit code and one block that a reader can act on."""

from __future__ import annotations

import traceback
from collections.abc import Mapping

import grpc
from rich.table import Table
from rich.text import Text

from shared.cli.exits import ExitCode, Stop
from shared.cli.terminal import one_line, page, shown
from shared.rpc.errors import (
    AttuneError,
    InvalidArgument,
    RemoteError,
    retry_after,
    status_code,
)
from shared.rpc.settings import SettingsError

_CODES: Mapping[grpc.StatusCode, ExitCode] = {
    grpc.StatusCode.INVALID_ARGUMENT: ExitCode.USAGE,
    grpc.StatusCode.OUT_OF_RANGE: ExitCode.USAGE,
    grpc.StatusCode.NOT_FOUND: ExitCode.REFUSED,
    grpc.StatusCode.ALREADY_EXISTS: ExitCode.REFUSED,
    grpc.StatusCode.ABORTED: ExitCode.REFUSED,
    grpc.StatusCode.FAILED_PRECONDITION: ExitCode.REFUSED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ExitCode.REFUSED,
    grpc.StatusCode.PERMISSION_DENIED: ExitCode.REFUSED,
    grpc.StatusCode.UNAUTHENTICATED: ExitCode.REFUSED,
    grpc.StatusCode.UNIMPLEMENTED: ExitCode.REFUSED,
    grpc.StatusCode.UNAVAILABLE: ExitCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED: ExitCode.UNAVAILABLE,
}
"""Statuses that are not here are UNEXPECTED."""

_ADVICE_BY_REASON: Mapping[str, str] = {
    "SERVICE_UNAVAILABLE": "start the system (attune up), or say where it is with"
    " --target SERVICE=HOST:PORT",
    "PROVIDER_CREDENTIALS": "give the gateway a valid OPENAI_API_KEY, and start it again",
    "PROVIDER_QUOTA": "raise the quota at the provider; waiting does not help",
    "PROVIDER_ENDPOINT": "check the gateway's OPENAI_BASE_URL",
    "PROVIDER_UNAVAILABLE": "try again; if it stays, check the gateway's OPENAI_BASE_URL",
    "CONTEXT_LENGTH_EXCEEDED": "shorten the goal or the --context files, or name a model with a"
    " larger window (--model)",
    "MODEL_NOT_FOUND": "check the name of the model (--model, or the gateway's"
    " ATTUNE_DEFAULT_MODEL)",
    "MODEL_REFUSED": "word the goal differently, or name another model (--model)",
    "UNUSABLE_ANSWER": "try again, or name a stronger model (--model)",
    "UNFINISHED_DELIVERABLE": "try again, or name a stronger model (--model)",
    "INVALID_PLAN": "try again, allow more tasks and roles, or name a stronger model (--model)",
    "PROJECT_ID_REUSED": "use another --project-id, or leave it out",
    "PROJECT_NOT_FOUND": "see which there are: attune projects",
    "SEQUENCE_FROM_THE_FUTURE": "watch from an earlier event (--after N), or from the first one",
    "PROMPT_VERSION_UNKNOWN": "let services of the version that the project began with finish it, or"
    " start it anew",
    "CALLS_EXHAUSTED": "start it again under another id with a higher max_calls or"
    " max_calls_per_task",
    "REQUEST_ID_REUSED": "use another --project-id",
    "REQUEST_IN_FLIGHT": "wait until the same request is done, and try again",
    "CALL_LOST": "run the command again",
    "BUDGET_EXHAUSTED": "raise the budget (SetBudget), or wait for its next day or month",
    "UNPRICED_UNDER_BUDGET": "name a model with a price (--model), give this one a price in the"
    " gateway's ATTUNE_PRICES_FILE, or set a budget of tokens",
    "NOT_IN_CASSETTE": "record it anew, or start the gateway with ATTUNE_REPLAY_LENIENT=true"
    " (attune up --replay FILE --lenient)",
    "ANSWER_NOT_KEPT": "use another --project-id; this gateway keeps no answers",
    "JOURNAL_UNAVAILABLE": "make room and rights for the gateway's database, and try again",
}
_ADVICE_BY_CODE: Mapping[grpc.StatusCode, str] = {
    grpc.StatusCode.INVALID_ARGUMENT: "correct it and run the command again",
    grpc.StatusCode.UNAUTHENTICATED: "make a token (attune token create NAME), and set it as"
    " ATTUNE_GATEWAY_TOKEN",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "wait a little and try again",
    grpc.StatusCode.UNAVAILABLE: "try again",
    grpc.StatusCode.DEADLINE_EXCEEDED: "try again with more time (--timeout SECONDS)",
    grpc.StatusCode.UNIMPLEMENTED: "use services of the same version as this command",
}
_MAX_FACTS = 8
_MAX_CHARACTERS = 2_000


def advice(reason: str) -> str:
    """What to do about an error of this reason; empty where nobody knows."""
    return _ADVICE_BY_REASON.get(reason, "")


def explain(error: BaseException) -> Stop:
    """The Stop for any error: ours as services send them, settings, time, the unforeseen."""
    if isinstance(error, Stop):
        return error
    if isinstance(error, AttuneError):
        return _of_ours(error)
    if isinstance(error, SettingsError):
        return Stop(ExitCode.CONFIGURATION, f"the environment holds a fault: {error}",
                    todo="correct the variable and run the command again")  # fmt: skip
    if isinstance(error, TimeoutError):
        todo = _ADVICE_BY_CODE[grpc.StatusCode.DEADLINE_EXCEEDED]
        return Stop(ExitCode.UNAVAILABLE, "there was no answer in time", todo=todo)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "nowhere"
    text = one_line(str(error), _MAX_CHARACTERS)
    return Stop(
        ExitCode.UNEXPECTED,
        f"an unforeseen error: {type(error).__name__}: {text}",
        facts=[("in", where)],
        todo="please report it with this text",
    )


def _of_ours(error: AttuneError) -> Stop:
    code = status_code(error)
    faults: list[tuple[str, str]] = []
    if isinstance(error, InvalidArgument | RemoteError):
        faults = [(fault.field or "the request", fault.description) for fault in error.violations]
    what = "the request breaks a rule" if len(faults) == 1 else "the request breaks rules"
    same = error.reason == code.name
    facts = [("reason", error.reason if same else f"{error.reason} ({code.name})")]
    facts += [(name, value) for name, value in sorted(error.metadata.items()) if value]
    todo = advice(error.reason) or _ADVICE_BY_CODE.get(code, "")
    if code is grpc.StatusCode.INTERNAL and "error_id" in error.metadata:
        todo = f"look for {error.metadata['error_id']} in the log of the service"
    wait = retry_after(error)
    if wait is not None:
        todo = f"try again in {wait:g} s"
    return Stop(
        _CODES.get(code, ExitCode.UNEXPECTED),
        what if faults else error.message,
        faults=faults,
        facts=facts[:_MAX_FACTS],
        todo=todo,
    )


def show(command: str, stop: Stop) -> None:
    """Prints the block on stderr."""
    what = shown(stop.what)[:_MAX_CHARACTERS]
    prefix = "" if what.startswith("attune ") else f"attune {command}: "
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for where, fault in stop.faults:
        grid.add_row(f"  {one_line(where, 200)}", one_line(fault, _MAX_CHARACTERS))
    for name, value in stop.facts:
        cells = (f"  {one_line(name, 100)}", one_line(value, 500))
        grid.add_row(*(Text.assemble((cell, "dim")) for cell in cells))
    if stop.todo:
        grid.add_row("  what to do", Text.assemble((stop.todo, "bold")))
    with page(error=True) as err:
        err.print(Text.assemble((prefix, "bold red"), (what, "bold")), soft_wrap=True)
        if grid.row_count:
            err.print(grid)
