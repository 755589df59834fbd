"""One running system for the tests of this folder: the mock, behind a socket and with prices."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from mock_over_http import mock_over_http
from running_system import RunningSystem, running_system

MODEL = "priced-mock"
PRICES = f"""[models."{MODEL}"]
input_usd_per_million = "1234.5"
output_usd_per_million = "6789.1"
"""


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    folder = tmp_path_factory.mktemp("system")
    prices = folder / "prices.toml"
    prices.write_text(PRICES)
    with (
        mock_over_http() as mock,
        running_system(
            folder,
            ATTUNE_DEFAULT_MODEL=MODEL,
            ATTUNE_PRICES_FILE=str(prices),
            **mock.variables,
        ) as running,
    ):
        yield running
