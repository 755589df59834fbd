"""What the command line refuses, all faults at once, before anything is started or spent."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.cli import options, run
from shared.cli.exits import MEANINGS, ExitCode, Stop
from shared.cli.main import app

NOTHING_LISTENS = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(work: object) -> None:
        raise AssertionError("the command went on to its work")

    monkeypatch.setattr(run, "run", started)


def attune(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refused(*arguments: str) -> str:
    result = attune(*arguments)
    assert result.exit_code == ExitCode.USAGE, result.output
    assert not result.stdout
    return " ".join(result.stderr.split())


def test_version_is_that_of_the_package() -> None:
    assert attune("version").stdout == (
        f"attune {version('attune')}, Python {platform.python_version()}\n"
    )
    assert json.loads(attune("version", "--json").stdout) == {
        "attune": version("attune"),
        "python": platform.python_version(),
    }


def test_help_lists_every_command_and_exit_code() -> None:
    text = attune("--help").stdout
    for word in ("up", "plan", "classify", "leakage", "spend", "version"):
        assert f" {word} " in text
    for code, meaning in MEANINGS.items():
        assert f" {code}  {meaning}" in text


@pytest.mark.parametrize("goal", ["", "   ", "\n\t"])
def test_a_blank_goal_is_refused(goal: str) -> None:
    assert "GOAL must not be empty or blank" in refused("plan", goal)
    assert "GOAL must not be empty or blank" in refused("classify", goal)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "x", "--max-tasks", "0"),
        ("plan", "x", "--max-tasks", "51"),
        ("plan", "x", "--max-roles", "21"),
        ("plan", "x", "--timeout", "nan"),
        ("plan", "x", "--timeout", "0"),
        ("plan", "x", "--expect", "cassette"),
        ("up", "--lenient"),
        ("up", "--recorded-latency"),
        ("spend", "--by", "colour"),
        ("spend", "--json", "--csv"),
        ("spend", "--from", "tomorrow"),
        ("spend", "--to", "2026-02-30"),
        ("spend", "--from", "2026-11-02", "--to", "2026-11-01"),
        ("plan",),
        ("bogus",),
    ],
)
def test_usage_errors_have_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert refused(*arguments)


def test_every_fault_of_a_command_line_is_named_at_once(tmp_path: Path) -> None:
    text = refused(
        *("plan", " ", "--target", "gateway", "--target", "bank=h:1", "--target", "domain=h:x"),
        *("--model", "analyze_goal", "--context", str(tmp_path / "a"), "--context", "/none/b"),
    )
    assert "GOAL must not be empty" in text
    assert "--target gateway must be gateway=HOST:PORT" in text
    assert "--target bank=h:1 must be SERVICE=HOST:PORT" in text
    assert "--target domain=h:x must be domain=HOST:PORT" in text
    assert "--model analyze_goal must be PURPOSE=MODEL" in text
    assert text.count("No such file or directory") == 2
    assert "nothing was spent" in text


def test_a_service_or_purpose_named_twice_is_refused() -> None:
    target = f"director={NOTHING_LISTENS}"
    assert "names director a second time" in refused("plan", "x", *("--target", target) * 2)
    assert "names analyze_goal a second time" in refused(
        "plan", "x", "--model", "analyze_goal=a", "--model", "analyze_goal=b"
    )


def test_targets_and_models_are_read() -> None:
    faults = options.Faults()
    assert options.read_targets(["gateway=[::1]:50051", "director=host:1"], faults) == {
        "gateway": "[::1]:50051",
        "director": "host:1",
    }
    assert options.read_models(["analyze_goal=ft:gpt=x"], faults) == {"analyze_goal": "ft:gpt=x"}
    faults.done()


def test_context_is_the_files_text_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "tenancy.md").write_bytes(b"\xef\xbb\xbfNo pets.\n")
    faults = options.Faults()
    assert options.read_context([tmp_path / "tenancy.md"], faults) == [("tenancy.md", "No pets.\n")]
    faults.done()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"ab\xff", "is not UTF-8 at byte 2"),
        (b"x" * 100_001, "has 100,001 characters; at most 100,000 are allowed"),
        (b"x" * 400_001, "has more than 400,000 bytes"),
        (b" \n", "is empty or blank"),
    ],
)
def test_context_that_no_service_takes_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_bytes(data)
    faults = options.Faults()
    options.read_context([path], faults)
    with pytest.raises(Stop) as stop:
        faults.done()
    assert stop.value.faults == ((f"--context {path}", said),)


def test_100_000_characters_of_four_bytes_each_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("𝄞" * 100_000, encoding="utf-8")
    faults = options.Faults()
    assert len(options.read_context([tmp_path / "c"], faults)[0][1]) == 100_000
    faults.done()


def test_too_many_context_files_are_refused_without_reading_them() -> None:
    faults = options.Faults()
    options.read_context([Path("/dev/null")] * 51, faults)
    with pytest.raises(Stop) as stop:
        faults.done()
    assert ("--context", "is given 51 times; at most 50 are allowed") in stop.value.faults


def test_a_file_of_goals_is_one_goal_per_line(tmp_path: Path) -> None:
    path = tmp_path / "goals.txt"
    path.write_bytes("Bake bread\r\nTune a\x0bpiano\u2028well\n最後".encode())
    faults = options.Faults()
    assert options.read_goals(path, faults) == ["Bake bread", "Tune a\x0bpiano\u2028well", "最後"]
    faults.done()


def test_blank_and_long_lines_are_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "goals.txt"
    path.write_text("a\n\n \nb\n" + "x" * 8_001 + "\nc\x00d\n\n")
    text = refused("classify", "--file", str(path), "--json")
    assert "lines 2, 3, 7 are blank" in text
    assert "line 5 is longer than 8,000 characters" in text
    assert "line 6 has a NUL character" in text


def test_an_empty_file_has_no_goals(tmp_path: Path) -> None:
    (tmp_path / "goals.txt").touch()
    assert "has no goals" in refused("classify", "--file", str(tmp_path / "goals.txt"))


def test_classify_takes_a_goal_or_a_file_and_not_both(tmp_path: Path) -> None:
    (tmp_path / "goals.txt").write_text("a\n")
    assert "exactly one" in refused("classify")
    assert "exactly one" in refused("classify", "a", "--file", str(tmp_path / "goals.txt"))


def test_a_file_of_texts_is_one_json_object_per_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "Fold the dough", "id": 7}\r\n{"text": "麦"}', "utf-8")
    faults = options.Faults()
    assert options.read_texts(path, "--file", faults) == ["Fold the dough", "麦"]
    faults.done()


def faults_of(path: Path) -> str:
    faults = options.Faults()
    options.read_texts(path, "--file", faults)
    with pytest.raises(Stop) as stop:
        faults.done()
    return "; ".join(what for _, what in stop.value.faults)


def test_lines_without_a_text_are_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    deep = "[" * 100_000
    path.write_text(f'{{"text": "a"}}\n\nnone\n["text"]\n{{"text": 5}}\n{{"text": " "}}\n{deep}\n')
    assert 'lines 2, 3, 4, 5, 6, 7 are no {"text": "..."}' in faults_of(path)


def test_leakage_names_every_fault_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").touch()
    text = refused(
        "leakage", "--goal", " ", "--file", str(tmp_path / "none.jsonl"),
        "--reference", str(tmp_path / "gone.jsonl"),
    )  # fmt: skip
    assert "GOAL must not be empty or blank" in text
    assert "has no texts" in text
    assert "--reference" in text
    assert "No such file or directory" in text


def test_more_texts_than_the_service_takes_are_refused_here(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(f'{{"text": "{"x" * 1_000}"}}\n' * 2_001)
    assert "has 2,001 lines; at most 2,000 are allowed" in faults_of(path)
    assert "has 2,001,000 characters of text; at most 1,000,000 are allowed" in faults_of(path)
