"""The journal knows whose it is: preprod and production share theirs with nobody."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
import sqlalchemy as sa

from services.gateway.books.belonging import claim
from services.gateway.books.database import open_database
from services.gateway.books.tables import belongs_to
from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.rpc.process import StartError
from shared.rpc.settings import Environment


def opened(url: str, environment: Environment) -> None:
    engine = open_database(url)
    try:
        claim(engine, environment)
    finally:
        engine.dispose()


def marks(url: str) -> list[str]:
    engine = open_database(url)
    with engine.connect() as connection:
        found = list(connection.execute(sa.select(belongs_to.c.environment)).scalars())
    engine.dispose()
    return found


def test_local_and_staging_share_books_and_mark_none(database_url: str) -> None:
    for environment in (Environment.LOCAL, Environment.STAGING, Environment.LOCAL):
        opened(database_url, environment)
    assert marks(database_url) == []


@pytest.mark.parametrize("owner", [Environment.PREPROD, Environment.PRODUCTION])
def test_a_strict_environments_books_are_refused_to_all_others(
    database_url: str, owner: Environment
) -> None:
    opened(database_url, owner)
    opened(database_url, owner)
    for other in set(Environment) - {owner}:
        with pytest.raises(StartError, match=f"the database of {owner}, and this is {other}"):
            opened(database_url, other)
    assert marks(database_url) == [owner]


async def test_of_two_that_start_at_once_one_is_refused(database_url: str) -> None:
    opened(database_url, Environment.LOCAL)

    def attempt(environment: Environment) -> str:
        try:
            opened(database_url, environment)
        except StartError as error:
            return str(error)
        return ""

    strict = [Environment.PREPROD, Environment.PRODUCTION] * 3
    said = await asyncio.gather(*(asyncio.to_thread(attempt, each) for each in strict))
    (owner,) = marks(database_url)
    assert [not fault for fault in said] == [each == owner for each in strict]


async def test_a_preprod_gateway_does_not_start_on_productions_books(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTUNE_DATABASE_URL", database_url)
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "none-needed")
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", "production")
    async with build(GatewaySettings()):
        pass
    monkeypatch.setenv("ATTUNE_ENVIRONMENT", "preprod")
    async with AsyncExitStack() as stack:
        with pytest.raises(StartError, match="ATTUNE_DATABASE_URL"):
            await stack.enter_async_context(build(GatewaySettings()))
