"""Every failure of a run on the page: the model's raw text beside what was read from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from shared.cli.page.markup import Html, heading, items, tag, theirs, words
from shared.preprod.measures import INVARIANTS
from shared.preprod.report import Report
from shared.preprod.trial import AnswerSeen, State, TextSeen, TrialSeen
from shared.structured import IntelligentJsonParser, ParseError

MOST_RAW = 6_000
"""Characters of an answer that the page shows."""
LAST_ANSWERS = 3
"""Of a trial without a result: what it ended on."""
MOST_SHOWN = 200
"""Failures of one kind; the log has all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure. answers: those that it is of, or that came before it."""

    trial: TrialSeen
    title: str
    told: Sequence[str]
    answers: Sequence[AnswerSeen] = ()
    text: TextSeen | None = None


def failures(report: Report) -> Html:
    """By kind, the gravest first; the section says so where there is nothing."""
    kinds = (
        ("Broken promises", _broken),
        ("Answers that could not be read", _unread),
        ("Words of another field", _leaks),
        ("Deliverables with something missing", _deliverables),
        ("Trials without a result", _unfinished),
    )
    parts = []
    for title, find in kinds:
        found = [failure for trial in report.trials for failure in find(trial)]
        if found:
            parts.append(heading("h3", f"{title} ({len(found):,})"))
            parts += [_failure(each) for each in found[:MOST_SHOWN]]
            if len(found) > MOST_SHOWN:
                parts.append(
                    tag("p", words(f"and {len(found) - MOST_SHOWN:,} more"), class_="note")
                )
    if not parts:
        parts = [tag("p", words("Nothing failed."), class_="nothing")]
    return tag("section", heading("h2", "Failures"), *parts, id="failures")


def _broken(trial: TrialSeen) -> Iterable[Failure]:
    for invariant in INVARIANTS.values():
        told = list(invariant.faults(trial))
        if told:
            yield Failure(trial, invariant.title, told)


def _unread(trial: TrialSeen) -> Iterable[Failure]:
    for answer in trial.answers:
        if not answer.is_usable:
            title = f"{answer.purpose}, asked {'again' if answer.ask > 1 else 'first'}"
            yield Failure(trial, title, [answer.fault or answer.read_as], [answer])


def _leaks(trial: TrialSeen) -> Iterable[Failure]:
    by_id = {answer.call_id: answer for answer in trial.answers}
    for text in trial.texts:
        if text.leaks:
            answer = by_id.get(text.name)
            told = [*(f"{word}: named by the scenario" for word in text.foreign), *text.leaked]
            title = f"answer to {answer.purpose}" if answer else f"{text.kind} {text.name}"
            yield Failure(trial, title, told, [answer] if answer else [], text)


def _deliverables(trial: TrialSeen) -> Iterable[Failure]:
    for task in trial.tasks:
        if task.faults:
            yield Failure(trial, f"{task.task_id} {task.title}", task.faults)


def _unfinished(trial: TrialSeen) -> Iterable[Failure]:
    if trial.state is not State.FINISHED:
        told = [f"{trial.reason}: {trial.message}"]
        told += [f"{task.task_id}: {fault}" for task in trial.tasks for fault in task.faults]
        yield Failure(trial, str(trial.state), told, trial.answers[-LAST_ANSWERS:])


def _failure(failure: Failure) -> Html:
    where = f"{failure.trial.key} · project {failure.trial.project_id}"
    parts = [
        tag("summary", theirs(f"{failure.trial.key}: {failure.title}: {failure.told[0]}", 200))
    ]
    parts += [tag("p", theirs(where), class_="note"), items(failure.told)]
    raws = [answer for answer in failure.answers if answer.raw is not None]
    for answer in raws:
        which = f"{answer.purpose} · call {answer.call_id} · request {answer.request_id}"
        parts.append(tag("p", theirs(which), class_="note"))
        sides = _side("What the model said", answer.raw or ""), _side(*_read(answer))
        parts.append(tag("div", *sides, class_="beside"))
    if not raws and failure.text is not None and failure.text.excerpt:
        parts.append(tag("pre", failure.text.excerpt, dir="auto"))
    return tag("details", *parts, class_="failure")


def _side(title: str, text: str) -> Html:
    more = f"\n… and {len(text) - MOST_RAW:,} characters more" if len(text) > MOST_RAW else ""
    shown = tag("pre", text[:MOST_RAW] + more, dir="auto")
    return tag("div", heading("h4", title), shown)


def _read(answer: AnswerSeen) -> tuple[str, str]:
    """How the target read it, and what this build's parser reads out of it without a form."""
    title = f"What was read: {answer.read_as}" + (
        f", {answer.repairs} changes" if answer.repairs else ""
    )
    try:
        result = IntelligentJsonParser().parse(answer.raw or "")
    except ParseError as error:
        return title, f"(nothing: {error})"
    value = result.value.model_dump() if isinstance(result.value, BaseModel) else result.value
    changes = "".join(f"\n# {repair}" for repair in result.repairs[:20])
    return title, json.dumps(value, ensure_ascii=False, indent=1) + changes
