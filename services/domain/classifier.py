"""Finds a goal's field: a local shortlist, then one small model call that picks from it.

Confidence is measured, never claimed: it is the share that the shortlist gives the field that
was picked, calibrated in shortlist.py. A field that is not on the shortlist gets what its
candidates leave over, one that the caller imposed 1, and "unknown" never more than a half.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from attune.domain.v1 import domain_pb2 as pb
from pydantic import BaseModel, Field

from services.domain.fields import ENGLISH
from services.domain.fields import Field as KnownField
from services.domain.language import detect
from services.domain.shortlist import Candidate, Shortlist
from shared.context.limits import OUTPUT_LIMITS
from shared.context.profile import UNKNOWN_DOMAIN
from shared.context.prompt import build_prompt, goal_part, known_parts, listed_part
from shared.context.templates import CANDIDATES
from shared.structured.ask import Asked, Asker, UnusableAnswer
from shared.structured.texts import Line

PURPOSE = "classify_domain"
SHORTLIST_SIZE = 5
OTHER = "other"
BEGINNINGS = 10
BEGINNING_CHARACTERS = 200
EVERY_PROJECT = "every project"
"""A goal is classified once for all projects of the same journal, told the same way."""


class FieldAnswer(BaseModel):
    """The model's pick; `name` counts only when the pick is "other"."""

    field: Line
    name: Annotated[Line, Field(max_length=60)]


