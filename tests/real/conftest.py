"""One small model and one system for all tests that need a real answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from attune.gateway.v1.gateway_pb2_grpc import GatewayServiceStub
from real.small_model import MODEL, serving_small_model
from running_system import RunningSystem, running_system

PRICES = f'[models."{MODEL}"]\ninput_usd_per_million = "3"\noutput_usd_per_million = "7"\n'


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    folder: Path = tmp_path_factory.mktemp("real")
    (folder / "prices.toml").write_text(PRICES)
    with (
        serving_small_model() as variables,
        running_system(
            folder,
            USE_MOCK_AI_PROVIDER="False",
            ATTUNE_PRICES_FILE=str(folder / "prices.toml"),
            ATTUNE_DELIVERABLE_TOKENS="300",
            **variables,
        ) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def gateway(system: RunningSystem) -> Iterator[GatewayServiceStub]:
    with grpc.insecure_channel(system.targets["gateway"]) as channel:
        yield GatewayServiceStub(channel)
