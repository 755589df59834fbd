"""The live view of a project: every task once, within the terminal, and never steered by text."""

from __future__ import annotations

import io
import itertools

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.gateway.v1 import gateway_pb2
from hypothesis import given
from hypothesis import strategies as st
from project_samples import NEEDS, TITLES, spent
from rich.cells import cell_len
from rich.console import Console

from shared.cli.project_follow import ProjectNow
from shared.cli.project_live import LINES_BESIDE, line_of, view
from shared.cli.project_tree import tree_rows

EVIL = "\x1b]0;owned\x07[bold]x[/bold]\r\u202e\x9b2J:bomb:"


def task(place: int, needs: tuple[int, ...] = (), title: str = "") -> analyst_pb2.Task:
    needed = [f"t{need + 1}" for need in needs]
    return analyst_pb2.Task(id=f"t{place + 1}", title=title or f"Title {place + 1}",
                            depends_on=needed)  # fmt: skip


TASKS = [task(place, NEEDS[place], title) for place, title in enumerate(TITLES)]


def now_of(*events: pb.ProjectEvent, tasks: list[analyst_pb2.Task] = TASKS) -> ProjectNow:
    now = ProjectNow("p-1")
    planned = [pb.ProjectEvent(task_planned=each) for each in tasks]
    for sequence, event in enumerate((*planned, *events), start=1):
        event.sequence = sequence
        now.add(event)
    return now


def began(name: str) -> pb.ProjectEvent:
    return pb.ProjectEvent(task_started=name)


def done(name: str) -> pb.ProjectEvent:
    return pb.ProjectEvent(task_finished=analyst_pb2.Deliverable(task_id=name))


def shown(
    now: ProjectNow,
    forecast: pb.EstimateProjectResponse | None = None,
    *,
    width: int = 80,
    room: int = 40,
    lost: str = "",
) -> list[str]:
    out = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    with out.capture() as captured:
        out.print(view(now, forecast, 12.0, room, lost))
    return captured.get().splitlines()


def test_each_task_stands_once_below_the_last_that_it_waits_for() -> None:
    rows = [(row.stem + row.task_id, row.also_after) for row in tree_rows(TASKS)]
    assert rows == [
        ("t1", ()),
        ("├─ t2", ()),
        ("├─ t3", ()),
        ("│  └─ t4", ("t2",)),
        ("└─ t5", ()),
        ("   └─ t6", ("t1", "t4")),
    ]


@given(st.lists(st.sets(st.integers(0, 30), max_size=4), min_size=1, max_size=30))
def test_no_plan_however_tangled_loses_or_doubles_a_task(needs: list[set[int]]) -> None:
    tasks = [task(place, tuple(wanted)) for place, wanted in enumerate(needs)]
    rows = tree_rows(tasks)
    assert sorted(row.task_id for row in rows) == sorted(each.id for each in tasks)


def test_the_view_counts_what_is_done_running_waiting_and_failed() -> None:
    failed = pb.TaskFailed(task_id="t3", reason="X", message="It was cut off twice.")
    now = now_of(began("t1"), done("t1"), began("t2"), pb.ProjectEvent(task_failed=failed))
    lines = shown(now)
    assert any("1 done, 1 running, 3 waiting, 1 failed" in line for line in lines)
    assert any("✗ t3" in line and "It was cut off twice." in line for line in lines)
    assert any("✓ t1" in line for line in lines)
    assert any("▶ t2" in line for line in lines)
    assert any("t6" in line and "also after t1, t4" in line for line in lines)


def test_the_view_has_what_was_spent_beside_what_was_foreseen() -> None:
    forecast = pb.EstimateProjectResponse()
    forecast.probably.nano_usd, forecast.at_most.nano_usd = 40_000_000, 90_000_000
    forecast.probably.status = forecast.at_most.status = gateway_pb2.COST_STATUS_EXACT
    lines = shown(now_of(pb.ProjectEvent(spend=spent(3, 4_120_000))), forecast, width=110)
    told = "spent so far: $0.0042, 3 calls; forecast: probably $0.0400, at most $0.0900"
    assert any(told in line for line in lines)


def test_what_has_no_price_is_unknown_and_never_nothing() -> None:
    forecast = pb.EstimateProjectResponse()
    forecast.probably.status = forecast.at_most.status = gateway_pb2.COST_STATUS_UNPRICED
    unpriced = spent(3, 0)
    unpriced.cost.ClearField("nano_usd")
    unpriced.cost.status = gateway_pb2.COST_STATUS_UNPRICED
    text = " ".join(shown(now_of(pb.ProjectEvent(spend=unpriced)), forecast, width=110))
    assert text.count("unknown") == 3
    assert "$0" not in text


def test_repairs_are_lines_and_older_ones_are_counted() -> None:
    repairs = [pb.Degraded(task_id="t1", text=f"asked again {n}") for n in range(6)]
    lines = shown(now_of(*(pb.ProjectEvent(degraded=each) for each in repairs)))
    assert [line.strip() for line in lines if "repaired" in line] == [
        f"repaired t1: asked again {n}" for n in range(2, 6)
    ]
    assert any("2 repairs before these" in line for line in lines)


@pytest.mark.parametrize(("room", "width"), [*itertools.product((4, 10, 30, 60), (40, 80))])
def test_fifty_tasks_never_take_more_than_the_terminal(room: int, width: int) -> None:
    tasks = [task(place, (place // 2,) if place else ()) for place in range(50)]
    events = [done(f"t{n}") for n in range(1, 41)] + [began("t41"), began("t42")]
    repairs = [pb.ProjectEvent(degraded=pb.Degraded(text="x" * 200)) for _ in range(9)]
    now = now_of(*events, *repairs, tasks=tasks)
    lines = shown(now, pb.EstimateProjectResponse(), room=room, width=width, lost="lost " * 40)
    assert len(lines) <= room + LINES_BESIDE
    assert max(map(cell_len, lines)) <= width
    if room >= 10:
        assert all(any(f"▶ t{n} " in line for line in lines) for n in (41, 42))
    assert room > 54 or any("tasks more" in line for line in lines)


@pytest.mark.parametrize("text", ["تقييم الرياضي " * 9, "力量训练" * 30])
def test_any_script_stays_within_the_width(text: str) -> None:
    lines = shown(now_of(began("t1"), tasks=[task(0, (), text)]), width=60)
    assert any(text.split(maxsplit=1)[0][:8] in line for line in lines)
    assert max(map(cell_len, lines)) <= 60


def test_text_of_a_model_steers_neither_the_view_nor_the_lines() -> None:
    evil = [analyst_pb2.Task(id=f"t{EVIL}", title=EVIL, depends_on=[EVIL])]
    events = [
        began(evil[0].id),
        pb.ProjectEvent(degraded=pb.Degraded(task_id=EVIL, text=EVIL)),
        pb.ProjectEvent(task_failed=pb.TaskFailed(task_id=evil[0].id, message=EVIL)),
    ]
    now = now_of(*events, tasks=evil)
    text = "\n".join([*shown(now), *(line_of(event, now) for event in events)])
    assert not set("\x1b\x07\x9b\u202e\r") & set(text)
    assert "[bold]x[/bold]" in text
    assert all("\n" not in line_of(event, now) for event in events)


def test_who_watches_from_a_later_event_sees_the_tasks_he_hears_of() -> None:
    now = now_of(began("t7"), done("t7"), tasks=[])
    assert any("✓ t7" in line for line in shown(now))
    assert line_of(began("t7"), now) == "t7 started: "
