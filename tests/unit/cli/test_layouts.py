"""Where services are told to listen, and what of the environment reaches them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from shared.cli.exits import ExitCode, Stop
from shared.cli.layout import private, public
from shared.cli.system import ServiceDied, service_command
from shared.rpc.settings import SERVICE_NAMES, ServiceSettings

FREE = {f"{name}_{kind}": 0 for name in SERVICE_NAMES for kind in ("port", "metrics_port")}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SERVICE_NAMES:
        for kind in ("PORT", "METRICS_PORT", "TARGET"):
            monkeypatch.delenv(f"ATTUNE_{name.upper()}_{kind}", raising=False)


def test_a_private_system_is_on_free_ports_of_this_machine_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTUNE_HOST", "0.0.0.0")
    monkeypatch.setenv("ATTUNE_GATEWAY_TARGET", "elsewhere:1")
    monkeypatch.setenv("USE_MOCK_AI_PROVIDER", "false")
    made = private(SERVICE_NAMES, Path("logs"), "none")
    assert len(set(made.targets.values())) == 4
    assert made.environment["ATTUNE_HOST"] == "127.0.0.1"
    assert made.environment["USE_MOCK_AI_PROVIDER"] == "false"
    for name, target in made.targets.items():
        assert made.environment[f"ATTUNE_{name.upper()}_TARGET"] == target
        assert target == f"127.0.0.1:{made.environment[f'ATTUNE_{name.upper()}_PORT']}"
        assert made.environment[f"ATTUNE_{name.upper()}_METRICS_PORT"] == "0"


def test_up_names_every_taken_port_before_anything_starts() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        ports = [each.getsockname()[1] for each in (one, other)]
        taken = {"gateway_port": ports[0], "analyst_metrics_port": ports[1]}
        with pytest.raises(Stop) as stop:
            public(ServiceSettings(**{**FREE, **taken}), Path("logs"))
    assert stop.value.code == ExitCode.CONFIGURATION
    assert f"127.0.0.1:{ports[0]}, 127.0.0.1:{ports[1]}: is another" in stop.value.what


@pytest.mark.parametrize(
    ("host", "near"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")]
)
def test_up_tells_its_services_where_each_other_are(host: str, near: str) -> None:
    made, metrics = public(ServiceSettings(host=host, **FREE), Path("logs"))
    ports = [target.rpartition(":")[2] for target in made.targets.values()]
    assert len(set(ports)) == 4
    assert "0" not in ports
    for name, target in made.targets.items():
        assert target.startswith(f"{near}:")
        assert made.environment[f"ATTUNE_{name.upper()}_TARGET"] == target
    listed = [made.environment[f"ATTUNE_{name.upper()}_METRICS_PORT"] for name in SERVICE_NAMES]
    assert metrics == f"http://{near}:{{{','.join(listed)}}}/metrics"


def test_up_leaves_a_target_that_the_operator_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTUNE_GATEWAY_TARGET", "books.example:50051")
    made, _ = public(ServiceSettings(**FREE), Path("logs"))
    assert made.environment["ATTUNE_GATEWAY_TARGET"] == "books.example:50051"
    assert made.targets["gateway"].startswith("127.0.0.1:")


def test_services_are_never_imported_from_the_working_directory() -> None:
    assert service_command("gateway")[1:] == ["-P", "-m", "services.gateway"]


@pytest.mark.parametrize(
    ("returncode", "line", "what", "code"),
    [
        (78, "attune domain: no room", "attune domain: no room", ExitCode.CONFIGURATION),
        (1, "boom", "attune domain: ended with exit code 1; its last line: boom", 4),
        (-9, "", "attune domain: ended with signal SIGKILL", ExitCode.UNAVAILABLE),
    ],
)
def test_a_service_that_ended_says_why_in_one_line(
    returncode: int, line: str, what: str, code: int
) -> None:
    died = ServiceDied("domain", returncode, line, Path("domain.log"))
    assert (died.what, died.code) == (what, code)
