"""The head of the page: what was wanted, how it ended, by whom, and what it took."""

from __future__ import annotations

from collections.abc import Sequence

from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from shared.cli.cost_view import SERVED_BY, amount
from shared.cli.field_view import field_name, percent
from shared.cli.page.markup import Html, heading, joined, paragraphs, tag, theirs, words
from shared.cli.page.pieces import Piece
from shared.cli.page.plan import links
from shared.cli.page.times import lasted, moment
from shared.cli.terminal import one_line
from shared.context.language import language_name

_HEADLINE = 180
"""Characters of a goal that make a headline; a longer one follows in full."""
STATES = {
    pb.PROJECT_STATE_UNSPECIFIED: ("open", "State not known"),
    pb.PROJECT_STATE_RUNNING: ("running", "Still running"),
    pb.PROJECT_STATE_FINISHED: ("done", "Finished"),
    pb.PROJECT_STATE_FAILED: ("failed", "Failed"),
    pb.PROJECT_STATE_CANCELLED: ("failed", "Stopped"),
}
_SERVERS = {
    gateway_pb2.SERVED_BY_REAL: "a real model",
    gateway_pb2.SERVED_BY_MOCK: "the mock, no model",
    gateway_pb2.SERVED_BY_CASSETTE: "a recording",
}
_NOT_REAL = {
    gateway_pb2.SERVED_BY_MOCK: (
        "Made by the mock",
        (
            "No model was asked. The built-in mock wrote the texts on this page: they show the"
            " form of a result, and are no work to rely on."
        ),
    ),
    gateway_pb2.SERVED_BY_CASSETTE: (
        "Made from a recording",
        "No model was asked. The texts on this page are answers that were recorded earlier.",
    ),
    gateway_pb2.SERVED_BY_MIXED: (
        "Made in part without a model",
        (
            "Some texts on this page were written by a model, others by the built-in mock or"
            " taken from a recording."
        ),
    ),
}


def head(project: pb.Project, goal: str, pieces: Sequence[Piece]) -> Html:
    """Goal, state, and the figures that a reader looks for first."""
    kind, state = STATES.get(project.state, STATES[pb.PROJECT_STATE_UNSPECIFIED])
    line = one_line(goal, _HEADLINE)
    full = line != one_line(goal)
    return tag(
        "header",
        tag("p", tag("span", words("Project report"), class_="name"),
            tag("span", words(state), class_=f"pill {kind}"), class_="kicker"),
        tag("h1", line or words("A project without a goal"), dir="auto"),
        tag("details", tag("summary", words("The goal in full")), paragraphs(goal))
        if full else Html(),
        _not_real(project),
        _ending(project, pieces),
        _facts(project),
        class_="cover",
    )  # fmt: skip


def _not_real(project: pb.Project) -> Html:
    told = _NOT_REAL.get(project.accounting.served_by)
    if told is None:
        return Html()
    title, text = told
    return tag("div", heading("h2", title), tag("p", words(text)), class_="notice mock")


def _ending(project: pb.Project, pieces: Sequence[Piece]) -> Html:
    """Why there is not all that was planned, with what is done and what is not."""
    if project.state == pb.PROJECT_STATE_FINISHED:
        return Html()
    if project.state in (pb.PROJECT_STATE_FAILED, pb.PROJECT_STATE_CANCELLED):
        is_stopped = project.state == pb.PROJECT_STATE_CANCELLED
        title = "It was stopped before its end" if is_stopped else "It could not be finished"
        reason = project.failure.reason
        why = [
            tag("p", theirs(project.failure.message) if project.failure.message
                else words("No reason was given."),
                *([" ", tag("code", one_line(reason, 100), dir="ltr")] if reason else [])),
        ]  # fmt: skip
    else:
        title = "It has not ended yet"
        why = [tag("p", words("This page shows how it stood when it was written."))]
    parted = []
    for said, is_done in (("Done", True), ("Not done", False)):
        some = [piece for piece in pieces if piece.is_done is is_done]
        if some:
            parted.append(tag("div", heading("h3", f"{said}: {len(some)}"), links(some)))
    lists = tag("div", *parted, class_="parted") if parted else Html()
    kind = STATES.get(project.state, STATES[pb.PROJECT_STATE_UNSPECIFIED])[0]
    return tag("div", heading("h2", title), *why, lists, class_=f"notice {kind}")


def _facts(project: pb.Project) -> Html:
    spent, profile = project.accounting, project.plan.profile
    facts: list[tuple[str, list[Html]]] = []
    if project.HasField("plan"):
        facts.append(("Field", _field(profile)))
    if language := language_name(profile.language):
        facts.append(("Language", [theirs(language)]))
    done = f"{project.tasks_done:,} of {project.tasks_planned:,}"
    server = _SERVERS.get(spent.served_by) or SERVED_BY.get(spent.served_by, "not known")
    facts += [
        ("Time", _time(project)),
        ("Tasks done", [words(done if project.tasks_planned else "none planned")]),
        *_costs(spent),
        ("Served by", [words(server)]),
    ]
    entries = (tag("div", heading("dt", name), tag("dd", *value)) for name, value in facts)
    return tag("dl", *entries, class_="facts")


def _costs(spent: gateway_pb2.Accounting) -> list[tuple[str, list[Html]]]:
    calls = [words(f"{spent.calls:,}")]
    if spent.replayed_calls:
        calls.append(tag("small", words(f"and {spent.replayed_calls:,} paid for before")))
    tokens = [words(f"{spent.usage.input_tokens:,} in, {spent.usage.output_tokens:,} out")]
    if spent.usage.source == gateway_pb2.USAGE_SOURCE_ESTIMATED:
        tokens.append(tag("small", words("estimated")))
    nothing = "nothing new" if spent.replayed_calls else "nothing"
    cost = (amount(spent.cost, [], spent.served_by) or "unknown") if spent.calls else nothing
    return [("Cost", [words(cost)]), ("Model calls", calls), ("Tokens", tokens)]


def _field(profile: domain_pb2.DomainProfile) -> list[Html]:
    if profile.domain in ("", "unknown"):
        return [words("none found in the goal")]
    named = [theirs(profile.local_label or field_name(profile))]
    if profile.local_label:
        named.append(tag("small", theirs(field_name(profile))))
    return [*named, tag("small", words(f"{percent(profile.confidence)} sure"))]


def _time(project: pb.Project) -> list[Html]:
    if not project.HasField("start_time"):
        return [words("not started")]
    started = moment(project.start_time)
    if not project.HasField("end_time"):
        return [words("running"), tag("small", words(f"since {started}"))]
    took = lasted(project.start_time, project.end_time)
    return [words(took), tag("small", words(f"from {started}"))]


def nothing_planned(project: pb.Project) -> Html:
    """In the place of a plan, where there is none."""
    waits = project.state == pb.PROJECT_STATE_RUNNING
    text = "It is being planned." if waits else "It ended before there was a plan."
    return joined([tag("p", words(text), class_="nothing")])
