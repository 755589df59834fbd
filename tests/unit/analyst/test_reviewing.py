"""A verdict counts only with a passage that stands in the deliverable, word for word."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

import pytest
from attune.analyst.v1 import analyst_pb2 as pb
from attune.domain.v1.domain_pb2 import DomainProfile
from attune.gateway.v1 import gateway_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.analyst.goal_analysis import GoalAnalysis
from services.analyst.performing import Performing
from services.analyst.reviewing import (
    CANNOT_TELL,
    MET,
    NOT_MET,
    ReviewAnswer,
    Reviewing,
    VerdictAnswer,
    Work,
    judge,
)
from services.analyst.rewording import Rewording
from services.analyst.servicer import AnalystServicer
from shared.context.prompt import Prompt
from shared.rpc.errors import InvalidArgument
from shared.structured.ask import Asked, UnusableAnswer
from shared.structured.parser import Strategy

WORK = "# Loads\n\n## Squat\n\nFive sets of five\nwith 60 kg.\n\n## Rests\n\nTwo minutes each.\n"
CRITERIA = ["Each lift has a load.", "Each lift has a rest."]


def verdict(
    number: int, said: str = MET, passage: str = "Two minutes each.", finding: str = ""
) -> VerdictAnswer:
    return VerdictAnswer(criterion=str(number), passage=passage, verdict=said, finding=finding)


def judged(*verdicts: VerdictAnswer) -> list[tuple[str, str, str]]:
    """The verdict, the passage and the finding of each criterion."""
    found = judge(ReviewAnswer(verdicts=list(verdicts)), CRITERIA, Work(WORK))
    assert [each.verdict.criterion for each in found] == CRITERIA
    return [
        (pb.Verdict.Name(each.verdict.verdict), each.verdict.passage, each.verdict.finding)
        for each in found
    ]


def test_a_verdict_keeps_its_passage_as_it_stands_in_the_work() -> None:
    found = judged(
        verdict(1, MET, "“five sets of five with 60 kg”".replace("five s", "Five s")),
        verdict(2, NOT_MET, "", "The squat has no rest."),
    )
    assert found == [
        ("VERDICT_MET", "Five sets of five\nwith 60 kg", ""),
        ("VERDICT_NOT_MET", "", "The squat has no rest."),
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (verdict(1, MET, "Five sets of eight"), "the passage 'Five sets of eight' on criterion 1"),
        (verdict(1, NOT_MET, "Rest as you like", "x"), "is not in the work"),
        (verdict(1, CANNOT_TELL, "Rest as you like", "x"), "is not in the work"),
        (verdict(1, MET, ""), "criterion 1 is said to be met, without a passage"),
        (verdict(1, MET, "..."), "criterion 1 is said to be met, without a passage"),
        (verdict(1, NOT_MET, ""), "criterion 1 is said not to be met, without a finding"),
        (verdict(1, "maybe"), "there is no one verdict on criterion 1, but 'maybe'"),
        (verdict(3), "there is no one verdict on criterion 1, but nothing"),
    ],
)
def test_what_rests_on_nothing_cannot_tell(answer: VerdictAnswer, why: str) -> None:
    (said, passage, finding), (other, _, _) = judged(answer, verdict(2))
    assert (said, passage) == ("VERDICT_CANNOT_TELL", "")
    assert finding.startswith("not judged: ")
    assert why in finding
    assert other == "VERDICT_MET"


def test_two_verdicts_that_differ_are_none() -> None:
    (said, _, finding), _ = judged(verdict(1), verdict(1, NOT_MET, "", "x"), verdict(2))
    assert (said, finding) == (
        "VERDICT_CANNOT_TELL",
        "not judged: there is no one verdict on criterion 1, but 'met', 'not met'",
    )


@given(st.text(max_size=200), st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_said_to_stand_in_a_text_does(text: str, before: str, after: str) -> None:
    whole = f"{before}{text}{after}"
    found = Work(whole).passage(text)
    assert found in unicodedata.normalize("NFC", whole)
    said = unicodedata.normalize("NFC", text)
    assert "".join(found.split()) in "".join(said.split())


WORDS = st.lists(
    st.sampled_from(["one", "two", "three,", "vier", "五六七"]), min_size=2, max_size=30
)


@given(WORDS, st.data())
def test_every_run_of_words_is_found_whatever_its_breaks(
    words: list[str], data: st.DataObject
) -> None:
    breaks = data.draw(st.lists(st.sampled_from([" ", "\n", "\n\n", "  "]), min_size=len(words)))
    text = "".join(word + gap for word, gap in zip(words, breaks, strict=False))
    first = data.draw(st.integers(0, len(words) - 2))
    wanted = words[first : data.draw(st.integers(first + 2, len(words)))]
    found = Work(text).passage(" ".join(wanted))
    assert " ".join(found.split()).strip(",") == " ".join(wanted).strip(",")
    assert found in text


def test_a_hostile_passage_takes_no_time() -> None:
    assert Work("a " * 100_000).passage("a " * 999 + "b") == ""


@dataclass
class Fake:
    """An asker that gives one answer after the other."""

    answers: list[ReviewAnswer | UnusableAnswer]
    prompts: list[Prompt] = field(default_factory=list)

    async def ask(self, prompt, answer_type, **options):
        self.prompts.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, UnusableAnswer):
            raise answer
        return Asked(answer, Strategy.STRICT, gateway_pb2.Accounting(calls=1), ())


def a_request(**changes: object) -> pb.ReviewDeliverableRequest:
    fields: dict[str, object] = {
        "deliverable": pb.Deliverable(task_id="t2", markdown=WORK),
        "acceptance_criteria": CRITERIA,
        "profile": DomainProfile(domain="strength-training", label="Strength", language="en"),
        "project_id": "p",
    }
    return pb.ReviewDeliverableRequest(**(fields | changes))


async def reviewed(
    *answers: ReviewAnswer | UnusableAnswer,
) -> tuple[pb.ReviewDeliverableResponse, Fake]:
    fake = Fake(list(answers))
    return await Reviewing(fake).review(a_request()), fake  # type: ignore[arg-type]


async def test_the_reviewer_is_shown_the_work_and_not_how_it_was_asked_for() -> None:
    reply, fake = await reviewed(ReviewAnswer(verdicts=[verdict(1), verdict(2)]))
    told = str(fake.prompts[0])
    assert "Five sets of five\nwith 60 kg." in told
    assert "1. Each lift has a load.\n2. Each lift has a rest." in told
    assert fake.prompts[0].purpose == "review_deliverable"
    assert [each.verdict for each in reply.verdicts] == [pb.VERDICT_MET] * 2
    assert (reply.accounting.calls, list(reply.degraded)) == (1, [])


async def test_an_invented_passage_is_asked_about_once_more() -> None:
    reply, fake = await reviewed(
        ReviewAnswer(verdicts=[verdict(1, MET, "Six sets"), verdict(2)]),
        ReviewAnswer(verdicts=[verdict(1, MET, "with 60 kg"), verdict(2, NOT_MET, "", "x")]),
    )
    assert "- the passage 'Six sets' on criterion 1 is not in the work" in str(fake.prompts[1])
    assert [each.verdict for each in reply.verdicts] == [pb.VERDICT_MET] * 2
    assert reply.verdicts[0].passage == "with 60 kg"
    assert reply.accounting.calls == 2
    assert len(reply.degraded) == 1


@pytest.mark.parametrize(
    "second",
    [
        ReviewAnswer(verdicts=[verdict(1, MET, "Seven sets"), verdict(2)]),
        UnusableAnswer("no JSON", gateway_pb2.Accounting(calls=1)),
    ],
)
async def test_what_is_invented_twice_stays_open_and_is_told(
    second: ReviewAnswer | UnusableAnswer,
) -> None:
    reply, _ = await reviewed(
        ReviewAnswer(verdicts=[verdict(1, MET, "Six sets"), verdict(2)]), second
    )
    assert [each.verdict for each in reply.verdicts] == [pb.VERDICT_CANNOT_TELL, pb.VERDICT_MET]
    assert reply.accounting.calls == 2
    assert any("is not in the work" in each for each in reply.degraded[1:])


async def test_every_fault_of_a_review_is_named() -> None:
    fake = Fake([])
    servicer = AnalystServicer(
        GoalAnalysis(fake), Rewording(fake), Performing(fake), Reviewing(fake)  # type: ignore[arg-type]
    )  # fmt: skip
    request = a_request(
        deliverable=pb.Deliverable(markdown="x" * 200_001),
        acceptance_criteria=["", *["x"] * 20],
        model="m" * 201,
    )
    with pytest.raises(InvalidArgument) as raised:
        await servicer.ReviewDeliverable(request, None)  # type: ignore[arg-type]
    assert [violation.field for violation in raised.value.violations] == [
        "deliverable.markdown", "acceptance_criteria", "acceptance_criteria[0]", "model",
    ]  # fmt: skip
