"""Judges a deliverable: a verdict for each criterion, with the passage that it rests on.

A verdict rests on a passage only if the passage stands in the deliverable, word for word. A
model that quotes what is not there is asked once more; what then still rests on nothing is
"cannot tell", whatever the model said.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Any

from attune.analyst.v1 import analyst_pb2 as pb
from pydantic import BaseModel, ConfigDict, Field

from shared.context import templates
from shared.context.language import language_name
from shared.context.limits import OUTPUT_LIMITS
from shared.context.prompt import Part, Prompt, build_prompt
from shared.structured.accounting import total
from shared.structured.ask import Asked, Asker, UnusableAnswer
from shared.structured.texts import Line, Passage

PURPOSE = "review_deliverable"
MAX_VERDICTS_ANSWERED = 60
"""More are no answer."""
LEAST_LETTERS = 3
"""Of a passage; fewer could stand anywhere."""

MET, NOT_MET, CANNOT_TELL = "met", "not met", "cannot tell"
_VERDICTS: Mapping[str, pb.Verdict.ValueType] = {
    MET: pb.VERDICT_MET,
    NOT_MET: pb.VERDICT_NOT_MET,
    CANNOT_TELL: pb.VERDICT_CANNOT_TELL,
}
_QUOTES = "\"'`“”„‟‘’‚«»‹›「」『』*_ …."
"""What models put around a passage."""


class VerdictAnswer(BaseModel):
    """A verdict as the model gives it. criterion: its number, from 1."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    criterion: Line
    passage: Passage
    verdict: Line
    finding: Passage


class ReviewAnswer(BaseModel):
    """All verdicts as the model gives them."""

    verdicts: Annotated[list[VerdictAnswer], Field(max_length=MAX_VERDICTS_ANSWERED)]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict that was checked. fault: why it does not count; empty where it does."""

    verdict: pb.CriterionVerdict
    fault: str = ""


class Reviewing:
    """Asks the model for verdicts, and checks what they rest on."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    async def review(self, request: pb.ReviewDeliverableRequest) -> pb.ReviewDeliverableResponse:
        """A verdict for each criterion of a checked request, in order.

        Raises what Asker.ask raises for the first answer.
        """
        criteria, text = request.acceptance_criteria, request.deliverable.markdown
        prompt = build_prompt(
            PURPOSE,
            schema=review_schema(len(criteria)),
            profile=request.profile,
            language=language_name(request.language or request.profile.language),
            version=request.prompt_version,
            user=[work_part(text), criteria_part(criteria)],
        )
        asked = await self._ask(prompt, request)
        work = await asyncio.to_thread(Work, text)
        judged = await asyncio.to_thread(judge, asked.value, criteria, work)
        spent, degraded = asked.accounting, list(asked.degraded)
        if faults := [each.fault for each in judged if each.fault]:
            degraded.append(f"{PURPOSE}: {'; '.join(faults)[:500]}; asked again")
            try:
                again = await self._ask(prompt.with_findings(faults), request)
            except UnusableAnswer as error:
                spent = total([spent, error.spent])
                degraded.append(f"{PURPOSE}: {error.message}")
            else:
                spent = total([spent, again.accounting])
                degraded += again.degraded
                second = await asyncio.to_thread(judge, again.value, criteria, work)
                judged = [
                    later if earlier.fault else earlier
                    for earlier, later in zip(judged, second, strict=True)
                ]
            degraded += [f"{PURPOSE}: {each.fault}" for each in judged if each.fault]
        return pb.ReviewDeliverableResponse(
            verdicts=[each.verdict for each in judged], accounting=spent, degraded=degraded
        )

    async def _ask(
        self, prompt: Prompt, request: pb.ReviewDeliverableRequest
    ) -> Asked[ReviewAnswer]:
        count = len(request.acceptance_criteria)
        return await self._asker.ask(
            prompt,
            ReviewAnswer,
            project_id=request.project_id,
            max_output_tokens=OUTPUT_LIMITS[PURPOSE].tokens(count),
            model=request.model,
            scope=request.project_id,
        )


def work_part(text: str) -> Part:
    """The deliverable as the model is shown it."""
    return Part("work", f"{templates.WORK}\n{text.strip()}")


