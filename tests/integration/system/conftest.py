"""One running system for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running_system import RunningSystem, running_system


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    folder = tmp_path_factory.mktemp("system")
    with running_system(folder, USE_MOCK_AI_PROVIDER="true") as running:
        yield running
