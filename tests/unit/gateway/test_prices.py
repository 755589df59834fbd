"""What an operator and a reader of the books may rely on about prices."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.calls import Usage
from services.gateway.pricing.prices import PriceBook

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BOOK = PriceBook(now=lambda: NOW)
TOKENS = st.integers(min_value=0, max_value=2_000_000)


@st.composite
def usages(draw):
    given_in, out = draw(TOKENS), draw(TOKENS)
    return Usage(
        input_tokens=given_in,
        output_tokens=out,
        cached_input_tokens=draw(st.integers(0, given_in)),
        reasoning_output_tokens=draw(st.integers(0, out)),
        input_audio_tokens=draw(st.just(0) | st.integers(0, given_in)),
        output_audio_tokens=draw(st.just(0) | st.integers(0, out)),
    )


def plus(one: Usage, other: Usage) -> Usage:
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        one.cached_input_tokens + other.cached_input_tokens,
        one.reasoning_output_tokens + other.reasoning_output_tokens,
    )


def written(tmp_path, text: str, name: str = "prices.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(tmp_path, text: str) -> str:
    with pytest.raises(ValueError) as caught:
        PriceBook(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    return str(caught.value)


# The catalogue


def test_a_known_model_costs_what_the_catalogue_lists():
    price = BOOK.price("gpt-5-mini")  # 0.25 in, 0.025 cached, 2.00 out, USD per million
    assert price.cost(Usage(1_000_000, 0)) == 250_000_000
    assert price.cost(Usage(1_000_000, 0, cached_input_tokens=1_000_000)) == 25_000_000
    assert price.cost(Usage(0, 1_000_000)) == 2_000_000_000
    assert price.cost(Usage(1_000, 300, cached_input_tokens=10)) == 247_500 + 250 + 600_000
    assert (price.override, price.note) == (False, "")
    assert price.catalogue_version == f"genai-prices {genai_prices.__version__}"


def test_reasoning_tokens_are_output_and_are_not_paid_twice():
    price = BOOK.price("gpt-5-mini")
    assert price.cost(Usage(5, 900, 0, 800)) == price.cost(Usage(5, 900))


def test_reasoning_tokens_with_a_rate_of_their_own_are_paid_at_it():
    book = PriceBook(base_url="https://api.perplexity.ai", now=lambda: NOW)
    price = book.price("sonar-deep-research")  # 8 out, 3 reasoning, USD per million
    assert price.cost(Usage(0, 1_000_000, 0, 1_000_000)) == 3_000_000_000


def test_audio_has_rates_of_its_own_where_the_catalogue_lists_them():
    price = BOOK.price("gpt-4o-mini-realtime-preview")  # 0.60, 2.40; audio 10, 20, cached 0.30
    text = Usage(1_000_000, 1_000_000)
    assert price.cost(text) == 3_000_000_000
    heard = Usage(1_000_000, 0, input_audio_tokens=1_000_000)
    assert price.cost(heard) == 10_000_000_000
    assert price.cost(replace(heard, cached_input_tokens=1_000_000)) == 300_000_000
    # Half was cached and half was audio: the audio was not, as far as anybody knows.
    half = replace(heard, cached_input_tokens=500_000, input_audio_tokens=500_000)
    assert price.cost(half) == 5_150_000_000
    assert price.cost(Usage(0, 1_000_000, output_audio_tokens=1_000_000)) == 20_000_000_000


@given(usages())
def test_whatever_tokens_of_audio_are_said_to_be_there_have_a_price(usage):
    for model in ("gpt-4o-mini-realtime-preview", "gpt-5-mini", "gpt-4o-audio-preview"):
        assert BOOK.price(model).cost(usage) >= 0


def test_a_price_that_changes_with_size_follows_the_size_of_the_prompt():
    price = BOOK.price("gpt-5.4")  # 2.50 in; 5.00 for all of it above 272,000 tokens
    assert price.cost(Usage(272_000, 0)) == 272_000 * 2_500
    assert price.cost(Usage(272_001, 0)) == 272_001 * 5_000


def test_a_price_that_changed_on_a_date_is_the_one_of_today():
    days = [datetime(2026, 7, 29, tzinfo=UTC), datetime(2026, 7, 30, tzinfo=UTC)]
    book = PriceBook(now=lambda: days[0])
    before = book.price("gpt-5.6-luna").cost(Usage(1_000, 0))
    days.pop(0)
    assert (before, book.price("gpt-5.6-luna").cost(Usage(1_000, 0))) == (1_000_000, 200_000)


def test_a_model_that_goes_by_another_name_says_whose_price_it_has():
    price = BOOK.price("gpt-5-mini-2025-08-07")
    assert (price.model, price.note) == (
        "gpt-5-mini",
        "gpt-5-mini-2025-08-07 has the price of gpt-5-mini",
    )
    assert BOOK.price("GPT-5-Mini").note == ""


def test_a_model_whose_cache_writes_cost_extra_says_that_they_are_not_counted():
    assert "prompt cache" in BOOK.price("gpt-6-luna").note


@pytest.mark.parametrize("model", ["", "no-such-model", "smollm2-135m-instruct", "x" * 200])
def test_an_unknown_model_has_no_price(model):
    assert BOOK.price(model) is None
    assert BOOK.known_model_id(model) is None


def test_a_model_that_the_catalogue_lists_without_a_price_has_none():
    assert BOOK.known_model_id("omni-moderation-latest") == "moderation"
    assert BOOK.price("omni-moderation-latest") is None


def test_a_model_with_a_price_for_input_only_has_none():
    assert BOOK.known_model_id("text-embedding-3-small") is not None
    assert BOOK.price("text-embedding-3-small") is None


def test_no_model_of_the_catalogue_breaks_the_arithmetic_or_costs_nothing_by_omission():
    usage, priced = Usage(400_000, 5_000, 300, 200), 0
    for provider in get_snapshot().providers:
        book = PriceBook(now=lambda: NOW)
        book._provider = provider
        for model in provider.models:
            price = book.price(model.id)
            if price is not None:
                priced += 1
                assert 0 <= price.cost(usage) <= price.upper_bound(400_000, 5_000)
    assert priced > 1_000


def test_the_providers_own_prices_count_where_the_catalogue_knows_the_endpoint():
    azure = PriceBook(base_url="https://mine.openai.azure.com/openai/v1/", now=lambda: NOW)
    groq = PriceBook(base_url="https://api.groq.com/openai/v1", now=lambda: NOW)
    assert azure.price("gpt-5-mini").note == ""
    assert groq.price("llama-3.3-70b-versatile") is not None
    assert groq.price("gpt-5-mini") is None


def test_for_an_unknown_endpoint_openais_list_price_is_named_as_such():
    book = PriceBook(base_url="http://127.0.0.1:8080/v1", now=lambda: NOW)
    assert "OpenAI's list price" in book.price("gpt-5-mini").note
    assert book.price("llama-3.3-70b-versatile") is None


def test_names_from_outside_do_not_pile_up_in_memory():
    book = PriceBook()
    before = len(get_snapshot()._lookup_cache) + len(get_snapshot()._provider_misses)
    for number in range(1_500):
        book.price(f"gpt-5-nano-{number}")
    assert book._find.cache_info().currsize == 1_000
    assert len(get_snapshot()._lookup_cache) + len(get_snapshot()._provider_misses) == before


def test_the_label_of_a_model_is_the_catalogues_own_id():
    assert BOOK.known_model_id("GPT-5-mini-2025-08-07") == "gpt-5-mini"


# Arithmetic


@given(usages())
def test_a_cost_is_a_whole_number_and_never_negative(usage):
    for model in ("gpt-5-mini", "gpt-5.4", "gpt-6-luna"):
        cost = BOOK.price(model).cost(usage)
        assert type(cost) is int
        assert cost >= 0


@given(usages(), usages())
def test_two_costs_add_up_to_the_cost_of_both_within_rounding(one, other):
    price = BOOK.price("gpt-5-mini")
    apart = price.cost(one) + price.cost(other)
    assert abs(apart - price.cost(plus(one, other))) <= 1


@given(usages())
def test_no_call_costs_more_than_its_bound(usage):
    for model in ("gpt-5-mini", "gpt-5.4", "gpt-6-luna"):
        price = BOOK.price(model)
        assert price.cost(usage) <= price.upper_bound(usage.input_tokens, usage.output_tokens)


def test_the_bound_counts_the_dearest_rate_that_input_can_have():
    price = BOOK.price("gpt-6-luna")  # 0.10 in, 0.125 written to the cache, 0.50 out
    assert price.upper_bound(1_000, 100) == 125_000 + 50_000


def test_a_cached_part_larger_than_the_whole_is_refused():
    with pytest.raises(ValueError, match="cannot exceed"):
        BOOK.price("gpt-5-mini").cost(Usage(10, 0, cached_input_tokens=11))


@pytest.mark.parametrize(("tokens", "nano_usd"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)])
def test_halves_are_rounded_to_even(tmp_path, tokens, nano_usd):
    text = '[models.m]\ninput_usd_per_million = "0.0005"\noutput_usd_per_million = 0'
    assert PriceBook(written(tmp_path, text)).price("m").cost(Usage(tokens, 0)) == nano_usd


@given(st.decimals(0, 1_000_000, places=12), st.decimals(0, 1_000_000, places=12), usages())
def test_an_override_costs_exactly_its_rates(tmp_path_factory, rate_in, rate_out, usage):
    text = f"""[models."m"]
    input_usd_per_million = "{rate_in}"
    output_usd_per_million = {rate_out:f}"""
    path = written(tmp_path_factory.mktemp("prices"), text)
    exact = (rate_in * usage.input_tokens + rate_out * usage.output_tokens) * 1_000
    assert abs(PriceBook(path).price("m").cost(usage) - exact) <= Decimal("0.5")


# The operator's file

FULL = """
[models."gpt-5-mini"]
input_usd_per_million = "0.15"
cached_input_usd_per_million = 0.05
output_usd_per_million = 1
[models."Own Model"]
input_usd_per_million = 2
output_usd_per_million = "4.5"
"""


def test_a_price_of_the_operator_wins_over_the_catalogue(tmp_path):
    path = written(tmp_path, FULL)
    price = PriceBook(path).price("GPT-5-mini")
    assert price.override
    assert price.cost(Usage(1_000_000, 1_000_000, 400_000)) == 90_000_000 + 20_000_000 + 10**9
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    assert price.catalogue_version == f"override prices.toml sha256:{digest}"


def test_a_model_that_only_the_operator_knows_has_a_price_and_a_label(tmp_path):
    book = PriceBook(written(tmp_path, FULL))
    assert book.price("own model").cost(Usage(1, 1)) == 2_000 + 4_500
    assert book.known_model_id("own model") == "Own Model"
    assert book.price("gpt-4.1").override is False


def test_without_a_cached_rate_cached_tokens_cost_as_input_does(tmp_path):
    price = PriceBook(written(tmp_path, FULL)).price("own model")
    assert price.cost(Usage(10, 0, cached_input_tokens=10)) == price.cost(Usage(10, 0))


def test_every_fault_of_the_file_is_named_at_once(tmp_path):
    said = faults_of(
        tmp_path,
        """
        colour = "red"
        models.a = 3
        [models.b]
        input_usd_per_million = "-1"
        output_usd_per_million = true
        price = 3
        [models.c]
        input_usd_per_million = nan
        output_usd_per_million = "1000000.01"
        [models.C]
        input_usd_per_million = "0.0000000000001"
        cached_input_usd_per_million = [1]
        """,
    )
    for fault in (
        "'colour' is not known",
        "'a' is not a table",
        "'b': input_usd_per_million is -1; it must be from 0",
        "'b': output_usd_per_million is 'True', which is not an amount",
        "'b': 'price' is not known",
        "'c': input_usd_per_million is NaN",
        "'c': output_usd_per_million is 1000000.01; it must be from 0 to 1,000,000",
        "'C' is there twice",
        "'C': input_usd_per_million has more than 12 decimals",
        "'C': cached_input_usd_per_million is '[1]'",
        "'C' has no output_usd_per_million",
    ):
        assert fault in said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "has no table [models]"),
        ("models = 3", "has no table [models]"),
        ("[models.a]\n[models.a]", "cannot be read"),
        ("= 3", "cannot be read"),
        ("a = " + "[" * 5_000, "cannot be read"),
        ("#" * 1_000_001, "is larger than"),
    ],
    ids=["empty", "no table", "duplicate", "not toml", "nested", "large"],
)
def test_a_file_that_is_no_price_list_is_refused(tmp_path, text, fault):
    assert fault in faults_of(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="No such file"):
        PriceBook(tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="cannot be read"):
        PriceBook(tmp_path / "binary.toml")


def test_a_price_does_not_spill_its_rates_into_a_log_line():
    assert len(json.dumps(repr(BOOK.price("gpt-5.4")))) < 200
