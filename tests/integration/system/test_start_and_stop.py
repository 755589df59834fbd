"""How a service starts and stops as a process, and what an operator reads when it cannot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from running_system import free_ports

CONFIGURATION = 78


def start(service: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    names = ("gateway", "domain", "director", "analyst")
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("ATTUNE_") and key not in ("USE_MOCK_AI_PROVIDER", "OPENAI_API_KEY")
    }
    environment |= {f"ATTUNE_{name.upper()}_METRICS_PORT": "0" for name in names}
    environment |= {f"ATTUNE_{name.upper()}_PORT": "0" for name in names}
    return subprocess.Popen(
        [sys.executable, "-m", f"services.{service}"],
        cwd=folder, env=environment | variables, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def refusal(service: str, folder: Path, **variables: str) -> str:
    """The one line that a service says that cannot start."""
    process = start(service, folder, **variables)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == CONFIGURATION, said
    lines = [line for line in said.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"USE_MOCK_AI_PROVIDER": "perhaps"}, "USE_MOCK_AI_PROVIDER"),
        ({"USE_MOCK_AI_PROVIDER": "false"}, "OPENAI_API_KEY is not set"),
        ({"ATTUNE_ENVIRONMENT": "production"}, "USE_MOCK_AI_PROVIDER is unset"),
        ({"ATTUNE_ENVIRONMENT": "moon"}, "ATTUNE_ENVIRONMENT"),
        ({"ATTUNE_DATABASE_URL": "sqlite:////proc/none/gateway.db"}, "cannot open the journal"),
        ({"ATTUNE_PRICES_FILE": "/nowhere/prices.toml"}, "ATTUNE_PRICES_FILE"),
        ({"ATTUNE_MODELS": "[1]"}, "ATTUNE_MODELS"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gateway_that_cannot_start_says_why_in_one_line(
    variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    line = refusal("gateway", tmp_path, **variables)
    assert line.startswith("attune gateway: ")
    assert said in line


@pytest.mark.parametrize("variable", ["ATTUNE_ANALYST_PORT", "ATTUNE_ANALYST_METRICS_PORT"])
def test_a_taken_port_is_one_line_that_names_it(variable: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal("analyst", tmp_path, **{variable: str(port)})
    assert str(port) in line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_service_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    process = start("analyst", tmp_path, ATTUNE_ANALYST_PORT=str(port))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
    process.send_signal(number)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert '"stopped"' in said
