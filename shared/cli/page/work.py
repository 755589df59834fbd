"""The work on the page: each deliverable, and beside it what its review said."""

from __future__ import annotations

from collections.abc import Sequence

from attune.analyst.v1 import analyst_pb2

from shared.cli.cost_view import amount
from shared.cli.leakage_view import terms_text
from shared.cli.page.markdown import Typesetter
from shared.cli.page.markup import Html, heading, items, joined, paragraphs, tag, theirs, words
from shared.cli.page.pieces import Piece
from shared.cli.page.plan import link, met
from shared.cli.page.times import lasted
from shared.cli.terminal import one_line

_VERDICTS = {
    analyst_pb2.VERDICT_UNSPECIFIED: ("unclear", "–", "not judged"),
    analyst_pb2.VERDICT_MET: ("met", "✓", "met"),
    analyst_pb2.VERDICT_NOT_MET: ("not-met", "✗", "not met"),
    analyst_pb2.VERDICT_CANNOT_TELL: ("unclear", "?", "cannot be told"),
}
_HEADING = 3
"""The level of a deliverable's heading; those of its text come below."""


def deliverables(pieces: Sequence[Piece]) -> Html:
    """Every task in the order of the plan, also one that nothing came of."""
    setter = Typesetter(below=_HEADING)
    return joined(_article(piece, pieces, setter) for piece in pieces)


def _article(piece: Piece, pieces: Sequence[Piece], setter: Typesetter) -> Html:
    task = piece.task
    kind, sign, state = piece.state
    head = tag(
        "header",
        tag("p", tag("span", theirs(task.id), class_="id"),
            tag("span", theirs(task.role), class_="role"),
            tag("span", words(f"{sign} {state}"), class_=f"pill {kind}"), class_="kicker"),
        tag("h3", one_line(task.title), dir="auto"),
        _asked(piece, pieces),
    )  # fmt: skip
    return tag(
        "article",
        head,
        tag("div", _text(piece, setter), class_="text", dir="auto"),
        tag("aside", _review(piece), _notes(piece), _spent(piece)),
        id=piece.anchor,
        class_=f"role-{piece.role}",
    )


def _asked(piece: Piece, pieces: Sequence[Piece]) -> Html:
    task = piece.task
    parts = [paragraphs(task.description)] if task.description.strip() else []
    if task.deliverable:
        parts.append(tag("p", words("Hands over: "), theirs(task.deliverable)))
    if piece.needs:
        before = joined((link(pieces[place]) for place in piece.needs), ", ")
        parts.append(tag("p", words("Builds on: "), before))
    if not parts:
        return Html()
    return tag("details", tag("summary", words("What was asked")), *parts)


def _text(piece: Piece, setter: Typesetter) -> Html:
    if piece.deliverable is not None and piece.deliverable.markdown.strip():
        return setter.html(piece.deliverable.markdown)
    fault = [paragraphs(piece.standing.fault)] if piece.standing.fault else []
    return tag("div", tag("p", words("There is no deliverable.")), *fault, class_="nothing")


def _review(piece: Piece) -> Html:
    verdicts = piece.standing.verdicts
    if not verdicts:
        if not piece.task.acceptance_criteria:
            return Html()
        said = "Acceptance criteria, not reviewed" if piece.deliverable else "Acceptance criteria"
        return joined([heading("h4", said), items(piece.task.acceptance_criteria)])
    criteria = "criterion" if len(verdicts) == 1 else "criteria"
    return joined([
        heading("h4", "Review"),
        tag("p", words(f"{met(verdicts)} {criteria} met"), class_="tally"),
        tag("ul", *(_verdict(one) for one in verdicts), class_="verdicts"),
    ])  # fmt: skip


def _verdict(judged: analyst_pb2.CriterionVerdict) -> Html:
    kind, sign, said = _VERDICTS.get(judged.verdict, _VERDICTS[analyst_pb2.VERDICT_UNSPECIFIED])
    parts = [
        tag("p", tag("span", words(f"{sign} {said}"), class_="verdict"), class_="how"),
        paragraphs(judged.criterion, class_="criterion"),
    ]
    if judged.passage.strip():
        parts.append(tag("blockquote", paragraphs(judged.passage)))
    if judged.finding.strip():
        parts.append(paragraphs(judged.finding, class_="finding"))
    return tag("li", *parts, class_=kind)


def _notes(piece: Piece) -> Html:
    parts = []
    if piece.leak is not None and piece.leak.leaked_terms:
        parts += [heading("h4", "Words of another field"), tag("p", theirs(terms_text(piece.leak)))]
    if piece.standing.degraded:
        parts += [heading("h4", "Repaired or retried"), items(piece.standing.degraded)]
    return joined(parts)


def _spent(piece: Piece) -> Html:
    standing = piece.standing
    facts = []
    if standing.rounds:
        facts.append("done once" if standing.rounds == 1 else f"done {standing.rounds:,} times")
    if standing.HasField("start_time") and standing.HasField("end_time"):
        facts.append(lasted(standing.start_time, standing.end_time))
    if standing.accounting.calls:
        calls = (
            "1 call" if standing.accounting.calls == 1 else f"{standing.accounting.calls:,} calls"
        )
        facts += [calls, amount(standing.accounting.cost, [], standing.accounting.served_by)]
    return tag("p", words(" · ".join(facts)), class_="spent") if facts else Html()
