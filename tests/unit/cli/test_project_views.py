"""What people see of projects: a tree, a bar, lines, a summary; whatever stands in the texts."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from hypothesis import given
from hypothesis import strategies as st
from project_samples import failed, project, with_text_everywhere
from rich.console import Console

from shared.cli.project_files import PAGE, PLAN, file_names, plan_of, write_project
from shared.cli.project_follow import ProjectNow
from shared.cli.project_live import line_of, view
from shared.cli.project_tree import tree_rows
from shared.cli.project_view import print_project, print_projects, stop_of

EVIL = "\x1b]0;owned\x07[bold]x[/bold]\r\u202e\x9b2J:bomb:"
NAMES = st.text(min_size=1, max_size=80)


def tasks(**needs: list[str]) -> list[analyst_pb2.Task]:
    return [
        analyst_pb2.Task(id=name, title=f"Title {name}", depends_on=before)
        for name, before in needs.items()
    ]


def now_of(count: int, text: str = "") -> ProjectNow:
    """Many tasks: one is done, one runs, one failed, the others wait."""
    now = ProjectNow("p-1", label="Strength training")
    made = tasks(**{f"t{n}": [f"t{n - 1}"] if n else [] for n in range(count)})
    for number, task in enumerate(made, 1):
        task.title += text
        now.add(pb.ProjectEvent(sequence=number, task_planned=task))
    now.add(pb.ProjectEvent(task_started="t0"))
    now.add(pb.ProjectEvent(task_finished=analyst_pb2.Deliverable(task_id="t0")))
    now.add(pb.ProjectEvent(task_started="t1"))
    now.add(pb.ProjectEvent(task_failed=pb.TaskFailed(task_id="t2", message=f"why{text}")))
    now.add(pb.ProjectEvent(degraded=pb.Degraded(task_id="t1", text=f"asked again{text}")))
    return now


def drawn(now: ProjectNow, room: int = 40, width: int = 80) -> list[str]:
    out = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    out.print(view(now, None, 12.3, room))
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


def test_a_task_stands_once_below_the_last_that_it_needs() -> None:
    rows = tree_rows(tasks(a=[], b=["a"], c=["a"], d=["b", "c"], e=[]))
    assert [(row.stem, row.task_id, row.also_after) for row in rows] == [
        ("", "a", ()), ("├─ ", "b", ()), ("└─ ", "c", ()), ("   └─ ", "d", ("b",)), ("", "e", ()),
    ]  # fmt: skip


@given(st.lists(st.sets(st.integers(0, 20), max_size=3), max_size=20))
def test_every_task_is_in_the_tree_once(needs: list[set[int]]) -> None:
    made = tasks(**{
        f"t{n}": [f"t{before}" for before in sorted(each) if before < n]
        for n, each in enumerate(needs)
    })  # fmt: skip
    assert sorted(row.task_id for row in tree_rows(made)) == sorted(task.id for task in made)


def test_the_view_has_each_task_the_counts_and_the_repairs() -> None:
    text = "\n".join(drawn(now_of(5)))
    for told in ("✓ t0", "▶ t1", "✗ t2", "· t3", "1 done, 1 running, 2 waiting, 1 failed",
                 "repaired t1: asked again", "why", "12 s", "Strength training"):  # fmt: skip
        assert told in text


@pytest.mark.parametrize("room", [5, 12])
def test_the_view_fits_the_terminal_and_keeps_what_matters(room: int) -> None:
    lines = drawn(now_of(50), room=room)
    assert len(lines) <= room + 4
    assert any("▶ t1" in line for line in lines)
    assert any("✗ t2" in line for line in lines)


@pytest.mark.parametrize("text", [EVIL, "تدريب القوة " * 20, "力量训练" * 40, "a" * 500])
def test_no_text_steers_the_terminal_or_breaks_the_view(text: str) -> None:
    lines = drawn(now_of(6, text), width=70)
    assert not set("\x1b\x07\r\u202e\x9b") & set("".join(lines))
    assert len(lines) <= 12


def test_lines_tell_what_matters_and_nothing_of_the_rest() -> None:
    now = now_of(3)
    assert line_of(pb.ProjectEvent(task_started="t1"), now) == "t1 started: Title t1"
    done = pb.ProjectEvent(task_finished=analyst_pb2.Deliverable(task_id="t0"))
    assert line_of(done, now) == "t0 done (1 of 3)"
    assert line_of(pb.ProjectEvent(spend=gateway_pb2.Accounting(calls=3)), now) == ""


@pytest.mark.parametrize("width", [40, 80, 140])
def test_the_summary_has_everything_at_any_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    files = {f"t{n}": Path(f"t{n}.md") for n in range(1, 7)}
    print_project(project(), files, Path("made"), [])
    lines = capsys.readouterr().out.splitlines()
    text = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    for told in ("finished", "6 of 6 tasks", "$0.02345", PAGE):
        assert told in text


def test_a_summary_and_a_list_of_hostile_texts_steer_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = with_text_everywhere(EVIL)
    print_project(made, {}, None, [])
    print_projects([made])
    assert not set("\x1b\x07\u202e\x9b") & set(capsys.readouterr().out)


def test_a_project_that_did_not_finish_ends_the_command_with_its_reason() -> None:
    assert stop_of(project()) is None
    stop = stop_of(failed())
    assert stop is not None
    assert ("done", "t1, t2, t3") in stop.facts
    assert ("not done", "t4, t5, t6") in stop.facts
    assert stop.todo


@given(st.lists(NAMES, unique=True, max_size=12))
def test_files_have_safe_names_and_no_two_are_alike(ids: list[str]) -> None:
    names = file_names(ids)
    assert list(names) == ids
    lowered = [name.lower() for name in names.values()]
    assert len(set(lowered)) == len(ids)
    assert not {PLAN, PAGE} & set(lowered)
    for name in names.values():
        assert name.endswith(".md")
        assert not name.startswith((".", "-"))
        assert not set("/\\\0 ") & set(name)
        assert len(name) < 80


def test_files_are_replaced_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "t1.md").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    files = write_project(tmp_path, project(), "<html>")
    assert files["t1"].read_text() == project().deliverables[0].markdown
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert plan_of((tmp_path / PLAN).read_text()) == project().plan
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"tasks": 3}', '{"nothing": 1}', "[" * 5_000])
def test_a_file_that_is_no_plan_is_told_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as raised:
        plan_of(text)
    assert "\n" not in str(raised.value)
