"""Turns what a system answered, and what its books and texts show, into a trial's values."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from attune.analyst.v1 import analyst_pb2
from attune.client import AttuneClient
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

from shared.cli.cost_view import SERVED_BY
from shared.cli.preprod.asking import ASK_SECONDS, Depth, Order, Outcome
from shared.cli.preprod.books import books_of
from shared.context.templates import OUTPUT
from shared.preprod.faithful import PERFORM, REWORD, TASKS, Checked, Raw, check_faithful
from shared.preprod.plan_rules import deliverable_faults, plan_problems
from shared.preprod.scenario import Scenario
from shared.preprod.trial import AnswerSeen, State, TaskSeen, TextKind, TextSeen, TrialSeen
from shared.rpc.checks import MAX_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS_IN_ALL, MAX_TEXTS
from shared.rpc.errors import AttuneError

MEASURE_SECONDS = 120.0
EXCERPT = 600
"""Characters of a leaking text that the report shows."""
WORDED = ("propose_team", TASKS, REWORD, PERFORM)
"""Purposes whose answers are words of the goal's field."""
NO_EXPORT = "EXPORT_NOT_ALLOWED"
_FORM = re.compile(rf"{re.escape(OUTPUT)}\n?.*")
_READ = re.compile("READ_AS_|FINISH_REASON_")
Calls = Sequence[gateway_pb2.RecordedCall]


async def see(
    client: AttuneClient, order: Order, outcome: Outcome, repeat: int, seconds: float
) -> tuple[TrialSeen, Calls]:
    """The trial, and its calls as the journal has them. Whatever cannot be seen breaks it."""
    notes: list[str] = []
    calls = await _exported(client, order.project_id, notes)
    spent = await client.gateway.GetSpend(
        gateway_pb2.GetSpendRequest(
            project_id=order.project_id, group_by=[gateway_pb2.SPEND_GROUP_SERVED_BY]
        ),
        timeout=ASK_SECONDS,
    )
    answers = answers_seen(outcome.accounting.answers, calls or ())
    texts = await _measured(client, order.scenario, _texts(outcome, answers, calls or ()))
    plan, scenario = outcome.plan, order.scenario
    checked = Checked()
    if calls is not None:
        raws = _raws(answers, calls)
        deliverables = outcome.project.deliverables if outcome.project else ()
        checked = await asyncio.to_thread(
            check_faithful,
            plan.tasks if plan else (),
            deliverables,
            raws,
            outcome.degraded,
            plan.team if plan else (),
        )
    problems: tuple[str, ...] = ()
    if plan is not None:
        problems = await asyncio.to_thread(plan_problems, plan, scenario.goal, scenario.limits)
    domain = outcome.profile.domain if outcome.profile else ""
    trial = TrialSeen(
        scenario=scenario.id,
        repeat=repeat,
        project_id=order.project_id,
        state=outcome.state,
        reason=outcome.reason,
        message=outcome.message,
        seconds=round(seconds, 3),
        served_by=tuple(sorted({SERVED_BY.get(r.served_by, "?") for r in spent.rows if r.calls})),
        models=tuple(sorted({c.response.model for c in calls or () if c.response.model})),
        domain=domain,
        domain_is_right=domain in scenario.domains if domain else None,
        has_plan=plan is not None,
        problems=problems,
        degraded=tuple(outcome.degraded),
        unseen=tuple(notes),
        faithful_checks=checked.checks,
        lost=tuple(checked.lost),
        language=scenario.language,
        is_project=order.depth is Depth.PROJECT,
        answers=answers,
        texts=tuple(texts),
        tasks=tasks_seen(plan, outcome.project),
        books=books_of(outcome, spent.total, calls),
    )
    return trial, calls or ()


def broken(order: Order, outcome: Outcome, repeat: int, seconds: float, why: str) -> TrialSeen:
    """A trial of which nothing more can be seen, since a service does not answer."""
    return TrialSeen(
        scenario=order.scenario.id, repeat=repeat, project_id=order.project_id,
        state=State.BROKEN, reason=outcome.reason or "NOT_SEEN", message=why,
        seconds=round(seconds, 3), language=order.scenario.language,
        is_project=order.depth is Depth.PROJECT,
    )  # fmt: skip


async def _exported(client: AttuneClient, project_id: str, notes: list[str]) -> Calls | None:
    request = gateway_pb2.ExportCallsRequest(project_id=project_id)
    try:
        stream = client.gateway.ExportCalls(request, timeout=MEASURE_SECONDS)
        calls = [reply.call async for reply in stream]
        if not all(call.content_kept for call in calls):
            notes.append(
                "the journal keeps no texts (ATTUNE_KEEP_CONTENT): nothing was read in them"
            )
        return calls
    except AttuneError as error:
        if error.reason != NO_EXPORT:
            raise
        notes.append(f"raw answers were not looked at: {error.message}")
        return None


