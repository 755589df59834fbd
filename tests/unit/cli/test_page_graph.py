"""The graph of a plan: every task once, nothing on top of another, arrows only downwards."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cli.page.graph import HEIGHT, MOST_IN_A_ROW, ROW_GAP, WIDTH, laid_out


@st.composite
def plans(draw: st.DrawFn) -> list[list[int]]:
    """For each of 1 to 50 tasks those before it that it depends on."""
    count = draw(st.integers(1, 50))
    return [
        draw(st.lists(st.integers(0, task - 1), max_size=4, unique=True)) if task else []
        for task in range(count)
    ]


def reached(links: list[set[int]]) -> list[set[int]]:
    """All that each task has to wait for."""
    found: list[set[int]] = []
    for direct in links:
        found.append(direct.union(*(found[one] for one in direct)))
    return found


@settings(max_examples=80, deadline=None)
@given(plans())
def test_no_boxes_overlap_and_arrows_go_down_past_them(before: list[list[int]]) -> None:
    drawing = laid_out(before)
    assert len(drawing.boxes) == len(before)
    for (x, y), (left, top) in combinations(drawing.boxes, 2):
        assert abs(x - left) >= WIDTH or abs(y - top) >= HEIGHT
    for x, y in drawing.boxes:
        assert 0 <= x <= drawing.width - WIDTH
        assert 0 <= y <= drawing.height - HEIGHT
    rows = [y for _, y in drawing.boxes]
    assert all(rows.count(row) <= MOST_IN_A_ROW for row in rows)
    for arrow in drawing.arrows:
        (start, top), (end, bottom) = arrow.points[0], arrow.points[-1]
        source, target = drawing.boxes[arrow.source], drawing.boxes[arrow.target]
        assert source[0] < start < source[0] + WIDTH
        assert target[0] < end < target[0] + WIDTH
        assert (top, bottom) == (source[1] + HEIGHT, target[1])
        for number, ((x, upper), (_, lower)) in enumerate(pairwise(arrow.points)):
            assert lower > upper
            if number % 2 == 0:
                assert lower - upper == ROW_GAP  # between two rows, where no box is
                continue
            for left, box_top in drawing.boxes:
                assert box_top != upper or not left <= x <= left + WIDTH


@settings(max_examples=80, deadline=None)
@given(plans())
def test_arrows_say_what_waits_for_what_and_nothing_twice(before: list[list[int]]) -> None:
    drawing = laid_out(before)
    arrows: list[set[int]] = [set() for _ in before]
    for arrow in drawing.arrows:
        arrows[arrow.target].add(arrow.source)
    waits = reached([set(needs) for needs in before])
    assert reached(arrows) == waits
    for needs in arrows:
        for one in needs:
            assert not any(one in waits[other] for other in needs)


def test_lines_that_need_not_cross_do_not() -> None:
    drawing = laid_out([[], [], [], [2], [1], [0]])
    middles = [drawing.boxes[task][0] for task in range(6)]
    order = sorted(range(3), key=lambda task: middles[task])
    assert sorted((3, 4, 5), key=lambda task: middles[task]) == [5 - task for task in order]


def test_the_densest_plan_is_drawn_at_once() -> None:
    began = time.process_time()
    laid_out([list(range(task)) for task in range(50)])
    laid_out([[] if task < 25 else list(range(25)) for task in range(50)])
    laid_out([[task - 1, *range(task % 2, task - 1, 7)] if task else [] for task in range(50)])
    assert time.process_time() - began < 3
