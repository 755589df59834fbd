"""One launched engine for the tests of a module: it takes two seconds to end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from director_house import DirectorHouse, director_house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def launched_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DirectorHouse]:
    async with director_house(tmp_path_factory.mktemp("projects")) as house:
        yield house


@pytest.fixture
def house(launched_house: DirectorHouse) -> DirectorHouse:
    """The one that is launched, with services as new."""
    launched_house.services.__init__()  # type: ignore[misc]
    return launched_house
