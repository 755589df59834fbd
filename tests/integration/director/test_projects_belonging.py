"""The projects' database knows whose it is: preprod and production share theirs with nobody."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import PostgresServer, postgres_server

from services.director.projects.belonging import claim
from shared.rpc.process import StartError
from shared.rpc.settings import Environment

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/projects.db"
    server: PostgresServer = request.getfixturevalue("server")
    return server.database(f"projects{next(_numbers)}")


async def test_local_and_staging_share_projects_and_mark_none(url: str) -> None:
    for environment in (Environment.LOCAL, Environment.STAGING, Environment.LOCAL):
        await claim(url, environment)
    await claim(url, Environment.PRODUCTION)
    with pytest.raises(StartError):
        await claim(url, Environment.LOCAL)


@pytest.mark.parametrize("owner", [Environment.PREPROD, Environment.PRODUCTION])
async def test_a_strict_environments_projects_are_refused_to_all_others(
    url: str, owner: Environment
) -> None:
    await claim(url, owner)
    await claim(url, owner)
    for other in set(Environment) - {owner}:
        with pytest.raises(StartError, match=f"the database of {owner}, and this is {other}"):
            await claim(url, other)


async def test_of_two_that_start_at_once_one_is_refused(url: str) -> None:
    strict = [Environment.PREPROD, Environment.PRODUCTION] * 3
    said = await asyncio.gather(*(claim(url, each) for each in strict), return_exceptions=True)
    winners = {each for each, fault in zip(strict, said, strict=True) if fault is None}
    assert len(winners) == 1
    assert all(isinstance(fault, StartError) for fault in said if fault is not None)


async def test_a_server_that_is_not_there_is_told_in_a_line() -> None:
    with pytest.raises(StartError, match="cannot tell whose the projects' database is"):
        await claim("postgresql://nobody@127.0.0.1:1/none", Environment.PREPROD)