def criteria_part(criteria: Sequence[str]) -> Part:
    """What it is held against, with a number each."""
    lines = [f"{number}. {criterion.strip()}" for number, criterion in enumerate(criteria, 1)]
    return Part("criteria", "\n".join([templates.CRITERIA, *lines]))


def review_schema(criteria: int) -> dict[str, Any]:
    """The form of the verdicts: the passage before the verdict that rests on it."""
    verdict = {
        "type": "object",
        "properties": {
            "criterion": {"enum": [str(number) for number in range(1, criteria + 1)]},
            "passage": {
                "type": "string",
                "maxLength": 500,
                "description": "word for word from the work; empty where nothing is there",
            },
            "verdict": {"type": "string", "enum": [MET, NOT_MET, CANNOT_TELL]},
            "finding": {
                "type": "string",
                "maxLength": 300,
                "description": "what is missing or wrong; empty where it is met",
            },
        },
        "required": ["criterion", "passage", "verdict", "finding"],
        "additionalProperties": False,
    }
    verdicts = {"type": "array", "items": verdict, "minItems": criteria, "maxItems": criteria}
    return {
        "type": "object",
        "properties": {"verdicts": verdicts},
        "required": ["verdicts"],
        "additionalProperties": False,
    }


def judge(answer: ReviewAnswer, criteria: Sequence[str], work: Work) -> list[Judged]:
    """The verdict on each criterion, held against the deliverable."""
    given: dict[str, list[VerdictAnswer]] = {}
    for each in answer.verdicts:
        given.setdefault(each.criterion.rstrip("."), []).append(each)
    return [
        _judged(number, criterion, given.get(str(number), []), work)
        for number, criterion in enumerate(criteria, 1)
    ]


def _judged(number: int, criterion: str, given: Sequence[VerdictAnswer], work: Work) -> Judged:
    passage = work.passage(given[0].passage) if given else ""
    if fault := _fault(number, given, work):
        verdict = pb.CriterionVerdict(
            criterion=criterion, verdict=pb.VERDICT_CANNOT_TELL, finding=f"not judged: {fault}"
        )
        return Judged(verdict, fault)
    said = given[0]
    return Judged(
        pb.CriterionVerdict(
            criterion=criterion, verdict=_VERDICTS[said.verdict], passage=passage,
            finding="" if said.verdict == MET else said.finding,
        )
    )  # fmt: skip


def _fault(number: int, given: Sequence[VerdictAnswer], work: Work) -> str:
    """Why what was given on a criterion is no verdict; empty where it is one."""
    said = {each.verdict for each in given}
    if not said <= set(_VERDICTS) or len(said) != 1:
        told = ", ".join(repr(verdict[:40]) for verdict in sorted(said)) or "nothing"
        return f"there is no one verdict on criterion {number}, but {told}"
    for each in given:
        if each.passage.strip(_QUOTES) and not work.passage(each.passage):
            shown = " ".join(each.passage.split())[:60]
            return f"the passage {shown!r} on criterion {number} is not in the work"
    first = given[0]
    passage = work.passage(first.passage)
    if first.verdict == MET and not passage:
        return f"criterion {number} is said to be met, without a passage"
    if first.verdict == NOT_MET and not (passage or first.finding):
        return f"criterion {number} is said not to be met, without a finding"
    return ""


class Work:
    """A deliverable's text, in which passages are looked for whatever its line breaks."""

    def __init__(self, text: str) -> None:
        self._text = unicodedata.normalize("NFC", text)
        self._words = [found.span() for found in re.finditer(r"\S+", self._text)]
        lengths = [end - start + 1 for start, end in self._words]
        self._starts = list(accumulate(lengths[:-1], initial=0))
        self._flat = " ".join(self._text[start:end] for start, end in self._words)

    def passage(self, quoted: str) -> str:
        """The passage as it stands in the text; empty where it does not.

        Marks around it and Unicode's ways to compose a letter do not count.
        """
        wanted = " ".join(unicodedata.normalize("NFC", quoted).strip(_QUOTES).split())
        at = self._flat.find(wanted)
        if at < 0 or sum(map(str.isalnum, wanted)) < LEAST_LETTERS:
            return ""
        return self._text[self._place(at) : self._place(at + len(wanted) - 1) + 1]

    def _place(self, offset: int) -> int:
        word = bisect_right(self._starts, offset) - 1
        return self._words[word][0] + offset - self._starts[word]
