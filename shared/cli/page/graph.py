"""Lays a plan out: tasks in rows, each below those that it depends on, with few crossings.

Layered drawing after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of
Hierarchical System Structures" (IEEE Trans. SMC 11, 1981). All lengths are in CSS pixels.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 196, 108
GAP, ROW_GAP = 20, 44
MARGIN = 8
LANE = 6
"""What an arrow takes where it passes a row."""
MOST_IN_A_ROW = 5
"""So that the drawing fits the width of a page."""
_SWEEPS = 12
_STRAIGHT = 4.0
"""How much more a lane weighs than a box where both want the same room."""
_PORTS = 0.5
"""The share of a box's side that arrows are spread over."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a task down to one that depends on it. points: ends of curves and of verticals."""

    source: int
    target: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """boxes: the upper left corner of each task's box, in the order of the plan."""

    width: float
    height: float
    boxes: tuple[Point, ...]
    arrows: tuple[Arrow, ...]


def laid_out(before: Sequence[Sequence[int]]) -> Drawing:
    """before: the tasks that each task depends on, each of a smaller index than its own."""
    kept = _without_detours(before)
    rows = _rows(kept)
    net = _Net(rows, kept)
    net.uncross()
    net.place()
    return net.drawing()


def _without_detours(before: Sequence[Sequence[int]]) -> list[list[int]]:
    """Leaves out what other dependencies imply already: the transitive reduction."""
    above: list[int] = []  # bit sets of all that must be done before
    kept: list[list[int]] = []
    for needs in before:
        direct = sorted(set(needs))
        kept.append([one for one in direct if not any(above[two] >> one & 1 for two in direct)])
        reached = 0
        for one in direct:
            reached |= above[one] | 1 << one
        above.append(reached)
    return kept


def _rows(before: Sequence[Sequence[int]]) -> list[int]:
    """The row of each task: as high as it can stand, the longest chains first."""
    below = [0] * len(before)
    for task in reversed(range(len(before))):
        for one in before[task]:
            below[one] = max(below[one], below[task] + 1)
    rows = [-1] * len(before)
    row, left = 0, sorted(range(len(before)), key=lambda task: (-below[task], task))
    while left:
        ready = [task for task in left if all(0 <= rows[one] < row for one in before[task])]
        for task in ready[:MOST_IN_A_ROW]:
            rows[task] = row
            left.remove(task)
        row += 1
    return rows