def answers_seen(reads: Iterable[gateway_pb2.AnswerRead], calls: Calls) -> tuple[AnswerSeen, ...]:
    """Every answer that the target tells of, with its text from the journal."""
    by_id = {call.response.call_id: call for call in calls if call.HasField("response")}
    seen = []
    for read in reads:
        call = by_id.get(read.call_id)
        reply = call.response if call else gateway_pb2.CompleteResponse()
        known = reply.cost.HasField("nano_usd")
        seen.append(
            AnswerSeen(
                call_id=read.call_id,
                request_id=read.request_id,
                purpose=read.purpose,
                ask=max(1, read.ask),
                read_as=_word(gateway_pb2.ReadAs.Name(read.read_as)),
                fault=read.fault,
                repairs=read.repairs,
                finish_reason=_word(gateway_pb2.FinishReason.Name(read.finish_reason)),
                latency_ms=read.latency_ms,
                replayed=read.replayed,
                raw=(reply.text or reply.refusal) if call and call.content_kept else None,
                input_tokens=reply.usage.input_tokens,
                output_tokens=reply.usage.output_tokens,
                cost_nano_usd=reply.cost.nano_usd if known else None,
            )
        )
    return tuple(seen)


def tasks_seen(plan: pb.Plan | None, project: pb.Project | None) -> tuple[TaskSeen, ...]:
    """Every task of a plan with what became of it."""
    if plan is None:
        return ()
    standings = {each.task_id: each for each in project.tasks} if project else {}
    works = {each.task_id: each.markdown for each in project.deliverables} if project else {}
    seen = []
    for task in plan.tasks:
        verdicts = [v.verdict for v in standings[task.id].verdicts] if task.id in standings else []
        work = works.get(task.id)
        faults = deliverable_faults(work) if work is not None else ()
        if task.id in standings and standings[task.id].fault:
            faults = (*faults, standings[task.id].fault)
        seen.append(
            TaskSeen(
                task_id=task.id,
                title=task.title,
                done=work is not None,
                characters=len(work or ""),
                faults=faults,
                met=verdicts.count(analyst_pb2.VERDICT_MET),
                not_met=verdicts.count(analyst_pb2.VERDICT_NOT_MET),
                cannot_tell=verdicts.count(analyst_pb2.VERDICT_CANNOT_TELL),
            )
        )
    return tuple(seen)


def _word(name: str) -> str:
    return _READ.sub("", name).lower()


def _raws(answers: Sequence[AnswerSeen], calls: Calls) -> list[Raw]:
    by_id = {call.response.call_id: call for call in calls if call.HasField("response")}
    return [
        Raw(answer, answer.raw, by_id[answer.call_id].request.response_schema)
        for answer in answers
        if answer.raw is not None and answer.call_id in by_id
    ]


def _texts(
    outcome: Outcome, answers: Sequence[AnswerSeen], calls: Calls
) -> list[tuple[TextKind, str, str]]:
    """Kind, name and text of all that is in the goal's own words."""
    found = []
    for task in outcome.plan.tasks if outcome.plan else ():
        parts = (task.title, task.description, *task.acceptance_criteria, task.deliverable)
        found.append((TextKind.TASK, task.id, "\n".join(parts)))
    works = outcome.project.deliverables if outcome.project else ()
    found += [(TextKind.DELIVERABLE, work.task_id, work.markdown) for work in works]
    found += [
        (TextKind.ANSWER, answer.call_id, _words_of(answer.raw))
        for answer in answers
        if answer.purpose in WORDED and answer.raw is not None and not answer.replayed
    ]
    found += [
        (TextKind.PROMPT, f"{call.request.purpose}, call {call.response.call_id}", _told(call))
        for call in calls
        if call.request.purpose in WORDED
    ]
    return [(kind, name, text) for kind, name, text in found if text.strip()][:MAX_TEXTS]


async def _measured(
    client: AttuneClient, scenario: Scenario, texts: Sequence[tuple[TextKind, str, str]]
) -> list[TextSeen]:
    """Against the field that is right for the goal, whatever field the target took it for."""
    if not texts:
        return []
    most = min(MAX_TEXT_CHARACTERS, MAX_TEXT_CHARACTERS_IN_ALL // len(texts))
    request = domain_pb2.MeasureLeakageRequest(
        goal=scenario.goal,
        profile=domain_pb2.DomainProfile(
            domain=scenario.domains[0],
            label=scenario.domains[0].replace("-", " "),
            confidence=1.0,
            language=scenario.language,
            source=domain_pb2.PROFILE_SOURCE_CALLER,
            alternatives=[
                domain_pb2.DomainAlternative(domain=other, confidence=0.1)
                for other in scenario.domains[1:]
            ],
        ),
        texts=[text[:most] for _, _, text in texts],
    )
    report = (await client.domain.MeasureLeakage(request, timeout=MEASURE_SECONDS)).report
    seen = []
    for (kind, name, text), leak in zip(texts, report.texts, strict=True):
        leaked = tuple(f"{term.term} ({term.field})" for term in leak.leaked_terms)
        foreign = tuple(scenario.foreign_words(text))
        seen.append(
            TextSeen(
                kind=kind, name=name, language=leak.language or "und", measured=report.measured,
                leaked=leaked, foreign=foreign,
                excerpt=text[:EXCERPT] if leaked or foreign else "",
            )
        )  # fmt: skip
    return seen


def _told(call: gateway_pb2.RecordedCall) -> str:
    """What the model was told by us: the system's messages, not the goal and what is known.

    Without the sentence that asks for JSON and the form after it: names of parts, in English
    whatever the goal's language is.
    """
    return "\n".join(
        _FORM.sub("", message.content)
        for message in call.request.messages
        if message.role == gateway_pb2.ROLE_SYSTEM
    )


def _words_of(raw: str) -> str:
    """The texts in an answer, without keys and marks of JSON where it is JSON."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return "\n".join(_strings(value))


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
