"""The director's variables."""

from __future__ import annotations

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from shared.context.limits import DELIVERABLE_TOKENS
from shared.rpc.settings import ServiceSettings

_DATABASES = "must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
RESUME_ALL, RESUME_NONE = "all", "none"


class DirectorSettings(ServiceSettings):
    """What the director reads from the environment."""

    projects_database_url: str = "sqlite:///.attune/projects.db"
    """Where projects are kept."""
    director_replicas: Annotated[int, Field(ge=1, le=1_000)] = 1
    """How many directors share the projects; more than one need PostgreSQL."""
    resume_projects: Annotated[str, Field(min_length=1, max_length=200)] = RESUME_ALL
    """Which interrupted projects go on here: all, none, or the one of this id."""
    deliverable_tokens: Annotated[int, Field(ge=100, le=20_000)] = DELIVERABLE_TOKENS
    """About how long a deliverable may be."""
    task_context_tokens: Annotated[int, Field(ge=50, le=1_000_000)] = 4_000
    """What a task is handed over of what is known, in tokens of about 4 bytes."""

    @field_validator("projects_database_url")
    @classmethod
    def _sqlite_or_postgresql(cls, value: str) -> str:
        in_file = re.fullmatch(r"sqlite:///[^?#]+", value) and ":memory:" not in value
        if not in_file and (urlsplit(value).scheme != "postgresql" or not urlsplit(value).hostname):
            raise ValueError(_DATABASES)
        return value

    @model_validator(mode="after")
    def _replicas_share_a_server(self) -> Self:
        if self.director_replicas > 1 and self.projects_database_url.startswith("sqlite"):
            raise ValueError(
                f"ATTUNE_DIRECTOR_REPLICAS is {self.director_replicas}, and"
                " ATTUNE_PROJECTS_DATABASE_URL names a SQLite file, which each replica would have"
                " alone: give them one postgresql:// database"
            )
        return self
