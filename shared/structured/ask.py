"""Prompt and schema in, validated object out: one metered call, at most one re-ask."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import structlog
from attune.gateway.v1 import gateway_pb2 as pb
from google.protobuf.json_format import MessageToJson, Parse
from prometheus_client import CollectorRegistry, Counter
from pydantic import BaseModel

from shared.context.prompt import Prompt
from shared.rpc.errors import AttuneError, FailedPrecondition
from shared.structured.accounting import of_call, total
from shared.structured.parser import IntelligentJsonParser
from shared.structured.result import ParseError, ParseResult, Strategy

if TYPE_CHECKING:  # the generated stubs have these for type checkers only
    from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceAsyncStub

READ_AS = {
    Strategy.STRICT: pb.READ_AS_STRICT,
    Strategy.EMBEDDED: pb.READ_AS_EMBEDDED,
    Strategy.FITTED: pb.READ_AS_FITTED,
    Strategy.REPAIRED: pb.READ_AS_REPAIRED,
    Strategy.TEXT: pb.READ_AS_TEXT,
}
MOST_FAULT = 200
"""Characters of a fault that are told with an answer; the message of an error has more."""
MOST_ANSWERS, MOST_FAULT_IN_ERRORS = 12, 60
"""Answers that an error tells of, and characters of each one's fault: 3 kB at most."""
_TOLD = 5
"""Repairs that `degraded` spells out; the log line has their number."""

IN_FLIGHT = "REQUEST_IN_FLIGHT"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds, doubled from one to the other and jittered by half, between looks for the answer
to a question that another call is asking. The caller's deadline ends them."""

ModelT = TypeVar("ModelT", bound=BaseModel)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Asked(Generic[ModelT]):
    """An answer: what it says, how it was read, what it cost.

    degraded: what was repaired or asked again, in words for a reader.
    """

    value: ModelT
    strategy: Strategy
    accounting: pb.Accounting
    degraded: tuple[str, ...]


MODEL_REFUSED = "MODEL_REFUSED"


class UnusableAnswer(FailedPrecondition):
    """The model gave no usable answer, or refused. spent: what trying cost."""

    default_reason = "UNUSABLE_ANSWER"

    def __init__(
        self, message: str, spent: pb.Accounting, *, reason: str = "", project_id: str = ""
    ) -> None:
        metadata = {"project_id": project_id, **_told(spent)}
        super().__init__(message, reason=reason, metadata=metadata)
        self.spent = spent


def add_spent(error: AttuneError, before: list[pb.Accounting]) -> None:
    """Adds what the work before it cost to what an error says that it cost."""
    error.annotate(_told(total([*before, spent_in(error)])))


def _told(spent: pb.Accounting) -> dict[str, str]:
    """What trailers have room for: sums as JSON, and the last answers packed.

    A trailer that is too long would hide the error that it is of.
    """
    sums = pb.Accounting()
    sums.CopyFrom(spent)
    sums.ClearField("answers")
    last = pb.Accounting(answers=spent.answers[-MOST_ANSWERS:])
    for answer in last.answers:
        answer.fault = answer.fault[:MOST_FAULT_IN_ERRORS]
    return {
        "spent": MessageToJson(sums, preserving_proto_field_name=True, indent=None),
        "answers": b64encode(last.SerializeToString()).decode(),
    }


def spent_in(error: AttuneError) -> pb.Accounting:
    """What an UnusableAnswer cost, here or in another service; nothing for other errors."""
    spent = Parse(error.metadata.get("spent", "{}"), pb.Accounting())
    spent.MergeFromString(b64decode(error.metadata.get("answers", "")))
    return spent


