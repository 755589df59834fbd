"""The plan on the page: the graph of its tasks, the team, and what must be found out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb

from shared.cli.page.graph import HEIGHT, WIDTH, Arrow, laid_out
from shared.cli.page.markup import ENGLISH, Html, heading, items, joined, table, tag, theirs, words
from shared.cli.page.pieces import Piece, role_colours
from shared.cli.terminal import one_line

_TITLE, _ID, _ROLE = 160, 24, 60
"""Characters of a box; more would not fit, and stands in the task's own section."""


def graph(pieces: Sequence[Piece]) -> Html:
    """The tasks as boxes that lead to their deliverables, with arrows to what builds on them."""
    drawing = laid_out([piece.needs for piece in pieces])
    head = tag("path", d="M0 0 8 4 0 8Z")
    marker = tag(
        "marker", head, id="head", viewBox="0 0 8 8", refX="7", refY="4", markerWidth="7",
        markerHeight="7", orient="auto",
    )  # fmt: skip
    arrows = (
        tag("path", d=_path(arrow), class_="arrow", marker_end="url(#head)")
        for arrow in drawing.arrows
    )
    boxes = (_box(piece, *corner) for piece, corner in zip(pieces, drawing.boxes, strict=True))
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    svg = tag(
        "svg", tag("defs", marker), *arrows, *boxes, width=width, height=height,
        viewBox=f"0 0 {width} {height}", role="group",
        aria_label="The tasks and what they build on",
    )  # fmt: skip
    note = "Work goes from top to bottom: a task begins when all that points at it is done."
    return joined([
        tag("div", svg, class_="graph", tabindex="0", dir="ltr"),
        tag("p", words(note), class_="note"),
    ])  # fmt: skip


def _path(arrow: Arrow) -> str:
    """Curves between rows that leave and arrive straight down; lines where it passes one."""
    (x, y), *_ = arrow.points
    parts = [f"M{x:.1f} {y:.1f}"]
    for number, ((left, upper), (right, lower)) in enumerate(pairwise(arrow.points)):
        middle = (upper + lower) / 2
        if number % 2:
            parts.append(f"V{lower:.1f}")
        else:
            parts.append(
                f"C{left:.1f} {middle:.1f} {right:.1f} {middle:.1f} {right:.1f} {lower:.1f}"
            )
    return "".join(parts)


def _box(piece: Piece, x: float, y: float) -> Html:
    kind, sign, state = piece.state
    task = piece.task
    place: dict[str, str | int | None] = {
        "x": f"{x:.1f}",
        "y": f"{y:.1f}",
        "width": WIDTH,
        "height": HEIGHT,
    }
    label = tag(
        "div",
        tag("div", theirs(task.id, _ID), tag("span", f"{sign} {state}", class_="state", **ENGLISH),
            class_="top"),
        tag("div", one_line(task.title, _TITLE), class_="title", dir="auto"),
        tag("div", one_line(task.role, _ROLE), class_="who", dir="auto"),
        class_="label",
    )  # fmt: skip
    return tag(
        "a",
        tag("rect", **place, rx=6, class_="box"),
        tag("rect", **{**place, "width": 5}, rx=2, class_="stripe"),
        tag("foreignObject", label, **place),
        href=f"#{piece.anchor}",
        class_=f"task {kind} role-{piece.role}",
    )


def tasks(pieces: Sequence[Piece]) -> Html:
    """The tasks in a table, which is the contents of the page too."""
    rows = (
        tag(
            "tr",
            tag("td", link(piece)),
            tag("td", theirs(piece.task.role)),
            tag("td", joined((theirs(pieces[one].task.id) for one in piece.needs), ", ")),
            tag("td", words(" ".join(piece.state[1:])), class_=f"state {piece.state[0]}"),
            tag("td", words(met(piece.standing.verdicts))),
        )
        for piece in pieces
    )
    return table(("Task", "Role", "After", "State", "Criteria met"), list(rows))


def met(verdicts: Sequence[analyst_pb2.CriterionVerdict]) -> str:
    """How many criteria a review found to be met; empty where there was no review."""
    count = sum(one.verdict == analyst_pb2.VERDICT_MET for one in verdicts)
    return f"{count:,} of {len(verdicts):,}" if verdicts else ""


def link(piece: Piece) -> Html:
    """A task by its id and title, that leads to its section."""
    task = piece.task
    return tag("a", tag("b", theirs(task.id)), " ", theirs(task.title), href=f"#{piece.anchor}")


def links(pieces: Iterable[Piece]) -> Html:
    """A list of tasks."""
    return items((link(piece) for piece in pieces), class_="plain")


def team(plan: pb.Plan) -> Html:
    """Who works, each in the colour of the graph."""
    colours = role_colours(plan)
    members = [
        tag(
            "div",
            tag("h3", one_line(member.name), dir="auto"),
            tag("p", member.responsibility, dir="auto"),
            items((one_line(skill) for skill in member.skills), class_="skills"),
            class_=f"member role-{colours[member.name]}",
        )
        for member in plan.team
    ]
    return tag("div", *members, class_="team")


def open_questions(plan: pb.Plan, pieces: Sequence[Piece]) -> Html:
    """What must be known, each with the task that finds it out; nothing when all is known."""
    if not plan.open_questions:
        return Html()
    by_id = {piece.task.id: piece for piece in reversed(pieces)}
    entries = []
    for asked in plan.open_questions:
        finder = by_id.get(asked.task_id)
        found = (
            [tag("div", words("Found out by"), " ", link(finder), class_="note")] if finder else []
        )
        entries.append(joined([theirs(asked.question), *found]))
    lead = "Not known when the plan was made. Each is found out, or assumed and said, by the task below it."
    return tag(
        "section",
        heading("h2", "Open questions"),
        tag("p", words(lead), class_="note"),
        items(entries, class_="questions"),
        id="questions",
    )
