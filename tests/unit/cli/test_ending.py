"""However a command fails, it ends with a code and a readable block."""

from __future__ import annotations

import pytest
import typer

from shared.cli.ending import ending


def test_a_reader_that_goes_away_ends_a_group_of_tasks_without_a_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BrokenPipeError), ending("classify"):
        raise ExceptionGroup("tasks", [BrokenPipeError()])
    assert capsys.readouterr() == ("", "")


def test_any_other_group_is_told_in_one_block(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, ending("classify"):
        raise ExceptionGroup("tasks", [ValueError("x")])
    assert ended.value.exit_code == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("attune classify: ")
