"""A task becomes a document; one that is unfinished is asked for once more, and then refused."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from attune.domain.v1.domain_pb2 import ContextItem, DomainProfile
from attune.gateway.v1 import gateway_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.analyst.documents import DocumentAnswer, PartAnswer, longest_part, unfinished
from services.analyst.goal_analysis import GoalAnalysis
from services.analyst.performing import UNFINISHED, Performing
from services.analyst.reviewing import Reviewing
from services.analyst.rewording import Rewording
from services.analyst.servicer import AnalystServicer
from services.gateway.calls import Message, ProviderRequest, Role
from services.gateway.mock import MockProvider
from shared.context.prompt import Prompt
from shared.rpc.errors import InvalidArgument
from shared.structured.ask import Asked, UnusableAnswer, spent_in
from shared.structured.parser import Strategy

TASK = pb.Task(
    id="t2", title="Choose the loads", description="Write down a load for each lift.",
    acceptance_criteria=["Each lift has a load."], deliverable="Sheet of loads",
    role="Coach", depends_on=["t1"],
)  # fmt: skip
GOOD = "Squat: 60 kg, five sets of five. Bench press: 45 kg, five sets of five."
REST = "Two minutes between sets; three before the heaviest one of the day."


def a_document(text: str = REST) -> DocumentAnswer:
    parts = [("Loads", GOOD), ("Rests", text)]
    return DocumentAnswer(
        title="Sheet", parts=[PartAnswer(heading=name, text=said) for name, said in parts]
    )


@dataclass
class Fake:
    """An asker that gives one answer after the other."""

    answers: list[DocumentAnswer | UnusableAnswer]
    prompts: list[Prompt] = field(default_factory=list)

    async def ask(self, prompt, answer_type, **options):
        self.prompts.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, UnusableAnswer):
            raise answer
        spent = gateway_pb2.Accounting(calls=1, attempts=1)
        return Asked(answer, Strategy.STRICT, spent, (f"call {len(self.prompts)}",))


def a_request(**changes: object) -> pb.PerformTaskRequest:
    profile = DomainProfile(
        domain="strength-training", label="Strength training", language="en", vocabulary=["squat"]
    )
    fields: dict[str, object] = {
        "task": TASK, "profile": profile, "project_id": "p",
        "goal": "Create a bodybuilding training program",
        "context": [ContextItem(name="t1", text="There is one barbell.")],
    }  # fmt: skip
    return pb.PerformTaskRequest(**(fields | changes))


async def test_the_model_is_told_the_task_its_goal_and_what_is_known() -> None:
    fake = Fake([a_document()])
    reply = await Performing(fake).perform(a_request())  # type: ignore[arg-type]
    told = str(fake.prompts[0])
    for text in (TASK.title, TASK.description, TASK.deliverable, *TASK.acceptance_criteria,
                 "There is one barbell.", "bodybuilding", "Strength training", "in English"):  # fmt: skip
        assert text in told
    assert "Coach" not in told
    assert reply.deliverable.task_id == "t2"
    assert reply.deliverable.markdown.startswith("# Sheet\n\n## Loads\n\nSquat: 60 kg")
    assert (reply.accounting.calls, list(reply.degraded)) == (1, ["call 1"])


async def test_an_unfinished_document_is_asked_for_again_with_what_is_wrong() -> None:
    fake = Fake([a_document("TBD, since nobody has measured it so far."), a_document()])
    reply = await Performing(fake).perform(a_request(findings=["too short"]))  # type: ignore[arg-type]
    first, second = map(str, fake.prompts)
    assert "- too short" in first
    assert "- too short\n- the part 'Rests' has 'TBD'" in second
    assert reply.accounting.calls == 2
    assert list(reply.degraded)[1].startswith("perform_task: a deliverable was unfinished")
    assert "TBD" not in reply.deliverable.markdown


@pytest.mark.parametrize(
    "second",
    [
        a_document("[insert the rests here, please]"),
        UnusableAnswer("no JSON", gateway_pb2.Accounting(calls=1), reason=UNFINISHED),
    ],
)
async def test_a_second_one_that_is_no_better_is_refused_with_all_that_was_spent(
    second: DocumentAnswer | UnusableAnswer,
) -> None:
    fake = Fake([a_document(""), second])
    with pytest.raises(UnusableAnswer) as raised:
        await Performing(fake).perform(a_request())  # type: ignore[arg-type]
    assert raised.value.reason == UNFINISHED
    assert spent_in(raised.value).calls == 2
    assert raised.value.metadata["project_id"] == "p"


async def test_every_fault_of_a_task_is_named() -> None:
    asker = Fake([])
    servicer = AnalystServicer(
        GoalAnalysis(asker),
        Rewording(asker),
        Performing(asker),
        Reviewing(asker),  # type: ignore[arg-type]
    )
    request = a_request(
        task=pb.Task(id="t1", acceptance_criteria=["x"] * 21), goal="x" * 9_000,
        context=[ContextItem(name="", text="x")], language="??", findings=["x"] * 201,
    )  # fmt: skip
    with pytest.raises(InvalidArgument) as raised:
        await servicer.PerformTask(request, None)  # type: ignore[arg-type]
    assert [violation.field for violation in raised.value.violations] == [
        "task.title", "task.acceptance_criteria", "goal", "context[0].name", "language", "findings",
    ]  # fmt: skip
    assert not asker.prompts


@dataclass
class OnTheMock:
    """An asker that puts the prompt to the mock itself."""

    made: list[DocumentAnswer] = field(default_factory=list)

    async def ask(self, prompt, answer_type, **options):
        roles = {gateway_pb2.ROLE_SYSTEM: Role.SYSTEM, gateway_pb2.ROLE_USER: Role.USER}
        messages = tuple(Message(roles[each.role], each.content) for each in prompt.messages())
        asked = ProviderRequest(messages, "m", response_schema=json.loads(prompt.schema_text()))
        answer = answer_type.model_validate_json((await MockProvider().complete(asked)).text)
        self.made.append(answer)
        return Asked(answer, Strategy.STRICT, gateway_pb2.Accounting(calls=1), ())


@pytest.mark.parametrize(
    ("language", "goal", "title", "description", "words"),
    [
        ("en", "Tune the church organ", "Clean the reed pipes", "Take out each reed and clean it.", ["reed", "wind chest"]),
        ("de", "Die Orgel stimmen", "Die Pfeifen reinigen", "Jede Pfeife herausnehmen und reinigen.", ["Zungenpfeife", "Windlade"]),
        ("fr", "Accorder l'orgue", "Nettoyer les tuyaux", "Sortir chaque tuyau et le nettoyer.", ["jeu d'anches", "sommier"]),
        ("it", "Accordare l'organo", "Pulire le canne", "Togliere ogni canna e pulirla.", ["canna ad ancia", "somiere"]),
        ("es", "Afinar el órgano", "Limpiar los tubos", "Sacar cada tubo y limpiarlo.", ["tubo de lengüeta", "secreto"]),
        ("pt", "Afinar o órgão", "Limpar os tubos", "Tirar cada tubo e limpá-lo.", ["palheta", "someiro"]),
        ("nl", "Het orgel stemmen", "De pijpen schoonmaken", "Elke pijp eruit nemen en schoonmaken.", ["tongwerk", "windlade"]),
        ("zh", "给教堂管风琴调音", "清洁簧管", "取出每根簧管并清洁。", ["簧管", "风箱"]),
        ("ja", "教会のオルガンを調律する", "リード管を掃除する", "リード管を一本ずつ外して掃除する。", ["リード管", "風箱"]),
        ("ar", "ضبط أرغن الكنيسة", "تنظيف الأنابيب", "إخراج كل أنبوب وتنظيفه.", ["أنبوب القصبة", "صندوق الهواء"]),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) == 2 else "",
)  # fmt: skip
async def test_the_mocks_documents_are_finished_in_every_language(
    language: str, goal: str, title: str, description: str, words: list[str]
) -> None:
    asker = OnTheMock()
    task = pb.Task(id="t1", title=title, description=description)
    profile = DomainProfile(domain="organ", label="Organ", language=language, vocabulary=words)
    request = pb.PerformTaskRequest(task=task, profile=profile, goal=goal)
    reply = await Performing(asker).perform(request)  # type: ignore[arg-type]
    assert not reply.degraded
    assert any(word.casefold() in reply.deliverable.markdown.casefold() for word in words)


_PLAIN = st.characters(exclude_categories=("Cs", "Cc"))


@given(st.text(_PLAIN, min_size=1, max_size=60), st.text(_PLAIN, max_size=120))
def test_whatever_the_task_the_mock_does_not_tell_it_back(title: str, description: str) -> None:
    task = pb.Task(id="t1", title=title, description=description)
    asker = OnTheMock()
    performing = Performing(asker)  # type: ignore[arg-type]
    try:
        asyncio.run(performing.perform(pb.PerformTaskRequest(task=task)))
    except UnusableAnswer:  # a task of placeholders gives a document of them, which is refused
        assert unfinished(asker.made[-1], task, 4_000)


async def test_a_second_one_that_is_cut_off_too_ends_with_its_last_whole_sentence_and_says_so() -> (
    None
):
    longest = longest_part(300)
    cut = a_document(f"{REST} Then walk. {'a' * longest}"[:longest])
    reply = await Performing(Fake([cut, cut])).perform(a_request(max_tokens=300))  # type: ignore[arg-type]
    assert reply.deliverable.markdown.endswith("Then walk.\n")
    assert any("last words" in line for line in reply.degraded)
