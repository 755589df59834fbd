"""Every error has an exit code that scripts can use and a block that a reader can act on."""

from __future__ import annotations

import pytest
import typer
from google.rpc import code_pb2, status_pb2

from shared.cli.ending import ending
from shared.cli.errors_view import explain, show
from shared.cli.exits import ExitCode, Interrupted, Stop
from shared.rpc import errors
from shared.rpc.settings import SettingsError

ERRORS = [
    (errors.InvalidArgument([errors.Violation("goal", "is required")]), ExitCode.USAGE),
    (errors.NotFound("no such model"), ExitCode.REFUSED),
    (errors.OutOfRange("no such event yet"), ExitCode.USAGE),
    (errors.AlreadyExists("another request has it"), ExitCode.REFUSED),
    (errors.Aborted("in flight"), ExitCode.REFUSED),
    (errors.Unauthenticated("no token"), ExitCode.REFUSED),
    (errors.FailedPrecondition("the key is refused"), ExitCode.REFUSED),
    (errors.ResourceExhausted("too many calls"), ExitCode.REFUSED),
    (errors.Unavailable("the journal is full"), ExitCode.UNAVAILABLE),
    (errors.DeadlineExceeded("no time was left"), ExitCode.UNAVAILABLE),
    (errors.Unimplemented("not in this version"), ExitCode.REFUSED),
    (errors.Internal("unforeseen"), ExitCode.UNEXPECTED),
]


def remote(error: errors.AttuneError) -> errors.RemoteError:
    sent = errors.from_status(errors.to_status(error))
    assert sent is not None
    return sent


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda value: type(value).__name__)
def test_each_error_has_its_exit_code_here_and_from_a_service(
    error: errors.AttuneError, code: ExitCode
) -> None:
    assert explain(error).code == code
    assert explain(remote(error)).code == code
    assert explain(error).what


def test_every_status_of_an_error_of_ours_is_in_the_table() -> None:
    assert {type(error) for error, _ in ERRORS} == set(errors.STATUS_OF)


def test_a_status_without_a_row_is_unexpected() -> None:
    status = status_pb2.Status(code=code_pb2.DATA_LOSS, message="gone")
    status.details.extend(errors.to_status(errors.Internal("x")).details)
    sent = errors.from_status(status)
    assert sent is not None
    assert explain(sent).code == ExitCode.UNEXPECTED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("ATTUNE_GATEWAY_PORT: not a number"), ExitCode.CONFIGURATION),
        (TimeoutError(), ExitCode.UNAVAILABLE),
        (KeyError("x"), ExitCode.UNEXPECTED),
        (Stop(ExitCode.EXPECTATION, "the other one"), ExitCode.EXPECTATION),
    ],
)
def test_errors_of_the_command_itself_have_theirs(error: Exception, code: ExitCode) -> None:
    assert explain(error).code == code


def test_the_block_names_every_field_the_reason_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    faults = [errors.Violation("goal", "is required"), errors.Violation("domain", "is too long")]
    show("plan", explain(remote(errors.InvalidArgument(faults))))
    assert capsys.readouterr().err.splitlines() == [
        "attune plan: the request breaks rules",
        "  goal        is required",
        "  domain      is too long",
        "  reason      INVALID_ARGUMENT",
        "  what to do  correct it and run the command again",
    ]


def test_the_block_says_which_service_is_down_and_when_to_come_back() -> None:
    down = explain(
        errors.Unavailable("down", reason="SERVICE_UNAVAILABLE", metadata={"service": "domain"})
    )
    assert ("service", "domain") in down.facts
    assert "attune up" in down.todo
    limited = explain(remote(errors.ResourceExhausted("slow down", retry_after=2.5)))
    assert limited.todo == "try again in 2.5 s"


def test_an_unforeseen_error_leads_to_the_log() -> None:
    assert "abc123" in explain(errors.Internal("x", metadata={"error_id": "abc123"})).todo


def test_text_of_others_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J[red]gone[/red]\u202e\x9b31m\nsecond :smile:"
    show("plan", explain(errors.FailedPrecondition(evil, metadata={"k\x07": evil})))
    shown = capsys.readouterr().err
    assert not set("\x1b\x07\x9b\u202e") & set(shown)
    assert "[red]gone[/red]" in shown
    assert ":smile:" in shown


def test_no_traceback_ever(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, ending("spend"):
        raise RuntimeError("surprise")
    assert ended.value.exit_code == ExitCode.UNEXPECTED
    shown = capsys.readouterr().err
    assert "attune spend: an unforeseen error: RuntimeError: surprise" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143), (1, 129)])
def test_a_signal_is_in_the_exit_code(number: int, code: int) -> None:
    with pytest.raises(typer.Exit) as ended, ending("plan"):
        raise Interrupted(number)
    assert ended.value.exit_code == code


def test_a_reader_that_went_away_is_no_error_of_ours() -> None:
    with pytest.raises(BrokenPipeError), ending("plan"):
        raise BrokenPipeError
