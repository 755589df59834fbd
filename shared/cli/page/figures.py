"""The end of the page: words of other fields, what each task cost, what was repaired."""

from __future__ import annotations

from collections.abc import Sequence

from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from shared.cli.leakage_view import leak_rate, terms_text
from shared.cli.money import decimals, dollars
from shared.cli.page.markup import Html, heading, items, table, tag, theirs, words
from shared.cli.page.pieces import ENDED, Piece
from shared.cli.page.plan import link
from shared.cli.spend_view import amount_text
from shared.cli.terminal import one_line


def leakage(project: pb.Project, pieces: Sequence[Piece]) -> Html:
    """How far the texts speak the language of their own field."""
    about = (
        "Whether the texts use words that belong to another field than this goal's, found with"
        " word lists of many fields; no model is asked. Fewer is better."
    )
    facts = [_rate("The deliverables", project, project.leakage)]
    if project.HasField("plan") and project.plan.HasField("leakage"):
        facts.append(_rate("The tasks of the plan", project, project.plan.leakage))
    leaking = [piece for piece in pieces if piece.leak is not None and piece.leak.leaked_terms]
    found = (
        tag("tr", tag("td", link(piece)), tag("td", theirs(terms_text(piece.leak))))
        for piece in leaking
        if piece.leak is not None
    )
    listed = table(("Deliverable", "Words and the field that they are of"), list(found))
    return tag(
        "section",
        heading("h2", "Wording"),
        tag("p", words(about), class_="note"),
        tag("dl", *facts, class_="lines"),
        listed if leaking else Html(),
        id="wording",
    )


def _rate(name: str, project: pb.Project, report: domain_pb2.LeakageReport) -> Html:
    said = leak_rate(report)
    if not report.measured and not report.language:
        said = "not measured" if project.state in ENDED else "not measured yet"
    return tag("div", heading("dt", name), tag("dd", words(said)))


def cost(project: pb.Project, pieces: Sequence[Piece]) -> Html:
    """What planning and each task cost; an amount that is not known is not 0."""
    known = [piece for piece in pieces if piece.standing.HasField("accounting")]
    rows: list[tuple[Html, gateway_pb2.Accounting]] = []
    if project.plan.HasField("accounting"):
        rows.append((words("Planning"), project.plan.accounting))
    rows += [(link(piece), piece.standing.accounting) for piece in known]
    spent = [*(accounting.cost for _, accounting in rows), project.accounting.cost]
    places = max(decimals(one.nano_usd) for one in spent)
    shadows = max(decimals(one.shadow_nano_usd) for one in spent)
    is_mocked = any(one.HasField("shadow_nano_usd") for one in spent)

    def row(name: Html, accounting: gateway_pb2.Accounting, **attributes: str) -> Html:
        usage = accounting.usage
        cells = [f"{accounting.calls:,}", f"{usage.input_tokens:,}", f"{usage.output_tokens:,}"]
        cells.append(amount_text(accounting.cost, places) if accounting.calls else "nothing")
        if is_mocked:
            has = accounting.cost.HasField("shadow_nano_usd")
            cells.append(dollars(accounting.cost.shadow_nano_usd, shadows) if has else "")
        figures = (tag("td", words(cell), class_="right") for cell in cells)
        return tag("tr", tag("td", name), *figures, **attributes)

    body = [row(name, accounting) for name, accounting in rows]
    body.append(row(words("The whole project"), project.accounting, class_="total"))
    columns = ["", "Calls", "Tokens in", "Tokens out", "Spent"] + ["If real"] * is_mocked
    notes = [one_line(project.accounting.cost.note, 500)]
    if version := project.accounting.cost.catalogue_version:
        notes.append(f"Prices: {version}")
    return tag(
        "section",
        heading("h2", "Cost"),
        table(columns, body, figures=True),
        *(tag("p", theirs(note), class_="note") for note in notes if note),
        id="cost",
    )


def repairs(project: pb.Project) -> Html:
    """What was repaired, retried or fell back; nothing is said where nothing was."""
    notes = dict.fromkeys([*project.degraded, *project.plan.degraded])
    if not notes:
        return Html()
    about = "What did not go as it should at first, and what was done about it."
    return tag(
        "section",
        heading("h2", "Repaired, retried or fallen back"),
        tag("p", words(about), class_="note"),
        items(notes),
        id="repairs",
    )
