"""What a project leaves in a folder: safe names, whole files, and nothing of others touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project_samples import project

from shared.cli.exits import ExitCode, Stop
from shared.cli.output import json_text
from shared.cli.project_files import (
    PAGE,
    PLAN,
    file_names,
    folder_name,
    plan_of,
    prepare,
    write_project,
)

SAFE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
IDS = st.text(max_size=80) | st.sampled_from(
    ["..", "../../etc/passwd", "/abs", "t1", "T1", "t1.md", "plan", "project", "a\0b", ".hidden",
     "con", "-rf", "t 1", "مهمة", "task-1", "task-2", ""]
)  # fmt: skip


@given(st.lists(IDS, unique=True, max_size=50))
def test_no_id_of_a_model_leads_out_of_the_folder_or_onto_another_file(ids: list[str]) -> None:
    names = file_names(ids)
    assert list(names) == ids
    folded = [name.lower() for name in names.values()]
    assert len(set(folded)) == len(ids)
    assert not {PLAN, PAGE} & set(folded)
    for name in names.values():
        assert set(name) <= SAFE
        assert name.endswith(".md")
        assert not name.startswith((".", "-"))
        assert len(name) <= 100


@given(st.sets(IDS | st.text("aA/-. ", max_size=8), max_size=20))
def test_every_project_has_a_folder_of_its_own_below_the_others(ids: set[str]) -> None:
    names = [folder_name(name) for name in ids]
    assert len({name.lower() for name in names}) == len(ids)
    assert all(set(name) <= SAFE and not name.startswith((".", "-")) for name in names)


def test_ids_that_are_made_up_are_the_names_of_their_folders() -> None:
    assert folder_name("p-0123456789ab") == "p-0123456789ab"


def test_plain_ids_are_the_names_of_their_files() -> None:
    assert file_names(["t1", "lay-out"]) == {"t1": "t1.md", "lay-out": "lay-out.md"}


def test_a_project_is_written_whole_and_other_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    prepare(folder)
    assert list(folder.iterdir()) == []
    (folder / "mine.txt").write_text("mine")
    (folder / "t1.md").write_text("of an earlier try")
    outside = tmp_path / "outside.md"
    outside.write_text("untouched")
    (folder / "t2.md").symlink_to(outside)
    made = project()
    files = write_project(folder, made, "<page>")
    there = {path.name for path in folder.iterdir()}
    assert there == {"mine.txt", PLAN, PAGE, *(path.name for path in files.values())}
    assert [path.name for path in files.values()] == [f"t{n}.md" for n in range(1, 7)]
    assert all(path.read_text() == made.deliverables[0].markdown for path in files.values())
    assert ((folder / "mine.txt").read_text(), outside.read_text()) == ("mine", "untouched")
    assert (folder / PAGE).read_text() == "<page>"
    assert plan_of((folder / PLAN).read_text()) == made.plan


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_spent(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Stop) as stopped:
        prepare(tmp_path / "file" / "out")
    assert stopped.value.code == ExitCode.USAGE
    assert "nothing was spent" in stopped.value.todo
    assert "--out" in stopped.value.faults[0][0]


def test_work_that_cannot_be_written_says_how_to_get_it_later(tmp_path: Path) -> None:
    (tmp_path / "t3.md").mkdir()
    with pytest.raises(Stop) as stopped:
        write_project(tmp_path, project(), "")
    assert stopped.value.code == ExitCode.CONFIGURATION
    assert "attune watch p-1 --out DIR" in stopped.value.todo
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    "text",
    ["", "no json", "3", "null", "[]", '"plan"', '{"tasks": 3}', '{"no_such_field": 1}', "{" * 9_000,
     '{"goal": "\\ud800"}', '{"tasks": [{"id": {}}]}', "[" * 99_999, '{"goal": "a", "goal": "b"}'],
)  # fmt: skip
def test_what_is_no_plan_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        plan_of(text)
    assert "\n" not in str(refused.value)


def test_a_plan_reads_back_under_either_spelling_of_its_fields() -> None:
    made = project().plan
    assert plan_of(json_text(made)) == made
    camel = json.loads(json_text(made))
    camel["openQuestions"] = camel.pop("open_questions")
    assert plan_of(json.dumps(camel)) == made