class Classifier:
    """Classifies goals; keeps no state but the shortlist.

    foreign_words: the words to avoid in a field, by its slug and a language tag.
    """

    def __init__(
        self,
        shortlist: Shortlist,
        asker: Asker,
        foreign_words: Callable[[str, str], Sequence[str]],
    ) -> None:
        self._shortlist = shortlist
        self._asker = asker
        self._foreign_words = foreign_words

    async def classify(self, request: pb.ClassifyDomainRequest) -> pb.ClassifyDomainResponse:
        """The profile for a checked request. Raises what the gateway raises."""
        language = request.language or await asyncio.to_thread(detect, request.goal)
        if request.domain:
            profile = await asyncio.to_thread(self._imposed, request.domain, language)
            return pb.ClassifyDomainResponse(profile=profile)
        candidates = await asyncio.to_thread(self._shortlist.rank, request.goal, SHORTLIST_SIZE)
        response = pb.ClassifyDomainResponse()
        try:
            asked = await self._ask(request, candidates)
        except UnusableAnswer as error:
            response.degraded.append(f"{PURPOSE}: {error.message}; the local shortlist decided")
            response.accounting.CopyFrom(error.spent)
            best = candidates[0]
            source = pb.PROFILE_SOURCE_SHORTLIST
            await asyncio.to_thread(
                self._fill, response.profile, best, candidates, language, source
            )
            return response
        response.accounting.CopyFrom(asked.accounting)
        response.degraded.extend(asked.degraded)
        await asyncio.to_thread(self._picked, response, asked.value, candidates, language)
        return response

    async def _ask(
        self, request: pb.ClassifyDomainRequest, candidates: tuple[Candidate, ...]
    ) -> Asked[FieldAnswer]:
        slugs = [candidate.slug for candidate in candidates]
        lines = [f"{candidate.slug}: {candidate.label}" for candidate in candidates]
        prompt = build_prompt(
            PURPOSE,
            schema=answer_schema(slugs),
            user=[
                goal_part(request.goal),
                *known_parts(_beginnings(request.context)),
                listed_part("candidates", CANDIDATES, lines),
            ],
        )

        async def ask(scope: str) -> Asked[FieldAnswer]:
            return await self._asker.ask(
                prompt,
                FieldAnswer,
                project_id=request.project_id,
                max_output_tokens=OUTPUT_LIMITS[PURPOSE].tokens(),
                model=request.model,
                scope=scope,
            )

        try:
            return await ask(EVERY_PROJECT)
        except UnusableAnswer as error:
            if error.spent.calls:
                raise
        # The journal gave an answer again that was of no use before: this project pays for
        # a try of its own rather than never having one.
        return await ask(request.project_id)

    def _picked(
        self,
        response: pb.ClassifyDomainResponse,
        answer: FieldAnswer,
        candidates: tuple[Candidate, ...],
        language: str,
    ) -> None:
        by_slug = {candidate.slug: candidate for candidate in candidates}
        pick = answer.field.strip()
        if pick == OTHER:
            pick = slug_of(answer.name)
            pick = UNKNOWN_DOMAIN if pick == OTHER else pick
        known = self._shortlist.resolve(answer.name if answer.field.strip() == OTHER else pick)
        pick = known.slug if known else pick
        source = pb.PROFILE_SOURCE_MODEL
        left_over = max(0.0, 1.0 - sum(c.share for c in candidates))
        if pick in by_slug:
            chosen = by_slug[pick]
        elif known is not None:
            chosen = Candidate(known.slug, known.label, left_over)
        elif pick == UNKNOWN_DOMAIN:
            chosen = Candidate(UNKNOWN_DOMAIN, "", left_over)
        elif answer.field.strip() == OTHER and pick:
            chosen = Candidate(pick, answer.name.strip(), left_over)
        else:
            response.degraded.append(
                f"{PURPOSE}: the model picked {answer.field[:60]!r}, which was no candidate;"
                " the local shortlist decided"
            )
            chosen, source = candidates[0], pb.PROFILE_SOURCE_SHORTLIST
        self._fill(response.profile, chosen, candidates, language, source)

    def _fill(
        self,
        profile: pb.DomainProfile,
        chosen: Candidate,
        candidates: tuple[Candidate, ...],
        language: str,
        source: pb.ProfileSource.ValueType,
    ) -> None:
        profile.domain = chosen.slug
        profile.label = chosen.label
        # How likely it is that there is a field at all is low where none was found.
        vague = chosen.slug == UNKNOWN_DOMAIN
        profile.confidence = min(chosen.share, 1 - chosen.share) if vague else chosen.share
        profile.language = language
        profile.source = source
        self._add_words(profile)
        for candidate in candidates:
            if candidate.slug not in (chosen.slug, UNKNOWN_DOMAIN):
                profile.alternatives.add(
                    domain=candidate.slug, label=candidate.label, confidence=candidate.share
                )

    def _imposed(self, domain: str, language: str) -> pb.DomainProfile:
        known = self._shortlist.resolve(domain)
        slug = known.slug if known else slug_of(domain)
        profile = pb.DomainProfile(
            domain=slug,
            label=known.label if known else domain.strip(),
            confidence=0.0 if slug == UNKNOWN_DOMAIN else 1.0,
            language=language,
            source=pb.PROFILE_SOURCE_CALLER,
        )
        self._add_words(profile)
        return profile

    def _add_words(self, profile: pb.DomainProfile) -> None:
        """The field's words in the goal's language, and those that would be foreign."""
        if profile.domain == UNKNOWN_DOMAIN:
            return
        profile.avoid.extend(self._foreign_words(profile.domain, profile.language))
        field: KnownField | None = self._shortlist.field(profile.domain)
        if field is None:
            return
        tag = profile.language.partition("-")[0].lower()
        if tag == ENGLISH:
            profile.local_label = field.label
            profile.vocabulary.extend(field.vocabulary)
        elif (words := field.words.get(tag)) is not None:
            profile.local_label = words.label
            profile.vocabulary.extend(words.vocabulary)


def _beginnings(context: Sequence[pb.ContextItem]) -> list[pb.ContextItem]:
    """Enough of what the caller knows to tell a field by; all of it would cost tokens."""
    return [
        pb.ContextItem(name=item.name, text=item.text[:BEGINNING_CHARACTERS])
        for item in context[:BEGINNINGS]
    ]


def answer_schema(slugs: list[str]) -> dict[str, Any]:
    """The form of the answer: a candidate, unknown, or other with a name."""
    picks = list(dict.fromkeys([*slugs, UNKNOWN_DOMAIN, OTHER]))
    properties = {
        "field": {"type": "string", "enum": picks},
        "name": {
            "type": "string",
            "maxLength": 60,
            "description": "the field's name if other, else empty",
        },
    }
    return {
        "type": "object",
        "properties": properties,
        "required": ["field", "name"],
        "additionalProperties": False,
    }


def slug_of(name: str) -> str:
    """A name as a slug: letters, marks and digits of any script, dashes between."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = (sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in folded)
    return "-".join("".join(kept).split())[:60].strip("-")
