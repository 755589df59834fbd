"""Who lives: known at once when a director's process or connection ends, and never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import PostgresServer, postgres_server

from services.director.projects.alive import ServerRoll, listed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with postgres_server(tmp_path_factory.mktemp("roll")) as running:
        yield running


async def test_on_a_file_a_director_is_there_until_it_leaves(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/projects.db"
    async with listed("mine", url) as roll:
        async with listed("other", url):
            assert not await roll.is_gone("other")
        assert await roll.is_gone("other")
        assert await roll.is_gone("nobody")


async def test_on_a_server_a_director_is_there_until_its_connection_ends(
    server: PostgresServer,
) -> None:
    url = server.database("roll")
    async with listed("mine", url) as roll:
        async with listed("other", url):
            assert not await roll.is_gone("other")
        async with asyncio.timeout(20):  # the server hears of it a little later
            while not await roll.is_gone("other"):  # noqa: ASYNC110 -- and tells nobody
                await asyncio.sleep(0.05)
        assert await roll.is_gone("nobody")


async def test_a_director_is_on_the_roll_again_after_the_server_was_away(
    server: PostgresServer,
) -> None:
    url = server.database("again")
    async with listed("mine", url):
        server.stop()
        server.start()
        watcher = ServerRoll("watcher", url)
        await watcher.enter()
        try:
            async with asyncio.timeout(20):
                while await watcher.is_gone("mine"):  # noqa: ASYNC110 -- the server tells nobody
                    await asyncio.sleep(0.1)
        finally:
            await watcher.leave()


async def test_while_the_server_is_away_nobody_is_said_to_be_gone(server: PostgresServer) -> None:
    url = server.database("away")
    async with listed("mine", url) as roll:
        server.stop()
        try:
            assert not await roll.is_gone("other")
        finally:
            server.start()
