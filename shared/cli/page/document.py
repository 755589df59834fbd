"""Puts the page together, under a policy that lets it load and run nothing."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib import resources

import langcodes
from attune.director.v1 import director_pb2 as pb

from shared.cli.page import figures, overview
from shared.cli.page.markup import Html, heading, joined, tag, words
from shared.cli.page.pieces import Piece, pieces_of
from shared.cli.page.plan import graph, open_questions, tasks, team
from shared.cli.page.work import deliverables
from shared.cli.terminal import one_line
from shared.context.language import UNDETERMINED, is_language_tag

_RIGHT_TO_LEFT = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
_TITLE = 90


def project_page(project: pb.Project) -> str:
    """`project` as one HTML document, whatever state it is in.

    All text is escaped, Markdown is set without markup of its own, and the page has no script
    and no address that it would load.
    """
    pieces = pieces_of(project)
    goal = project.goal or project.plan.goal
    style = resources.files(__package__).joinpath("style.css").read_text("utf-8")
    language = project.plan.profile.language
    if not is_language_tag(language) or language == UNDETERMINED:
        language = "en"
    page = tag(
        "html",
        head(one_line(goal, _TITLE) or "Project", style),
        tag("body", *_body(project, goal, pieces)),
        lang=language,
        dir=_direction(language),
    )
    return f"<!DOCTYPE html>\n{page}\n"


def head(title: str, style: str) -> Html:
    """The head of a page that loads and runs nothing: its policy allows this style alone."""
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="Attune"),
        tag("title", title),
        tag("style", Html(style)),
    )


def _body(project: pb.Project, goal: str, pieces: list[Piece]) -> list[Html]:
    plan = project.plan
    planned = [graph(pieces), tasks(pieces)] if pieces else [overview.nothing_planned(project)]
    sections = [
        tag("section", heading("h2", "Plan"), *planned, id="plan"),
        open_questions(plan, pieces),
        tag("section", heading("h2", "Team"), team(plan), id="team") if plan.team else Html(),
        tag("section", heading("h2", "Deliverables"), deliverables(pieces), id="deliverables")
        if pieces else Html(),
        figures.leakage(project, pieces) if pieces else Html(),
        figures.cost(project, pieces),
        figures.repairs(project),
    ]  # fmt: skip
    identity = [words("Made with Attune")]
    if project.project_id:
        identity += [words(" · project "), tag("code", one_line(project.project_id), dir="ltr")]
    return [
        overview.head(project, goal, pieces),
        tag("main", *sections),
        tag("footer", tag("p", joined(identity))),
    ]


def _direction(language: str) -> str:
    script = langcodes.Language.get(language, normalize=False).maximize().script
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"
