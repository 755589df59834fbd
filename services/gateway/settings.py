"""The gateway's variables, and what an unset mock/real switch means."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    HttpUrl,
    SecretStr,
    field_validator,
    model_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from services.gateway.books.budgets import DefaultBudget
from services.gateway.books.outcomes import MOST_LEASE_SECONDS
from services.gateway.books.reservations import Period
from shared.context.templates import TEMPLATES
from shared.rpc.settings import Environment, ServiceSettings

_SWITCH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


_DATABASES = "must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


def _switch(value: Any) -> Any:
    """True and false in the words that operators use; anything else is a fault."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _SWITCH:
        raise ValueError(f"is {str(value)[:40]!r}; use true or false (or 1, 0, yes, no)")
    return _SWITCH[word]


def _flag(value: Any) -> Any:
    """The same for a switch that is off where it is empty."""
    return _switch(value) if value != "" else False


def _named(name: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(name))


Flag = Annotated[bool, BeforeValidator(_flag)]
_GENERATOR = "generator"
_REPLAY = "replay:"


class Content(StrEnum):
    """What the journal keeps of prompts and answers."""

    FULL = "full"
    HASHES = "hashes"


class BooksSettings(ServiceSettings):
    """Where the books are, and what they are priced by."""

    prices_file: Path | None = None
    database_url: str = "sqlite:///.attune/gateway.db"
    openai_base_url: HttpUrl | None = _named("OPENAI_BASE_URL")

    @field_validator("database_url")
    @classmethod
    def _sqlite_or_postgresql(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError(_DATABASES) from None
        in_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
        if not in_file and url.drivername != "postgresql":
            raise ValueError(_DATABASES)
        return value

    @property
    def base_url(self) -> str | None:
        """Where the real provider is; None: OpenAI's own address."""
        return str(self.openai_base_url) if self.openai_base_url else None

    @field_validator("openai_base_url", mode="before")
    @classmethod
    def _no_url_is_unset(cls, value: Any) -> Any:
        return value or None


class GatewaySettings(BooksSettings):
    """What the gateway reads from the environment."""

    use_mock_ai_provider: Annotated[bool | None, BeforeValidator(_switch)] = _named(
        "USE_MOCK_AI_PROVIDER"
    )
    openai_api_key: SecretStr | None = _named("OPENAI_API_KEY")

    default_model: Annotated[str, Field(min_length=1, max_length=200)] = "gpt-6-luna"
    reasoning_effort: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")] | None = None
    models: dict[str, str] = Field(default_factory=dict)
    """A model per purpose, as a JSON object."""
    keep_content: Content = Content.FULL
    replicas: Annotated[int, Field(ge=1, le=10_000)] = 1
    """How many gateways share the books; more than one need PostgreSQL."""
    lease_seconds: Annotated[float, Field(ge=0.5, le=MOST_LEASE_SECONDS)] = 20.0
    """After how long without a sign of life a replica's calls in flight are given up."""
    export_calls: bool | None = None
    """Whether ExportCalls gives prompts and answers; unset: everywhere but in production."""
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 4
    """Tries at the provider for one call, the first included."""
    project_budget_usd: Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=9)] | None = (
        None
    )
    """What each project may spend that has no budget of its own for the same period."""
    project_budget_period: Period = Period.TOTAL
    mock_seed: Annotated[int, Field(ge=0)] = 0
    mock_latency_ms: Annotated[float, Field(ge=0, le=600_000)] = 0.0
    mock_profile: str = _GENERATOR
    """What the mock is: a generator, or replay:FILE, a cassette."""
    replay_latency: Flag = False
    """Whether a replayed call takes as long as the recorded one."""
    replay_lenient: Flag = False
    """Whether the generator answers what the cassette does not have."""

    @field_validator("openai_api_key", "project_budget_usd", "export_calls", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return value or None

    @field_validator("mock_profile")
    @classmethod
    def _known_profile(cls, value: str) -> str:
        if value in ("", _GENERATOR) or value.removeprefix(_REPLAY) not in ("", value):
            return value or _GENERATOR
        raise ValueError(f"is {value[:40]!r}; use generator, or replay:FILE with a cassette's path")

    @field_validator("models")
    @classmethod
    def _known_purposes(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(value) - set(TEMPLATES))
        if unknown:
            known = ", ".join(TEMPLATES)
            raise ValueError(f"{', '.join(unknown)}: no such purpose; there are {known}")
        if not all(model.strip() for model in value.values()):
            raise ValueError("a model's name must not be blank")
        return value

    @model_validator(mode="after")
    def _switch_is_decided(self) -> Self:
        if self.environment.is_strict and self.use_mock_ai_provider is not False:
            now = "unset" if self.use_mock_ai_provider is None else "true"
            raise ValueError(
                f"USE_MOCK_AI_PROVIDER is {now}; with ATTUNE_ENVIRONMENT={self.environment} it"
                " must be set to false, since such a system never answers from a mock"
            )
        if not self.mock and self.openai_api_key is None:
            raise ValueError(
                "OPENAI_API_KEY is not set; a real model needs one (for a server that asks for"
                " none, any text), or set USE_MOCK_AI_PROVIDER=true"
            )
        return self

    @model_validator(mode="after")
    def _only_the_mock_replays(self) -> Self:
        if self.cassette is not None and not self.mock:
            raise ValueError(
                "ATTUNE_MOCK_PROFILE replays a cassette, and USE_MOCK_AI_PROVIDER is false: a real"
                " model would answer; set USE_MOCK_AI_PROVIDER=true, or ATTUNE_MOCK_PROFILE to"
                " nothing"
            )
        return self

    @model_validator(mode="after")
    def _replicas_share_a_server(self) -> Self:
        if self.replicas > 1 and self.database_url.startswith("sqlite"):
            raise ValueError(
                f"ATTUNE_REPLICAS is {self.replicas}, and ATTUNE_DATABASE_URL names a SQLite file,"
                " which each replica would have alone: give them one postgresql:// database"
            )
        return self

    @property
    def mock(self) -> bool:
        """Whether answers come from the mock: true in local and staging unless set."""
        return self.use_mock_ai_provider is not False

    @property
    def cassette(self) -> Path | None:
        """The file that answers are replayed from; None: they are not."""
        file = self.mock_profile.removeprefix(_REPLAY)
        return Path(file) if file != self.mock_profile else None

    @property
    def exports_calls(self) -> bool:
        """Whether prompts and answers may be read over the network."""
        if self.export_calls is None:
            return self.environment is not Environment.PRODUCTION
        return self.export_calls

    @property
    def default_budget(self) -> DefaultBudget | None:
        """The budget of a project that has none of its own; None: no limit."""
        if self.project_budget_usd is None:
            return None
        return DefaultBudget(self.project_budget_period, int(self.project_budget_usd * 10**9))