class Asker:
    """Asks the gateway on behalf of one agent."""

    def __init__(
        self, gateway: GatewayServiceAsyncStub, agent: str, registry: CollectorRegistry
    ) -> None:
        self._gateway = gateway
        self._agent = agent
        self._parser = IntelligentJsonParser()
        self._answers = Counter(
            "attune_structured_answers", "Answers by how they were read; unusable: not at all.",
            ["purpose", "strategy"], registry=registry,
        )  # fmt: skip

    async def ask(
        self,
        prompt: Prompt,
        answer_type: type[ModelT],
        *,
        project_id: str,
        max_output_tokens: int,
        model: str = "",
        scope: str = "",
    ) -> Asked[ModelT]:
        """The model's answer to `prompt` as an `answer_type`.

        scope: within it, the same prompt to the same model is paid once; empty: asked anew
        each time. Raises
        UnusableAnswer (also with reason MODEL_REFUSED) and what the gateway raises.
        """
        parts: list[pb.Accounting] = []
        degraded: list[str] = []
        now, fault = prompt, ""
        for number in (1, 2):
            request = pb.CompleteRequest(
                project_id=project_id,
                agent=self._agent,
                purpose=prompt.purpose,
                messages=now.messages(),
                model=model,
                max_output_tokens=max_output_tokens,
                response_schema=now.schema_text(),
            )
            if scope:
                request.request_id = _request_id(scope, now, request)
            began = time.perf_counter()
            reply = await self._complete(request)
            seconds = time.perf_counter() - began
            read = self._read(reply, answer_type)
            refusal = _refusal(reply)
            told = _answer_read(request, reply, read, number, seconds)
            if refusal is not None:
                told.read_as, told.fault = pb.READ_AS_REFUSED, refusal[:MOST_FAULT]
            parts.append(of_call(reply, told))
            self._report(request, reply, read, number, seconds)
            if refusal is not None:
                raise UnusableAnswer(
                    f"{prompt.purpose}: {refusal}", total(parts), reason=MODEL_REFUSED,
                    project_id=project_id,
                )  # fmt: skip
            degraded += [f"{prompt.purpose}: {warning}" for warning in reply.warnings]
            if isinstance(read, ParseResult):
                degraded += _repairs(prompt.purpose, read)
                return Asked(read.value, read.strategy, total(parts), tuple(degraded))
            fault = read
            degraded.append(f"{prompt.purpose}: an answer was unusable ({fault}); asked again")
            now = prompt.with_findings([fault])
        raise UnusableAnswer(
            f"{prompt.purpose}: the model gave no usable answer in two tries; the last: {fault}",
            total(parts),
            project_id=project_id,
        )

    async def _complete(self, request: pb.CompleteRequest) -> pb.CompleteResponse:
        """The reply; where somebody asks the same now, theirs once it is there."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._gateway.Complete(request)
            except AttuneError as error:
                if error.reason != IN_FLIGHT:
                    raise
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 -- jitter
            pause = min(2 * pause, LONGEST_PAUSE)

    def _read(self, reply: pb.CompleteResponse, answer_type: type[ModelT]) -> ParseResult | str:
        """What the reply says, or why it is of no use; half an answer is of none."""
        try:
            read = self._parser.parse(reply.text, answer_type)
        except ParseError as error:
            fault = str(error)[:1000]
        else:
            if read.complete:
                return read
            fault = "it was cut off before its end"
        if reply.finish_reason == pb.FINISH_REASON_LENGTH:
            return f"it was cut off after {reply.usage.output_tokens} tokens; be shorter"
        return fault

    def _report(
        self,
        request: pb.CompleteRequest,
        reply: pb.CompleteResponse,
        read: ParseResult | str,
        number: int,
        seconds: float,
    ) -> None:
        strategy = read.strategy.value if isinstance(read, ParseResult) else "unusable"
        self._answers.labels(request.purpose, strategy).inc()
        cost = reply.cost
        _log.info(
            "structured_answer",
            request_id=request.request_id,
            call_id=reply.call_id,
            project_id=request.project_id,
            agent=request.agent,
            purpose=request.purpose,
            ask=number,
            served_by=pb.ServedBy.Name(reply.served_by),
            model=reply.model,
            replayed=reply.replayed,
            finish_reason=pb.FinishReason.Name(reply.finish_reason),
            input_tokens=reply.usage.input_tokens,
            output_tokens=reply.usage.output_tokens,
            cost_status=pb.CostStatus.Name(cost.status),
            cost_nano_usd=cost.nano_usd if cost.HasField("nano_usd") else None,
            shadow_nano_usd=cost.shadow_nano_usd if cost.HasField("shadow_nano_usd") else None,
            latency_ms=round(seconds * 1e3, 1),
            strategy=strategy,
            repairs=len(read.repairs) if isinstance(read, ParseResult) else None,
            fault=read if isinstance(read, str) else None,
        )


def _answer_read(
    request: pb.CompleteRequest,
    reply: pb.CompleteResponse,
    read: ParseResult | str,
    number: int,
    seconds: float,
) -> pb.AnswerRead:
    """What whoever pays for the answer is told of it."""
    told = pb.AnswerRead(
        call_id=reply.call_id,
        request_id=request.request_id,
        purpose=request.purpose,
        ask=number,
        finish_reason=reply.finish_reason,
        latency_ms=round(seconds * 1e3, 1),
        replayed=reply.replayed,
    )
    if isinstance(read, ParseResult):
        told.read_as, told.repairs = READ_AS[read.strategy], len(read.repairs)
    else:
        told.read_as, told.fault = pb.READ_AS_UNUSABLE, read[:MOST_FAULT]
    return told


def _refusal(reply: pb.CompleteResponse) -> str | None:
    """Why asking again will not help, in words; None when the model did answer."""
    if reply.finish_reason == pb.FINISH_REASON_REFUSAL or reply.refusal:
        return f"the model refused: {reply.refusal[:300]}"
    if reply.finish_reason == pb.FINISH_REASON_CONTENT_FILTER:
        return "the provider's content filter withheld the answer"
    return None


def _repairs(purpose: str, read: ParseResult) -> list[str]:
    """What a reader of the result should know: nothing if no value was touched."""
    if read.strategy in (Strategy.STRICT, Strategy.EMBEDDED):
        return []
    told = [str(repair)[:200] for repair in read.repairs[:_TOLD]]
    if len(read.repairs) > _TOLD:
        told.append(f"and {len(read.repairs) - _TOLD} more")
    return [f"{purpose}: the answer was read as {read.strategy} ({'; '.join(told)})"]


def _request_id(scope: str, prompt: Prompt, request: pb.CompleteRequest) -> str:
    """The same for the same question in the same scope, so that it is paid once."""
    asked = f"{scope}\n{prompt.digest}\n{request.model}\n{request.max_output_tokens}"
    return f"{prompt.version}-{hashlib.sha256(asked.encode()).hexdigest()[:32]}"
