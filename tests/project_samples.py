"""Projects as the director would give them, for what shows them."""

from __future__ import annotations

from collections.abc import Sequence

from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2

MARKDOWN = """# Twelve weeks

Train **four** times a *week*, see [the study](https://example.org/volume).

| Day | Sets |
|:----|-----:|
| Monday | 16 |

1. Squat
2. Deadlift
   - with straps

- [x] Log the load
- [ ] Log the sleep

> Stop when it hurts.

```python
print("sets")
```
"""
TITLES = ("Gather what is known", "Choose exercises", "Set the volume", "Write the block",
          "Plan the meals", "Check it all")  # fmt: skip
NEEDS = ((), (0,), (0,), (1, 2), (0,), (0, 3, 4))
ROLES = ("Coach", "Dietitian")
CRITERIA = ("It covers twelve weeks", "Sets are in numbers")
STARTED = 1_780_000_000


def spent(calls: int, nano_usd: int) -> gateway_pb2.Accounting:
    """What a real model took."""
    made = gateway_pb2.Accounting(calls=calls, attempts=calls, served_by=gateway_pb2.SERVED_BY_REAL)
    made.usage.input_tokens, made.usage.output_tokens = 1_850 * calls, 1_200 * calls
    made.cost.nano_usd, made.cost.status = nano_usd, gateway_pb2.COST_STATUS_EXACT
    return made


def project(
    *,
    done: Sequence[int] = range(len(TITLES)),
    markdown: str = MARKDOWN,
    language: str = "en",
    titles: Sequence[str] = TITLES,
    needs: Sequence[Sequence[int]] = NEEDS,
) -> pb.Project:
    """A project with a plan, finished where all is done and failed otherwise."""
    made = pb.Project(project_id="p-1", goal="Create a bodybuilding program", tasks_done=len(done))
    made.state = pb.PROJECT_STATE_FINISHED
    made.tasks_planned = len(titles)
    made.start_time.seconds, made.end_time.seconds = STARTED, STARTED + 754
    made.accounting.CopyFrom(spent(9, 23_450_000))
    plan = made.plan
    plan.profile.MergeFrom(
        domain_pb2.DomainProfile(
            domain="strength-training", label="Strength training", confidence=0.97,
            language=language,
        )
    )  # fmt: skip
    plan.accounting.CopyFrom(spent(3, 4_120_000))
    for role in ROLES:
        plan.team.add(name=role, responsibility=f"Answers for a {role}", skills=["sets", "rest"])
    for place, title in enumerate(titles):
        name = f"t{place + 1}"
        plan.tasks.add(
            id=name, title=title, description=f"How to: {title}", role=ROLES[place % 2],
            depends_on=[f"t{one + 1}" for one in needs[place]], acceptance_criteria=CRITERIA,
            deliverable="A document",
        )  # fmt: skip
        standing = made.tasks.add(task_id=name, state=pb.TASK_STATE_OPEN)
        if place not in done:
            continue
        made.deliverables.add(task_id=name, markdown=markdown)
        made.leakage.texts.add()
        standing.state, standing.rounds = pb.TASK_STATE_DONE, 1
        standing.accounting.CopyFrom(spent(1, 1_000_000))
        standing.verdicts.add(
            criterion=CRITERIA[0], verdict=analyst_pb2.VERDICT_MET, passage="Twelve weeks"
        )
        standing.verdicts.add(
            criterion=CRITERIA[1], verdict=analyst_pb2.VERDICT_NOT_MET, finding="Rests have none."
        )
    plan.open_questions.add(question="Which equipment is there?", task_id="t1")
    made.leakage.measured, made.leakage.language = bool(done), "en" if done else ""
    made.leakage.interval_high = 0.39
    return made


def failed() -> pb.Project:
    """Three of six tasks are done, one failed."""
    made = project(done=(0, 1, 2))
    made.state = pb.PROJECT_STATE_FAILED
    made.tasks[3].state, made.tasks[3].fault = pb.TASK_STATE_FAILED, "It was cut off twice."
    made.failure.MergeFrom(
        pb.ProjectFailed(
            reason="TASKS_FAILED", message="A task has no deliverable.",
            tasks_done=["t1", "t2", "t3"], tasks_open=["t4", "t5", "t6"],
        )
    )  # fmt: skip
    return made


def with_text_everywhere(text: str) -> pb.Project:
    """Each field that is text is this one, names that others refer to included."""
    made = failed()
    for message in (made, made.plan, made.failure, made.plan.profile, *made.plan.team,
                    *made.plan.tasks, *made.tasks, *made.plan.open_questions, *made.deliverables,
                    *(verdict for standing in made.tasks for verdict in standing.verdicts),
                    made.accounting.cost, made.leakage.texts[0].leaked_terms.add(count=2)):  # fmt: skip
        for field in message.DESCRIPTOR.fields:
            if field.type != field.TYPE_STRING:
                continue
            if field.is_repeated:
                getattr(message, field.name)[:] = [text]
            else:
                setattr(message, field.name, text)
    made.degraded[:] = [text]
    return made
