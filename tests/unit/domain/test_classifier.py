"""What a profile promises: a field picked or said to be unknown, a measured confidence."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from attune.domain.v1 import domain_pb2 as pb
from attune.gateway.v1 import gateway_pb2

from services.domain.classifier import Classifier, FieldAnswer, slug_of
from services.domain.fields import Field, Words
from services.domain.shortlist import Candidate
from shared.structured.ask import Asked, UnusableAnswer
from shared.structured.parser import Strategy

BAKING = Field(
    slug="baking", label="Baking", aliases=("bread making",), descriptions=("bread",),
    goals=("Bake bread",), vocabulary=("dough", "oven"),
    words={"de": Words(label="Backen", aliases=("Brot",), vocabulary=("Teig", *"abcd"))},
)  # fmt: skip
ONE_CALL = gateway_pb2.Accounting(calls=1, attempts=1)


@dataclass
class Fakes:
    """A shortlist of three, and a model that answers as told."""

    answer: FieldAnswer | UnusableAnswer = field(
        default_factory=lambda: FieldAnswer(field="baking", name="")
    )
    later: FieldAnswer | None = None
    """What the model answers from the second time on."""
    candidates: tuple[Candidate, ...] = (
        Candidate("cooking", "Cooking", 0.6),
        Candidate("baking", "Baking", 0.25),
        Candidate("unknown", "", 0.1),
    )
    prompts: list[str] = field(default_factory=list)
    options: list[dict[str, object]] = field(default_factory=list)

    def rank(self, goal: str, k: int = 5) -> tuple[Candidate, ...]:
        return self.candidates

    def field(self, slug: str) -> Field | None:
        return BAKING if slug == "baking" else None

    def resolve(self, name: str) -> Field | None:
        return BAKING if name.casefold() in ("baking", "bread making") else None

    async def ask(self, prompt, answer_type, **options):
        self.prompts.append(str(prompt))
        self.options.append(options)
        answer = self.later if self.later and len(self.prompts) > 1 else self.answer
        if isinstance(answer, UnusableAnswer):
            raise answer
        return Asked(answer, Strategy.STRICT, ONE_CALL, ())

    async def classify(self, goal: str = "Bake bread at home", **more: object):
        request = pb.ClassifyDomainRequest(goal=goal, **more)
        classifier = Classifier(self, self, lambda slug, tag: [f"foreign to {slug} in {tag}"])  # type: ignore[arg-type]
        return await classifier.classify(request)


async def test_the_models_pick_has_the_share_that_was_measured_for_it() -> None:
    reply = await Fakes().classify()
    profile = reply.profile
    assert (profile.domain, profile.label, profile.confidence) == ("baking", "Baking", 0.25)
    assert profile.source == pb.PROFILE_SOURCE_MODEL
    assert list(profile.vocabulary) == ["dough", "oven"]
    assert [item.domain for item in profile.alternatives] == ["cooking"]
    assert reply.accounting.calls == 1
    assert not reply.degraded


async def test_the_model_is_told_the_goal_and_the_candidates_and_no_confidence() -> None:
    fakes = Fakes()
    await fakes.classify(context=[pb.ContextItem(name="Note", text="x" * 500)])
    (prompt,) = fakes.prompts
    assert "Goal: Bake bread at home" in prompt
    assert "- cooking: Cooking" in prompt
    assert "0.6" not in prompt
    assert "x" * 200 in prompt
    assert "x" * 201 not in prompt


async def test_the_same_goal_is_paid_once_whatever_project_asks() -> None:
    fakes = Fakes()
    await fakes.classify(project_id="one")
    await fakes.classify(project_id="two")
    assert fakes.options[0]["scope"] == fakes.options[1]["scope"] != ""
    assert fakes.prompts[0] == fakes.prompts[1]


async def test_a_useless_answer_of_another_project_is_not_the_last_word() -> None:
    replayed = UnusableAnswer("no JSON twice", gateway_pb2.Accounting(replayed_calls=2))
    fakes = Fakes(replayed, later=FieldAnswer(field="baking", name=""))
    reply = await fakes.classify(project_id="two")
    assert reply.profile.domain == "baking"
    assert fakes.options[1]["scope"] == "two"


async def test_a_goal_without_a_field_is_unknown_with_low_confidence() -> None:
    fakes = Fakes(
        FieldAnswer(field="unknown", name=""),
        candidates=(Candidate("unknown", "", 0.95), Candidate("baking", "Baking", 0.03)),
    )
    profile = (await fakes.classify()).profile
    assert profile.domain == "unknown"
    assert profile.confidence == pytest.approx(0.05)
    assert not profile.vocabulary


async def test_a_field_that_the_model_named_itself_has_the_share_left_over() -> None:
    profile = (await Fakes(FieldAnswer(field="other", name="Kite Making!")).classify()).profile
    assert (profile.domain, profile.label) == ("kite-making", "Kite Making!")
    assert profile.confidence == pytest.approx(0.05)


async def test_another_name_of_a_known_field_is_that_field() -> None:
    profile = (await Fakes(FieldAnswer(field="other", name="Bread making")).classify()).profile
    assert (profile.domain, profile.confidence) == ("baking", 0.25)


async def test_a_pick_that_was_no_candidate_falls_back_and_says_so() -> None:
    reply = await Fakes(FieldAnswer(field="spaceflight", name="")).classify()
    assert (reply.profile.domain, reply.profile.confidence) == ("cooking", 0.6)
    assert reply.profile.source == pb.PROFILE_SOURCE_SHORTLIST
    assert "'spaceflight', which was no candidate" in reply.degraded[0]


async def test_an_unusable_answer_falls_back_and_says_so_and_what_it_cost() -> None:
    spent = gateway_pb2.Accounting(calls=2, attempts=2)
    reply = await Fakes(UnusableAnswer("no JSON twice", spent)).classify()
    assert reply.profile.domain == "cooking"
    assert reply.profile.source == pb.PROFILE_SOURCE_SHORTLIST
    assert "the local shortlist decided" in reply.degraded[0]
    assert reply.accounting.calls == 2


async def test_an_imposed_field_asks_nobody() -> None:
    fakes = Fakes()
    known = (await fakes.classify(domain="Bread Making")).profile
    own = (await fakes.classify(domain="Kite making")).profile
    assert (known.domain, known.label, known.confidence) == ("baking", "Baking", 1.0)
    assert (own.domain, own.label) == ("kite-making", "Kite making")
    assert known.source == own.source == pb.PROFILE_SOURCE_CALLER
    assert not fakes.prompts


async def test_names_and_words_are_in_the_goals_language() -> None:
    german = (await Fakes().classify(language="de-CH")).profile
    assert (german.language, german.label, german.local_label) == ("de-CH", "Baking", "Backen")
    assert german.vocabulary[0] == "Teig"
    assert list(german.avoid) == ["foreign to baking in de-CH"]
    english = (await Fakes().classify(language="en-GB")).profile
    assert (english.local_label, list(english.vocabulary)) == ("Baking", ["dough", "oven"])


async def test_a_language_without_words_has_none_rather_than_english_ones() -> None:
    profile = (await Fakes().classify(language="fi")).profile
    assert (profile.label, profile.local_label, list(profile.vocabulary)) == ("Baking", "", [])


def test_slugs_keep_letters_of_every_script() -> None:
    assert slug_of("  Kite & Sail Making ") == "kite-sail-making"
    assert slug_of("面包 烘焙") == "面包-烘焙"
