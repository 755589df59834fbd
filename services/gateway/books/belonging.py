"""Whose books these are: preprod and production never share theirs with another environment."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from services.gateway.books.database import cause_of
from services.gateway.books.tables import belongs_to
from shared.rpc.process import StartError
from shared.rpc.settings import Environment, of_another


def claim(engine: Engine, environment: Environment) -> None:
    """Marks books that nobody has yet, if the environment is a strict one.

    Raises StartError where they are another's, or cannot be marked. Two gateways that start
    at once wait for each other, as all writers do.
    """
    try:
        with engine.execution_options(writes=True).begin() as connection:
            owner = connection.execute(sa.select(belongs_to.c.environment)).scalar_one_or_none()
            if owner is None and environment.is_strict:
                connection.execute(belongs_to.insert().values(one=1, environment=environment))
    except sa.exc.DBAPIError as error:
        raise StartError(f"cannot tell whose the journal is: {cause_of(error)}") from error
    if owner is not None and owner != environment:
        raise StartError(of_another("ATTUNE_DATABASE_URL", owner, environment))
