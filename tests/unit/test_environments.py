"""The four environments of deploy/: what they share and the few things in which they differ."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.analyst.settings import AnalystSettings
from services.director.settings import DirectorSettings
from services.domain.settings import DomainSettings
from services.gateway.settings import GatewaySettings
from shared.rpc.settings import ServiceSettings, SettingsError, read_settings

FOLDER = Path(__file__).parents[2] / "deploy"
NAMES = ("local", "staging", "preprod", "production")
SERVICES: tuple[type[ServiceSettings], ...] = (
    GatewaySettings, DomainSettings, DirectorSettings, AnalystSettings,
)  # fmt: skip
SECRETS = {"OPENAI_API_KEY": "none-needed", "PGPASSWORD": "pw", "ATTUNE_GATEWAY_TOKEN": "token"}
DATABASES = {"ATTUNE_DATABASE_URL", "ATTUNE_PROJECTS_DATABASE_URL"}


def variables(name: str) -> dict[str, str]:
    """As containers read a file of variables: NAME=VALUE, taken as it stands."""
    found: dict[str, str] = {}
    for line in (FOLDER / f"{name}.env").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            key, sign, value = line.partition("=")
            assert sign, line
            assert line == f"{key.strip()}={value.strip()}"
            assert not set("\"'$`") & set(value), f"{line}: nothing is unquoted or expanded there"
            assert key not in found, f"{key} is there twice"
            found[key] = value
    return found


def differing(one: str, other: str) -> set[str]:
    ours, theirs = variables(one), variables(other)
    return {key for key in ours | theirs if ours.get(key) != theirs.get(key)}


@pytest.fixture
def render(monkeypatch: pytest.MonkeyPatch):
    """Reads the settings of a service as they are in an environment."""

    def read(kind: type[ServiceSettings], values: dict[str, str]) -> ServiceSettings:
        for key in list(os.environ):
            if key.startswith("ATTUNE_") or key in ("USE_MOCK_AI_PROVIDER", *SECRETS):
                monkeypatch.delenv(key)
        for key, value in values.items():
            monkeypatch.setenv(key, value)
        return read_settings(kind)

    return read


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("name", NAMES)
def test_every_service_starts_with_every_file(
    name: str, kind: type[ServiceSettings], render
) -> None:
    settings = render(kind, variables(name) | (SECRETS if name != "local" else {}))
    assert settings.environment == name


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_one_that_a_service_reads(name: str) -> None:
    known = {
        str(field.validation_alias.choices[0])
        if field.validation_alias
        else f"ATTUNE_{key.upper()}"
        for kind in SERVICES
        for key, field in kind.model_fields.items()
    }
    assert set(variables(name)) <= known
    assert not set(variables(name)) & set(SECRETS), "secrets are in no file"


def test_staging_and_preprod_differ_in_the_environment_the_switch_and_the_secret() -> None:
    assert differing("staging", "preprod") == {"ATTUNE_ENVIRONMENT", "USE_MOCK_AI_PROVIDER"}


def test_preprod_and_production_differ_in_names_databases_budget_and_secret() -> None:
    assert differing("preprod", "production") == {
        "ATTUNE_ENVIRONMENT", "ATTUNE_PROJECT_BUDGET_USD", *DATABASES
    }  # fmt: skip


def test_local_is_what_holds_where_nothing_is_set(render) -> None:
    for kind in SERVICES:
        named, plain = render(kind, variables("local")), render(kind, {})
        given = named.model_dump() | {"use_mock_ai_provider": None}
        assert given == plain.model_dump() | {"use_mock_ai_provider": None}
    assert render(GatewaySettings, {}).mock


@pytest.mark.parametrize("name", ["preprod", "production"])
def test_a_strict_environment_never_answers_from_a_mock(name: str, render) -> None:
    assert not render(GatewaySettings, variables(name) | SECRETS).mock
    for value in ("true", ""):
        with pytest.raises(SettingsError, match="USE_MOCK_AI_PROVIDER"):
            render(GatewaySettings, variables(name) | SECRETS | {"USE_MOCK_AI_PROVIDER": value})


def test_only_the_real_ones_need_the_key(render) -> None:
    without = {key: value for key, value in SECRETS.items() if key != "OPENAI_API_KEY"}
    assert render(GatewaySettings, variables("staging") | without).mock
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        render(GatewaySettings, variables("preprod") | without)


@pytest.mark.parametrize("name", NAMES[1:])
def test_no_password_stands_in_a_file(name: str) -> None:
    for key in DATABASES:
        user = variables(name)[key].partition("//")[2].partition("@")[0]
        assert ":" not in user


def test_the_secrets_that_are_needed_are_listed_and_empty() -> None:
    assert variables("secrets.example") == dict.fromkeys(SECRETS, "")


def test_production_gives_no_prompts_over_the_network(render) -> None:
    assert not render(GatewaySettings, variables("production") | SECRETS).exports_calls
    assert render(GatewaySettings, variables("preprod") | SECRETS).exports_calls
