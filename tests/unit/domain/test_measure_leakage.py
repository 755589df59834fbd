"""What MeasureLeakage promises: foreign terms named, licences kept, nothing guessed."""

from __future__ import annotations

import pytest
from attune.domain.v1 import domain_pb2 as pb
from prometheus_client import CollectorRegistry

from services.domain.leakage.measure import LeakageMeter
from services.domain.leakage.service import LeakageService
from services.domain.metrics import LeakageMetrics
from services.domain.servicer import DomainServicer
from services.domain.shortlist import Shortlist
from shared.context.profile import PROFILE_CONTRADICTS_GOAL
from shared.rpc.errors import InvalidArgument

GOAL = "Create a bodybuilding training program"
INCIDENT = "Define workout KPIs, measure the ROI of each muscle and report it to stakeholders"


def a_profile(domain: str = "strength-training", **more: object) -> pb.DomainProfile:
    return pb.DomainProfile(**({"domain": domain, "language": "en"} | more))


def terms(report: pb.LeakageReport, index: int = 0) -> list[tuple[str, str]]:
    return [(term.term, term.field) for term in report.texts[index].leaked_terms]


def test_the_incident_is_found_and_a_clean_task_is_not(meter: LeakageMeter) -> None:
    clean = "Squat three times a week in sets of five and add weight when every rep is clean."
    report = meter.measure(GOAL, a_profile(), [INCIDENT, clean, INCIDENT + ". More KPIs."])
    assert [term for term, _ in terms(report)] == ["KPI", "ROI", "stakeholder"]
    assert terms(report, 1) == []
    kpi = report.texts[2].leaked_terms[0]
    assert (kpi.term, kpi.count, list(kpi.written)) == ("KPI", 2, ["KPIs"])
    assert report.measured
    assert report.language == "en"
    assert report.leak_rate == pytest.approx(2 / 3)
    assert report.interval_low < 2 / 3 < report.interval_high < 1


def test_a_business_goal_is_allowed_its_own_words(meter: LeakageMeter) -> None:
    report = meter.measure("Launch our bookkeeping app", a_profile("marketing"), [INCIDENT])
    assert report.leak_rate == 0
    near = meter.measure("Sell our bookkeeping app", a_profile("sales"), [INCIDENT])
    assert near.leak_rate == 0


def test_a_goals_own_words_and_the_profiles_are_licensed(meter: LeakageMeter) -> None:
    goal = "Track the KPIs of my marathon training"
    assert terms(meter.measure(goal, a_profile("running"), ["Write down one KPI a week"])) == []
    profile = a_profile("running", vocabulary=["stakeholder"])
    assert terms(meter.measure("Run", profile, ["Ask each stakeholder"])) == []


def test_an_everyday_word_of_the_field_licenses_no_jargon(meter: LeakageMeter) -> None:
    goal = "Replace a lead pipe in the cellar"
    report = meter.measure(goal, a_profile("plumbing"), ["Cut the lead, then do lead generation."])
    assert [term for term, _ in terms(report)] == ["lead generation"]


def test_capitals_hide_nothing(meter: LeakageMeter) -> None:
    text = "Track marketing KPIs and report the return on investment to stakeholders"
    found = terms(meter.measure(GOAL, a_profile(), [text]))
    assert len(found) >= 3
    assert terms(meter.measure(GOAL, a_profile(), [text.upper().replace("KPIS", "KPIs")])) == found


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        ("I want to go to bed earlier and lift more", "Write the go-to-market plan of the squat"),
        ("Find time to return to running on a budget", "Shorten the time-to-market of each lap"),
        ("Find time to return to running on a budget", "Note the return on investment of a run"),
        ("Improve the performance of my key lifts", "Set a key performance indicator for each"),
    ],
)
def test_the_little_words_of_a_goal_license_no_jargon(
    goal: str, text: str, meter: LeakageMeter
) -> None:
    assert terms(meter.measure(goal, a_profile(), [text]))


def test_many_forms_of_one_term_are_named_in_part_and_in_no_time(meter: LeakageMeter) -> None:
    text = " ".join(f"marketing{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}xyz" for n in range(600))
    report = meter.measure(GOAL, a_profile(language="de"), [f"Das ist ein Plan für uns: {text}"])
    (term,) = report.texts[0].leaked_terms
    assert (term.count, len(term.written)) == (600, 50)


