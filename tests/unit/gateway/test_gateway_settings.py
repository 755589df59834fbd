"""The mock/real switch: what it may say, what unset means, and what stops the start."""

from __future__ import annotations

import pytest

from services.gateway.books.budgets import DefaultBudget
from services.gateway.books.reservations import Period
from services.gateway.settings import GatewaySettings
from shared.rpc.settings import SettingsError, read_settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USE_MOCK_AI_PROVIDER", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ATTUNE_ENVIRONMENT",
                 "ATTUNE_MOCK_PROFILE", "ATTUNE_REPLAY_LENIENT", "ATTUNE_REPLAY_LATENCY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("word", ["true", "TRUE", "True", "1", "yes", "YES", " true "])
def test_words_for_the_mock(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", word)
    assert read_settings(GatewaySettings).mock


@pytest.mark.parametrize("word", ["false", "False", "0", "no", "NO"])
def test_words_for_the_real_model(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", word)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    assert not read_settings(GatewaySettings).mock


@pytest.mark.parametrize("word", ["", "maybe", "2", "on", "mock", "tru"])
def test_any_other_word_stops_the_start(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", word)
    with pytest.raises(SettingsError, match=r"USE_MOCK_AI_PROVIDER: .*use true or false"):
        read_settings(GatewaySettings)


@pytest.mark.parametrize("environment", ["", "local", "staging"])
def test_unset_means_the_mock_where_nothing_is_at_stake(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if environment:
        monkeypatch.setenv("ATTUNE_ENVIRONMENT", environment)
    assert read_settings(GatewaySettings).mock


@pytest.mark.parametrize("environment", ["preprod", "production"])
@pytest.mark.parametrize("word", [None, "true"])
def test_a_production_never_answers_from_a_mock(
    environment: str, word: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", environment)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    if word:
        monkeypatch.setenv("USE_MOCK_AI_PROVIDER", word)
    with pytest.raises(SettingsError, match="USE_MOCK_AI_PROVIDER is"):
        read_settings(GatewaySettings)


@pytest.mark.parametrize("key", [None, ""])
def test_a_real_model_without_a_key_stops_the_start(
    key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "false")
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(SettingsError, match="OPENAI_API_KEY is not set"):
        read_settings(GatewaySettings)


def test_every_bad_variable_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "perhaps")
    monkeypatch.setenv("ATTUNE_GATEWAY_PORT", "70000")
    monkeypatch.setenv("ATTUNE_DOMAIN_TARGET", "nowhere")
    monkeypatch.setenv("ATTUNE_DATABASE_URL", "mysql://x")
    monkeypatch.setenv("OPENAI_BASE_URL", "not a url")
    with pytest.raises(SettingsError) as raised:
        read_settings(GatewaySettings)
    line = str(raised.value)
    assert "\n" not in line
    for name in (
        "USE_MOCK_AI_PROVIDER", "ATTUNE_GATEWAY_PORT", "ATTUNE_DOMAIN_TARGET",
        "ATTUNE_DATABASE_URL", "OPENAI_BASE_URL",
    ):  # fmt: skip
        assert name in line


def test_the_key_is_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "maybe")
    with pytest.raises(SettingsError) as raised:
        read_settings(GatewaySettings)
    assert "sk-secret" not in str(raised.value)
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "false")
    settings = read_settings(GatewaySettings)
    assert "sk-secret" not in f"{settings!r} {settings}"


def test_every_project_has_the_budget_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert GatewaySettings().default_budget is None
    monkeypatch.setenv("ATTUNE_PROJECT_BUDGET_USD", "2.000000001")
    monkeypatch.setenv("ATTUNE_PROJECT_BUDGET_PERIOD", "month")
    assert GatewaySettings().default_budget == DefaultBudget(Period.MONTH, 2_000_000_001)
    monkeypatch.setenv("ATTUNE_PROJECT_BUDGET_USD", "")
    assert GatewaySettings().default_budget is None


@pytest.mark.parametrize("amount", ["-1", "1e99", "0.0000000001", "nan", "two", "inf"])
def test_an_amount_that_is_none_stops_the_start(
    amount: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_PROJECT_BUDGET_USD", amount)
    with pytest.raises(SettingsError, match="ATTUNE_PROJECT_BUDGET_USD"):
        read_settings(GatewaySettings)


def test_several_replicas_need_a_database_that_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_REPLICAS", "2")
    with pytest.raises(SettingsError, match=r"postgresql://"):
        read_settings(GatewaySettings)
    monkeypatch.setenv("ATTUNE_DATABASE_URL", "postgresql://u:p@db/books")
    assert read_settings(GatewaySettings).replicas == 2


@pytest.mark.parametrize("profile", [None, "", "generator"])
def test_the_mock_generates_unless_it_is_told_to_replay(
    profile: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if profile is not None:
        monkeypatch.setenv("ATTUNE_MOCK_PROFILE", profile)
        monkeypatch.setenv("ATTUNE_REPLAY_LENIENT", "")
        monkeypatch.setenv("ATTUNE_REPLAY_LATENCY", "")
    settings = read_settings(GatewaySettings)
    assert settings.cassette is None
    assert not settings.replay_lenient
    assert not settings.replay_latency


@pytest.mark.parametrize("environment", ["local", "staging"])
@pytest.mark.parametrize("word", [None, "true"])
def test_a_cassette_replaces_the_mock(
    environment: str, word: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", environment)
    monkeypatch.setenv("ATTUNE_MOCK_PROFILE", "replay:some/plan: v2.jsonl")
    monkeypatch.setenv("ATTUNE_REPLAY_LENIENT", "yes")
    monkeypatch.setenv("ATTUNE_REPLAY_LATENCY", "true")
    if word:
        monkeypatch.setenv("USE_MOCK_AI_PROVIDER", word)
    settings = read_settings(GatewaySettings)
    assert str(settings.cassette) == "some/plan: v2.jsonl"
    assert settings.replay_lenient
    assert settings.replay_latency


@pytest.mark.parametrize("profile", ["replay:", "replay", "Generator", "cassette:x", "plan.jsonl"])
def test_any_other_profile_stops_the_start(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_MOCK_PROFILE", profile)
    with pytest.raises(SettingsError, match=r"ATTUNE_MOCK_PROFILE: .*generator, or replay:FILE"):
        read_settings(GatewaySettings)


@pytest.mark.parametrize("environment", ["local", "staging", "preprod", "production"])
def test_a_real_model_replays_nothing(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", environment)
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("ATTUNE_MOCK_PROFILE", "replay:plan.jsonl")
    with pytest.raises(SettingsError, match="ATTUNE_MOCK_PROFILE replays a cassette, and USE_MOCK"):
        read_settings(GatewaySettings)


@pytest.mark.parametrize("environment", ["preprod", "production"])
def test_a_production_never_answers_from_a_cassette(
    environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", environment)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("ATTUNE_MOCK_PROFILE", "replay:plan.jsonl")
    with pytest.raises(SettingsError, match="USE_MOCK_AI_PROVIDER is unset"):
        read_settings(GatewaySettings)


@pytest.mark.parametrize("name", ["ATTUNE_REPLAY_LENIENT", "ATTUNE_REPLAY_LATENCY"])
def test_a_switch_says_true_or_false(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "perhaps")
    with pytest.raises(SettingsError, match=rf"{name}: .*use true or false"):
        read_settings(GatewaySettings)