class _Net:
    """Tasks and, where an arrow passes a row, lanes; lines join neighbouring rows only."""

    def __init__(self, rows: Sequence[int], before: Sequence[Sequence[int]]) -> None:
        self.tasks = len(rows)
        self.rows: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
        for task, row in enumerate(rows):
            self.rows[row].append(task)
        self.up: list[list[int]] = [[] for _ in rows]
        self.down: list[list[int]] = [[] for _ in rows]
        self.chains: list[list[int]] = []
        for target, needs in enumerate(before):
            for source in needs:
                lanes = [self._lane(row) for row in range(rows[source] + 1, rows[target])]
                self.chains.append([source, *lanes, target])
                for upper, lower in pairwise(self.chains[-1]):
                    self.down[upper].append(lower)
                    self.up[lower].append(upper)
        self.x = [0.0] * len(self.up)  # middles

    def _lane(self, row: int) -> int:
        self.rows[row].append(len(self.up))
        self.up.append([])
        self.down.append([])
        return len(self.up) - 1

    def uncross(self) -> None:
        """Orders each row by the means of its neighbours' places; the best order stays."""
        best, fewest = [list(row) for row in self.rows], self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            links = self.down if sweep % 2 else self.up
            for row in reversed(self.rows) if sweep % 2 else self.rows:
                places = self._places()
                row.sort(key=lambda one: _mean([places[two] for two in links[one]], places[one]))
            if (crossings := self._crossings()) < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _places(self) -> list[float]:
        places = [0.0] * len(self.up)
        for row in self.rows:
            for place, one in enumerate(row):
                places[one] = (place + 0.5) / len(row)
        return places

    def _crossings(self) -> int:
        places, crossings = self._places(), 0
        for row in self.rows:
            ends: list[float] = []
            for one in row:
                lower = sorted(places[two] for two in self.down[one])
                crossings += sum(len(ends) - bisect_right(ends, end) for end in lower)
                for end in lower:
                    insort(ends, end)
        return crossings

    def place(self) -> None:
        """Draws each box and lane to the mean of its neighbours, without any overlap."""
        both = [above + below for above, below in zip(self.up, self.down, strict=True)]
        room = max((self._offsets(row)[-1] for row in self.rows), default=0.0)
        for row in self.rows:
            offsets = self._offsets(row)
            for one, offset in zip(row, offsets, strict=True):
                self.x[one] = offset - offsets[-1] / 2
        for sweep in range(_SWEEPS):
            links = self.down if sweep % 2 else self.up
            if sweep >= _SWEEPS // 2:
                links = both
            for row in reversed(self.rows) if sweep % 2 else self.rows:
                wanted = [_mean([self.x[two] for two in links[one]], self.x[one]) for one in row]
                self._settle(row, wanted, room)

    def _offsets(self, row: Sequence[int]) -> list[float]:
        """How far each stands from the first where they stand as close as they may."""
        offsets = [0.0]
        for left, right in pairwise(row):
            offsets.append(offsets[-1] + (self._wide(left) + self._wide(right)) / 2 + GAP)
        return offsets

    def _settle(self, row: Sequence[int], wanted: Sequence[float], room: float) -> None:
        """The places nearest to the wanted ones that keep order, distance and room.

        Least squares under an order: the pool-adjacent-violators algorithm.
        """
        offsets = self._offsets(row)
        pools: list[tuple[float, float, int]] = []  # mean, weight, how many
        for one, want, offset in zip(row, wanted, offsets, strict=True):
            mean, weight, count = want - offset, 1.0 if one < self.tasks else _STRAIGHT, 1
            while pools and pools[-1][0] > mean:
                other, heavy, more = pools.pop()
                mean = (mean * weight + other * heavy) / (weight + heavy)
                weight, count = weight + heavy, count + more
            pools.append((mean, weight, count))
        settled = [mean for mean, _, count in pools for _ in range(count)]
        for one, base, offset in zip(row, settled, offsets, strict=True):
            self.x[one] = min(max(base, -room / 2), room / 2 - offsets[-1]) + offset

    def _wide(self, one: int) -> float:
        return WIDTH if one < self.tasks else LANE

    def drawing(self) -> Drawing:
        """The result, from the margin on."""
        every = range(len(self.x))
        left = min((self.x[one] - self._wide(one) / 2 for one in every), default=0) - MARGIN
        right = max((self.x[one] + self._wide(one) / 2 for one in every), default=0) + MARGIN
        tops = [0.0] * len(self.x)
        for number, row in enumerate(self.rows):
            for one in row:
                tops[one] = MARGIN + number * (HEIGHT + ROW_GAP)
        self.x = [middle - left for middle in self.x]
        boxes = tuple((self.x[task] - WIDTH / 2, tops[task]) for task in range(self.tasks))
        arrows = tuple(self._arrow(chain, tops) for chain in self.chains)
        rows = len(self.rows)
        height = 2 * MARGIN + rows * HEIGHT + max(0, rows - 1) * ROW_GAP
        return Drawing(right - left, height, boxes, arrows)

    def _arrow(self, chain: Sequence[int], tops: Sequence[float]) -> Arrow:
        source, target = chain[0], chain[-1]
        points = [(self._port(source, chain[1], self.down), tops[source] + HEIGHT)]
        for lane in chain[1:-1]:
            points += [(self.x[lane], tops[lane]), (self.x[lane], tops[lane] + HEIGHT)]
        points.append((self._port(target, chain[-2], self.up), tops[target]))
        return Arrow(source, target, tuple(points))

    def _port(self, box: int, other: int, links: Sequence[Sequence[int]]) -> float:
        """Where on a box's side the line to `other` ends: side by side, in their order."""
        ends = sorted(links[box], key=lambda one: self.x[one])
        place = (ends.index(other) + 1) / (len(ends) + 1) - 0.5
        return self.x[box] + place * WIDTH * _PORTS


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