def test_a_likely_second_field_is_licensed_too(meter: LeakageMeter) -> None:
    text = ["Raise brand awareness with a marketing campaign"]
    assert terms(meter.measure("Bake", a_profile("baking"), text))
    second = pb.DomainAlternative(domain="marketing", confidence=0.3)
    assert not terms(meter.measure("Bake", a_profile("baking", alternatives=[second]), text))
    unlikely = pb.DomainAlternative(domain="marketing", confidence=0.01)
    assert terms(meter.measure("Bake", a_profile("baking", alternatives=[unlikely]), text))


def test_a_goal_about_another_field_licenses_its_words(meter: LeakageMeter) -> None:
    goal = "Teach pupils what a stakeholder and a value proposition are"
    assert (
        terms(meter.measure(goal, a_profile("school-teaching"), ["Discuss brand awareness"])) == []
    )


def test_a_firm_in_any_field_may_speak_of_its_business(meter: LeakageMeter) -> None:
    text = ["Agree on the value proposition and the sales funnel"]
    firm = meter.measure("Start a company that repairs roofs", a_profile("roofing"), text)
    assert terms(firm) == []
    assert terms(meter.measure("Repair the roof of our barn", a_profile("roofing"), text))


def test_a_field_that_the_catalogue_lacks_is_read_as_those_it_is_like(meter: LeakageMeter) -> None:
    profile = a_profile("online-advertising", label="Online advertising and marketing")
    assert terms(meter.measure("Advertise", profile, ["Raise brand awareness"])) == []


def test_without_a_known_field_only_unmistakable_terms_count(meter: LeakageMeter) -> None:
    profile = a_profile("unknown")
    assert terms(meter.measure("Help me", profile, ["Report to stakeholders"]))


@pytest.mark.parametrize("language", ["ja", "fi", "xx"])
def test_a_language_without_a_lexicon_is_not_measured(meter: LeakageMeter, language: str) -> None:
    text = {
        "ja": "毎週三回スクワットをする",
        "fi": "Tee kyykky kolme kertaa viikossa ja lisää painoa",
    }
    report = meter.measure(GOAL, a_profile(language=language), [text.get(language, "?")])
    assert not report.measured
    assert len(report.texts) == 1
    assert report.leak_rate == 0


@pytest.mark.parametrize(
    ("language", "text", "term"),
    [
        (
            "de",
            "Lege die Trainings-KPIs fest und hole die Stakeholder der Beinmuskulatur ab.",
            "KPI",
        ),
        ("fr", "Définir les indicateurs clés et la proposition de valeur de chaque muscle.", ""),
        ("es", "Definir la propuesta de valor de cada músculo y el embudo de ventas.", ""),
        ("it", "Definire la proposta di valore di ogni muscolo e i KPI della settimana.", "KPI"),
    ],
)
def test_the_incident_is_found_in_five_languages(
    meter: LeakageMeter, language: str, text: str, term: str
) -> None:
    report = meter.measure("?", a_profile(language="und"), [text])
    assert report.language == language
    assert report.texts[0].leaked_terms
    assert not term or term in [found.term for found in report.texts[0].leaked_terms]


def test_the_texts_language_counts_more_than_the_profiles(meter: LeakageMeter) -> None:
    report = meter.measure(GOAL, a_profile(language="de"), [INCIDENT])
    assert report.language == "en"
    assert report.texts[0].leaked_terms


def test_words_that_set_texts_apart_are_named(meter: LeakageMeter) -> None:
    texts = ["Squat deep and rest", "Squat again and squat more", "Rest, then squat"] * 4
    reference = ["Knead the dough and rest", "Rest the dough, then bake"] * 6
    report = meter.measure(GOAL, a_profile(), texts, reference)
    assert report.distinctive_terms[0].term == "squat"
    assert "rest" not in [each.term for each in report.distinctive_terms]
    assert report.distinctive_terms[0].z_score > 1.96
    alone = meter.measure(GOAL, a_profile(), texts)
    assert "squat" in [each.term for each in alone.distinctive_terms]


