"""Which terms are found in a text: whole words, their inflections, several words, senses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.leakage.inflection import forms_of
from services.domain.leakage.lexicon import Sense, Term
from services.domain.leakage.matching import Matcher
from services.domain.leakage.words import tokens


def a_term(text: str, *needs: str, field: str = "marketing") -> Term:
    words = tuple(token.text for token in tokens(text))
    return Term(text, words, (Sense(field, needs),), frozenset((field,)))


def found(text: str, *terms: Term, language: str = "en") -> list[str]:
    return [match.written for match in Matcher(terms, language).matches(text)]


@pytest.mark.parametrize(
    ("language", "term", "text"),
    [
        ("en", "stakeholder", "Ask the stakeholders."),
        ("en", "monetize", "monetizing the choir"),
        ("en", "strategy", "two Strategies"),
        ("en", "upsell", "upselling bread"),
        ("en", "plan", "a planned crop"),
        ("de", "Kampagne", "der Kampagnen"),
        ("de", "Umsatz", "mit Umsätzen"),
        ("de", "skalieren", "das Angebot skaliert"),
        ("fr", "indicateur", "des indicateurs"),
        ("fr", "canal", "les canaux"),
        ("fr", "fidéliser", "fidélisant les abonnés"),
        ("es", "campaña", "las campañas"),
        ("es", "conversión", "las conversiones"),
        ("it", "campagna", "le campagne"),
        ("it", "obiettivo", "gli obiettivi"),
        ("it", "fidelizzare", "fidelizzando i soci"),
    ],
)
def test_inflected_forms_are_found(language: str, term: str, text: str) -> None:
    assert found(text, a_term(term), language=language)


@pytest.mark.parametrize(
    ("language", "term", "text"),
    [
        ("en", "lead", "a leader, misleading"),
        ("en", "marketing", "the farmers' market"),
        ("en", "brand", "a brandy, a firebrand"),
        ("en", "ROI", "le roi est mort, roi"),
        ("en", "conversion rate", "conversion at any rate"),
        ("fr", "cible", "le comestible"),
        ("it", "marca", "il marcatore"),
    ],
)
def test_what_only_looks_like_a_term_is_not_found(language: str, term: str, text: str) -> None:
    assert found(text, a_term(term), language=language) == []


def test_hyphens_apostrophes_and_cases_are_no_difference() -> None:
    term = a_term("go-to-market")
    assert found("The Go to Market plan; a go-to-market's end", term) == [
        "Go to Market",
        "go-to-market",
    ]


def test_capitals_are_met_in_capitals_only_and_with_a_plural() -> None:
    assert found("ROI and ROIs, roi and Roi", a_term("ROI")) == ["ROI", "ROIs"]


def test_of_overlapping_terms_the_longest_counts() -> None:
    terms = (a_term("lead"), a_term("lead generation"), a_term("generation"))
    assert found("Lead generation, then a lead", *terms) == ["Lead generation", "lead"]


def test_an_ambiguous_term_needs_its_company_in_the_same_sentence() -> None:
    lead = a_term("lead", "generat*", "sales", "sign up*")
    assert found("Generate new leads.", lead) == ["leads"]
    assert found("Leads that sign-up today", lead) == ["Leads"]
    assert found("Practise the lead. Sales end today.", lead) == []
    assert found("Salesman of lead pipes", lead) == []


def test_a_term_of_several_words_stands_in_one_sentence() -> None:
    term = a_term("conversion rate")
    assert found("Watch the conversion rate.", term) == ["conversion rate"]
    assert found("Finish the conversion. Rate the sets.", term) == []


def test_a_term_is_not_its_own_company() -> None:
    assert found("the brand", a_term("brand", "brand*")) == []
    assert found("a brand of brands", a_term("brand", "brands")) == ["brand"]


def test_german_compounds_show_an_unmistakable_head_or_tail() -> None:
    term = a_term("Marketing")
    assert found("Muskelmarketing und Marketingplan", term, language="de") == [
        "Muskelmarketing",
        "Marketingplan",
    ]
    assert found("Muskelmarketing", term) == []


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert found("la campan\u0303a", a_term("campa\u00f1a"), language="es") == ["campa\u00f1a"]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    list(Matcher((a_term("lead", "generat*"), a_term("ROI")), "de").matches(text))


@given(st.sampled_from(["en", "de", "fr", "es", "it", "ja"]), st.text(min_size=1, max_size=20))
def test_a_word_is_a_form_of_itself(language: str, word: str) -> None:
    assert word in forms_of(word, language)
