"""Settings that every service has, read from the environment; faults named all at once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as UnreadableVariable

ServiceName = Literal["gateway", "domain", "director", "analyst"]
SERVICE_NAMES: tuple[ServiceName, ...] = ("gateway", "domain", "director", "analyst")

Port = Annotated[int, Field(ge=0, le=65_535)]
"""A TCP port; 0: any free one."""


class Environment(StrEnum):
    """Where the system runs."""

    LOCAL = "local"
    STAGING = "staging"
    PREPROD = "preprod"
    PRODUCTION = "production"

    @property
    def is_strict(self) -> bool:
        """Whether it never answers from a mock, and has its databases for itself."""
        return self in (Environment.PREPROD, Environment.PRODUCTION)


def of_another(variable: str, owner: str, environment: Environment) -> str:
    """What a service says whose database is another environment's."""
    return (
        f"{variable} names the database of {owner}, and this is {environment}: give each"
        " environment one of its own (a mark in it says whose it is; nothing was changed)"
    )


class SettingsError(Exception):
    """The environment holds faults; the message is one line that names all of them."""


def _is_target(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if value and not (host and colon and port.isdigit() and int(port) <= 65_535):
        raise ValueError("must be HOST:PORT")
    return value


Target = Annotated[str, AfterValidator(_is_target)]


class ServiceSettings(BaseSettings):
    """What every service reads. Names are those of the variables, without ATTUNE_."""

    model_config = SettingsConfigDict(
        env_prefix="ATTUNE_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    environment: Environment = Environment.LOCAL
    host: str = "127.0.0.1"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown_grace_seconds: Annotated[float, Field(ge=0, le=3600)] = 30.0

    gateway_port: Port = 50051
    domain_port: Port = 50052
    director_port: Port = 50053
    analyst_port: Port = 50054
    gateway_metrics_port: Port = 9464
    domain_metrics_port: Port = 9465
    director_metrics_port: Port = 9466
    analyst_metrics_port: Port = 9467
    gateway_token: SecretStr | None = None
    """Who this process is to the gateway, where that knows its callers by tokens."""
    gateway_target: Target = ""
    domain_target: Target = ""
    director_target: Target = ""
    analyst_target: Target = ""

    def port(self, service: ServiceName) -> int:
        """The port that this service listens on."""
        return int(getattr(self, f"{service}_port"))

    def metrics_port(self, service: ServiceName) -> int:
        """The port of this service's metrics."""
        return int(getattr(self, f"{service}_metrics_port"))

    @property
    def bearer(self) -> str:
        """The token for calls to the gateway; empty: none."""
        return self.gateway_token.get_secret_value() if self.gateway_token else ""

    def target(self, service: ServiceName) -> str:
        """Where to call a service, as HOST:PORT; on this machine unless set."""
        return getattr(self, f"{service}_target") or f"127.0.0.1:{self.port(service)}"


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def read_settings(kind: type[SettingsT]) -> SettingsT:
    """Reads settings from the environment. Raises SettingsError naming every fault."""
    try:
        return kind()
    except UnreadableVariable as error:  # a variable that should be JSON is none
        raise SettingsError(str(error).partition("\n")[0]) from error
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        faults = []
        for item in error.errors(include_url=False, include_input=False):
            field = str(item["loc"][0]) if item["loc"] else ""
            known = kind.model_fields.get(field)
            name = field if known is None or known.validation_alias else f"{prefix}{field}"
            text = item["msg"].removeprefix("Value error, ")
            faults.append(f"{name.upper()}: {text}" if name else text)
        raise SettingsError("; ".join(faults)) from error