def test_words_to_avoid_are_foreign_and_in_the_goals_language(meter: LeakageMeter) -> None:
    for tag in ("en", "de-AT"):
        avoid = meter.foreign_words("strength-training", tag)
        assert 1 <= len(avoid) <= 12
        report = meter.measure(GOAL, a_profile(language=tag), [". ".join(avoid)])
        assert len(report.texts[0].leaked_terms) >= len(avoid) - 2
    assert meter.foreign_words("strength-training", "ja") == []


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def servicer(
    meter: LeakageMeter, shortlist: Shortlist, registry: CollectorRegistry
) -> DomainServicer:
    metrics = LeakageMetrics(registry, {"strength-training", "baking"})
    leakage = LeakageService(meter, shortlist, metrics)
    return DomainServicer(None, leakage)  # type: ignore[arg-type]


def a_request(**changes: object) -> pb.MeasureLeakageRequest:
    fields = {"goal": GOAL, "profile": a_profile(), "texts": [INCIDENT]}
    return pb.MeasureLeakageRequest(**(fields | changes))


async def test_metrics_are_by_domain_from_a_closed_list(
    servicer: DomainServicer, registry: CollectorRegistry
) -> None:
    await servicer.MeasureLeakage(a_request(), None)  # type: ignore[arg-type]
    invented = a_profile("kite-making", label="Kite making")
    await servicer.MeasureLeakage(a_request(profile=invented), None)  # type: ignore[arg-type]
    for domain in ("strength-training", "other"):
        assert registry.get_sample_value("attune_domain_leaks_total", {"domain": domain}) == 3
        count = registry.get_sample_value("attune_domain_leak_rate_count", {"domain": domain})
        assert count == 1


async def test_what_was_not_measured_is_in_no_metric(
    servicer: DomainServicer, registry: CollectorRegistry
) -> None:
    await servicer.MeasureLeakage(a_request(texts=["毎週三回スクワットをする"]), None)  # type: ignore[arg-type]
    assert not registry.get_sample_value("attune_domain_leak_rate_count", {"domain": "other"})
    rates = {"domain": "strength-training"}
    assert not registry.get_sample_value("attune_domain_leak_rate_count", rates)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"goal": " ", "texts": []}, ["goal", "texts"]),
        ({"profile": pb.DomainProfile()}, ["profile.domain"]),
        ({"profile": a_profile(language="english")}, ["profile.language"]),
        ({"profile": a_profile(language="xq")}, ["profile.language"]),
        ({"texts": ["a", " ", "b\x00"]}, ["texts[1]", "texts[2]"]),
        ({"texts": ["a"] * 2_001}, ["texts"]),
        ({"texts": ["a" * 100_001]}, ["texts[0]"]),
        ({"texts": ["a" * 100_000] * 11}, ["texts"]),
        ({"reference_texts": [""]}, ["reference_texts[0]"]),
        (
            {"profile": a_profile(alternatives=[pb.DomainAlternative(confidence=2)])},
            ["profile.alternatives[0].confidence"],
        ),
    ],
)
async def test_every_fault_of_a_request_is_named(
    changes: dict[str, object], fields: list[str], servicer: DomainServicer
) -> None:
    with pytest.raises(InvalidArgument) as raised:
        await servicer.MeasureLeakage(a_request(**changes), None)  # type: ignore[arg-type]
    assert [violation.field for violation in raised.value.violations] == fields


async def test_a_profile_that_contradicts_its_goal_is_refused_unless_vouched_for(
    servicer: DomainServicer,
) -> None:
    wrong = a_profile("contract-law", source=pb.PROFILE_SOURCE_MODEL)
    with pytest.raises(InvalidArgument) as raised:
        await servicer.MeasureLeakage(a_request(profile=wrong), None)  # type: ignore[arg-type]
    assert raised.value.reason == PROFILE_CONTRADICTS_GOAL
    assert raised.value.violations[0].field == "profile.domain"
    assert "'strength-training'" in raised.value.violations[0].description
    wrong.source = pb.PROFILE_SOURCE_CALLER
    reply = await servicer.MeasureLeakage(a_request(profile=wrong), None)  # type: ignore[arg-type]
    assert reply.report.measured
