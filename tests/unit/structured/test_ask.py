"""What a caller of `ask` may rely on: validated values, at most one re-ask, all metered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from shared.context.prompt import Prompt, build_prompt, goal_part
from shared.rpc.errors import Aborted, AttuneError, from_status, to_status
from shared.structured import ask as asking
from shared.structured.ask import Asked, Asker, UnusableAnswer
from shared.structured.parser import Strategy


class Bread(BaseModel):
    flour_grams: int


class ScriptedGateway:
    """Gives the answers in turn, errors raised, and keeps what it was asked."""

    def __init__(self, answers: Sequence[pb.CompleteResponse | AttuneError]) -> None:
        self._answers = list(answers)
        self.asked: list[pb.CompleteRequest] = []

    async def Complete(self, request: pb.CompleteRequest) -> pb.CompleteResponse:  # noqa: N802
        self.asked.append(request)
        answer = self._answers[len(self.asked) - 1]
        if isinstance(answer, AttuneError):
            raise answer
        return answer


def an_answer(text: str, **more: object) -> pb.CompleteResponse:
    return pb.CompleteResponse(
        text=text,
        attempts=1,
        usage=pb.Usage(input_tokens=10, output_tokens=4, source=pb.USAGE_SOURCE_PROVIDER),
        cost=pb.Cost(nano_usd=7, status=pb.COST_STATUS_EXACT),
        served_by=pb.SERVED_BY_REAL,
        **more,
    )


def a_prompt() -> Prompt:
    schema = {"type": "object", "properties": {"flour_grams": {"type": "integer"}}}
    return build_prompt("propose_team", schema=schema, user=[goal_part("Bake bread")])


async def asked(gateway: ScriptedGateway, **more: str) -> Asked[Bread]:
    registry = CollectorRegistry()
    asker = Asker(gateway, "director", registry)
    return await asker.ask(a_prompt(), Bread, project_id="p", max_output_tokens=100, **more)


async def test_a_good_answer_is_validated_and_metered() -> None:
    gateway = ScriptedGateway([an_answer('{"flour_grams": 500}')])
    result = await asked(gateway, model="m")
    assert result.value == Bread(flour_grams=500)
    assert (result.strategy, result.degraded) == (Strategy.STRICT, ())
    assert (result.accounting.calls, result.accounting.cost.nano_usd) == (1, 7)
    request = gateway.asked[0]
    assert (request.agent, request.purpose, request.model) == ("director", "propose_team", "m")
    assert "flour_grams" in request.response_schema


async def test_an_unusable_answer_is_asked_again_with_only_its_fault_and_both_are_paid() -> None:
    gateway = ScriptedGateway([an_answer('{"flour": 1}'), an_answer('{"flour_grams": 500}')])
    result = await asked(gateway, scope="p")
    assert result.value.flour_grams == 500
    assert (result.accounting.calls, result.accounting.cost.nano_usd) == (2, 14)
    assert "flour_grams: is missing" in gateway.asked[1].messages[1].content
    assert gateway.asked[0].request_id != gateway.asked[1].request_id
    assert any("asked again" in line for line in result.degraded)


async def test_two_unusable_answers_are_an_error_that_says_what_was_spent() -> None:
    gateway = ScriptedGateway([an_answer("no"), an_answer("still no")])
    with pytest.raises(UnusableAnswer) as raised:
        await asked(gateway)
    assert raised.value.reason == "UNUSABLE_ANSWER"
    assert raised.value.spent.cost.nano_usd == 14
    assert len(gateway.asked) == 2


async def test_an_answer_that_was_cut_off_is_asked_again_shorter() -> None:
    cut = an_answer('{"flour_gr', finish_reason=pb.FINISH_REASON_LENGTH)
    gateway = ScriptedGateway([cut, an_answer('{"flour_grams": 1}')])
    await asked(gateway)
    assert "cut off after 4 tokens" in gateway.asked[1].messages[1].content


@pytest.mark.parametrize(
    "reply",
    [
        an_answer("", refusal="I would rather not", finish_reason=pb.FINISH_REASON_REFUSAL),
        an_answer("", finish_reason=pb.FINISH_REASON_CONTENT_FILTER),
    ],
    ids=["refusal", "content filter"],
)
async def test_a_refusal_is_not_asked_again(reply: pb.CompleteResponse) -> None:
    gateway = ScriptedGateway([reply])
    with pytest.raises(UnusableAnswer) as raised:
        await asked(gateway)
    assert raised.value.reason == "MODEL_REFUSED"
    assert raised.value.spent.calls == 1


async def test_half_an_answer_that_would_fit_is_asked_again_and_not_used() -> None:
    gateway = ScriptedGateway([an_answer('{"flour_grams": 5'), an_answer('{"flour_grams": 500}')])
    result = await asked(gateway)
    assert result.value.flour_grams == 500
    assert "cut off before its end" in gateway.asked[1].messages[1].content


async def test_text_around_an_answer_changes_nothing_and_degrades_nothing() -> None:
    result = await asked(ScriptedGateway([an_answer('Here: {"flour_grams": 500}')]))
    assert result.strategy is Strategy.EMBEDDED
    assert result.degraded == ()


@pytest.mark.parametrize(
    ("text", "strategy", "told"),
    [
        ('{"flourGrams": 500}', Strategy.FITTED, "flour_grams"),
        ("{flour_grams: 500}", Strategy.REPAIRED, "a key without quotes"),
        ("flour_grams: 500", Strategy.TEXT, "flour_grams"),
    ],
)
async def test_a_repair_of_the_answer_itself_is_told(
    text: str, strategy: Strategy, told: str
) -> None:
    result = await asked(ScriptedGateway([an_answer(text)]))
    assert result.value.flour_grams == 500
    assert result.strategy is strategy
    assert len(result.degraded) == 1
    assert told in result.degraded[0]
    assert strategy.value in result.degraded[0]


async def test_the_same_question_in_the_same_scope_has_the_same_id() -> None:
    ids = []
    for scope in ("a", "a", "b", ""):
        gateway = ScriptedGateway([an_answer('{"flour_grams": 1}')])
        await asked(gateway, scope=scope)
        ids.append(gateway.asked[0].request_id)
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] == ""


IN_FLIGHT = Aborted("in flight", reason=asking.IN_FLIGHT)


async def test_an_answer_that_somebody_else_is_waiting_for_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "FIRST_PAUSE", 0.001)
    replayed = an_answer('{"flour_grams": 500}', replayed=True)
    gateway = ScriptedGateway([IN_FLIGHT, IN_FLIGHT, replayed])
    result = await asked(gateway, scope="p")
    assert result.value.flour_grams == 500
    assert (result.accounting.calls, result.accounting.replayed_calls) == (0, 1)
    assert len({request.request_id for request in gateway.asked}) == 1


async def test_waiting_for_somebody_elses_answer_ends_at_the_deadline() -> None:
    gateway = ScriptedGateway([IN_FLIGHT] * 1_000)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await asked(gateway, scope="p")


async def test_any_other_conflict_is_passed_on() -> None:
    with pytest.raises(Aborted):
        await asked(ScriptedGateway([Aborted("no", reason="OTHER")]), scope="p")


async def test_the_accounting_says_how_each_answer_was_read() -> None:
    gateway = ScriptedGateway(
        [an_answer("no idea", call_id="c1"), an_answer("{flour_grams: '500'}", call_id="c2")]
    )
    result = await asked(gateway, scope="p")
    first, second = result.accounting.answers
    assert (first.call_id, first.ask, first.read_as) == ("c1", 1, pb.READ_AS_UNUSABLE)
    assert first.fault
    assert first.request_id == gateway.asked[0].request_id
    assert (second.call_id, second.ask, second.read_as) == ("c2", 2, pb.READ_AS_REPAIRED)
    assert (second.fault, second.purpose) == ("", "propose_team")
    assert second.repairs > 0
    assert second.latency_ms >= 0


async def test_a_refusal_is_told_with_the_answer_and_in_what_the_error_cost() -> None:
    gateway = ScriptedGateway([an_answer("", refusal="I will not", call_id="c1")])
    with pytest.raises(UnusableAnswer) as raised:
        await asked(gateway)
    (told,) = asking.spent_in(raised.value).answers
    assert told.read_as == pb.READ_AS_REFUSED
    assert "I will not" in told.fault


async def test_what_work_before_an_error_cost_is_added_to_it_wherever_it_comes_from() -> None:
    unread = [an_answer("no idea", call_id=f"c{n}") for n in range(2)]
    with pytest.raises(UnusableAnswer) as raised:
        await asked(ScriptedGateway(unread))
    before = pb.Accounting(calls=3, answers=[pb.AnswerRead(call_id="before")])
    remote = from_status(to_status(raised.value))
    assert remote is not None
    for error in (raised.value, remote):
        asking.add_spent(error, [before])
        passed_on = from_status(to_status(error))
        assert passed_on is not None
        spent = asking.spent_in(passed_on)
        assert spent.calls == 5
        assert [answer.call_id for answer in spent.answers] == ["before", "c0", "c1"]


async def test_an_error_has_room_for_what_a_hundred_answers_cost() -> None:
    with pytest.raises(UnusableAnswer) as raised:
        await asked(ScriptedGateway([an_answer("水" * 500, call_id="c")] * 2))
    answers = [pb.AnswerRead(call_id="x" * 32, request_id="y" * 60, purpose="perform_task",
                             fault="水" * 200) for _ in range(100)]  # fmt: skip
    asking.add_spent(raised.value, [pb.Accounting(calls=100, answers=answers)])
    assert len(to_status(raised.value).SerializeToString()) < 6_000, "gRPC takes 8 kB"
    assert asking.spent_in(raised.value).calls == 102


async def test_what_the_gateway_warns_of_is_told_with_the_answer() -> None:
    gateway = ScriptedGateway([an_answer('{"flour_grams": 5}', warnings=["it is generated"])])
    assert (await asked(gateway)).degraded == ("propose_team: it is generated",)
