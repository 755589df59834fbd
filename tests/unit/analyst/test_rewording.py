"""Tasks worded anew: the foreign words are not named, what is not a text stays as it was."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from attune.domain.v1.domain_pb2 import ContextItem, DomainProfile
from attune.gateway.v1 import gateway_pb2

from services.analyst.goal_analysis import GoalAnalysis
from services.analyst.performing import Performing
from services.analyst.reviewing import Reviewing
from services.analyst.rewording import RewordedAnswer, RewordedAnswers, Rewording, reworded_schema
from services.analyst.servicer import AnalystServicer
from shared.rpc.errors import InvalidArgument
from shared.structured.ask import Asked
from shared.structured.parser import Strategy

LEAKING = pb.Task(
    id="t2", title="Define workout KPIs", description="Set a KPI, and a ROI.", role="Coach",
    depends_on=["t1"], acceptance_criteria=["Every KPI is written down"], deliverable="KPI sheet",
)  # fmt: skip


@dataclass
class Fake:
    """An asker that answers with what is given."""

    answers: list[RewordedAnswer]
    prompts: list[str] = field(default_factory=list)
    options: list[dict[str, object]] = field(default_factory=list)

    async def ask(self, prompt, answer_type, **options):
        self.prompts.append(str(prompt))
        self.options.append(options)
        accounting = gateway_pb2.Accounting(calls=1)
        return Asked(RewordedAnswers(tasks=self.answers), Strategy.STRICT, accounting, ("told",))


def an_answer(task_id: str) -> RewordedAnswer:
    return RewordedAnswer(
        id=task_id, title="Choose the lifts", description="Write down loads.",
        done_when=["Each lift has a load", ""], deliverable="Sheet of loads",
    )  # fmt: skip


def a_request(**changes: object) -> pb.AnalyzeGoalRequest:
    fields: dict[str, object] = {
        "goal": "Create a bodybuilding training program",
        "profile": DomainProfile(
            domain="strength-training", label="Strength training", language="en",
            vocabulary=["squat"],
        ),
        "reword": [pb.TaskToReword(task=LEAKING, foreign_words=["KPI", "KPIs", "ROI"])],
        "project_id": "p",
    }  # fmt: skip
    return pb.AnalyzeGoalRequest(**(fields | changes))


def a_servicer(asker: Fake) -> AnalystServicer:
    return AnalystServicer(
        GoalAnalysis(asker),
        Rewording(asker),
        Performing(asker),
        Reviewing(asker),  # type: ignore[arg-type]
    )


async def test_the_model_sees_gaps_and_never_the_foreign_words() -> None:
    fake = Fake([an_answer("t2")])
    context = [ContextItem(name="old plan", text="KPIs of last year")]
    await Rewording(fake).reword(a_request(context=context))  # type: ignore[arg-type]
    (prompt,) = fake.prompts
    assert "- t2: Define workout …; Set a …, and a …; Every … is written down; … sheet" in prompt
    assert "kpi" not in prompt.casefold()
    assert "Words of this field: squat." in prompt
    assert fake.options[0]["scope"] == "p"


async def test_role_and_dependencies_stay_and_texts_are_new() -> None:
    reply = await Rewording(Fake([an_answer("t2")])).reword(a_request())  # type: ignore[arg-type]
    (task,) = reply.tasks
    assert (task.id, task.role, list(task.depends_on)) == ("t2", "Coach", ["t1"])
    assert (task.title, list(task.acceptance_criteria)) == (
        "Choose the lifts",
        ["Each lift has a load"],
    )
    assert reply.accounting.calls == 1
    assert list(reply.degraded) == ["told"]


async def test_a_task_that_was_not_asked_for_or_not_given_is_not_there() -> None:
    reply = await Rewording(Fake([an_answer("t7")])).reword(a_request())  # type: ignore[arg-type]
    assert not reply.tasks


def test_only_the_tasks_that_were_asked_for_may_be_answered() -> None:
    tasks = reworded_schema(["t2", "t5"])["properties"]["tasks"]
    assert (tasks["minItems"], tasks["maxItems"]) == (2, 2)
    assert tasks["items"]["properties"]["id"] == {"enum": ["t2", "t5"]}


async def test_every_fault_of_a_task_to_reword_is_named() -> None:
    servicer = a_servicer(Fake([]))
    reword = [
        pb.TaskToReword(task=pb.Task(id="t1"), foreign_words=[""]),
        pb.TaskToReword(task=pb.Task(id="t1", title="x"), foreign_words=["y"] * 51),
    ]
    with pytest.raises(InvalidArgument) as raised:
        await servicer.AnalyzeGoal(a_request(reword=reword), None)  # type: ignore[arg-type]
    assert [violation.field for violation in raised.value.violations] == [
        "reword[0].task.title",
        "reword[0].foreign_words[0]",
        "reword[1].task.id",
        "reword[1].foreign_words",
    ]


async def test_texts_to_reword_are_bounded_in_all() -> None:
    task = pb.Task(title="x", description="y" * 9_999, deliverable="z" * 9_999)
    reword = [pb.TaskToReword(task=pb.Task(id=f"t{n}")) for n in range(30)]
    for each in reword:
        each.task.MergeFrom(task)
    with pytest.raises(InvalidArgument) as raised:
        await a_servicer(Fake([])).AnalyzeGoal(a_request(reword=reword), None)  # type: ignore[arg-type]
    assert [violation.field for violation in raised.value.violations] == ["reword"]


async def test_rewording_needs_no_team() -> None:
    fake = Fake([an_answer("t2")])
    servicer = a_servicer(fake)
    reply = await servicer.AnalyzeGoal(a_request(), None)  # type: ignore[arg-type]
    assert [task.id for task in reply.tasks] == ["t2"]
