"""The README's calls, as they stand there, against a running system with reflection."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_system import RunningSystem

from shared.rpc.settings import SERVICE_NAMES, ServiceSettings

ROOT = Path(__file__).parents[3]
SERVED = {
    "gateway": {
        "Complete",
        "StreamComplete",
        "EstimateCost",
        "SetBudget",
        "GetBudget",
        "ListBudgets",
        "GetSpend",
        "DescribeProvider",
        "ExportCalls",
    },
    "domain": {"ClassifyDomain", "MeasureLeakage"},
    "director": {
        "CreatePlan",
        "EstimateProject",
        "StartProject",
        "WatchProject",
        "GetProject",
        "ListProjects",
        "CancelProject",
    },
    "analyst": {"AnalyzeGoal", "PerformTask", "ReviewDeliverable"},
}


def readme_calls() -> list[str]:
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    commands = re.findall(r"^\$ (buf curl (?:.*\\\n)*.*)$", "\n".join(blocks), re.MULTILINE)
    return [command.replace("\\\n", " ") for command in commands]


def in_json(text: str) -> Iterator[Any]:
    """JSON values one after the other, as a stream is printed."""
    while text := text.strip():
        value, end = json.JSONDecoder().raw_decode(text)
        yield value
        text = text[end:]


def run(command: str, system: RunningSystem) -> subprocess.CompletedProcess[str]:
    defaults = ServiceSettings()
    for name in SERVICE_NAMES:
        command = command.replace(f":{defaults.port(name)}/", f":{system.ports[name]}/")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PATH": path},
    )  # fmt: skip


@pytest.mark.parametrize("command", readme_calls())
def test_a_call_of_the_readme_is_answered(command: str, system: RunningSystem) -> None:
    ran = run(command, system)
    assert ran.returncode == 0, ran.stderr
    messages = list(in_json(ran.stdout))
    assert messages
    assert all(messages)


def test_the_readme_shows_every_rpc_that_is_served() -> None:
    shown = set(re.findall(r"attune\.(\w+)\.v1\.\w+/(\w+)", "\n".join(readme_calls())))
    assert shown == {(service, rpc) for service, rpcs in SERVED.items() for rpc in rpcs}


@pytest.mark.parametrize(
    ("service", "rpc", "body", "status", "fields"),
    [
        ("gateway", "Complete", "{}", 3, ["messages"]),
        ("gateway", "EstimateCost", '{"request": {"seed": -1}}', 3, ["request.messages"]),
        ("gateway", "GetSpend", '{"group_by": [0]}', 3, ["group_by[0]"]),
        ("gateway", "ExportCalls", "{}", 3, ["project_id"]),
        ("domain", "ClassifyDomain", '{"goal": " "}', 3, ["goal"]),
        ("director", "CreatePlan", '{"constraints": {"max_tasks": 99}}', 3, ["goal", "max_tasks"]),
        ("analyst", "AnalyzeGoal", '{"goal": "x", "max_tasks": -1}', 3, ["team", "max_tasks"]),
        ("director", "StartProject", "{}", 3, ["start"]),
        ("director", "StartProject", '{"plan": {"goal": "x"}}', 3, ["plan.team", "plan.tasks"]),
        ("director", "EstimateProject", '{"request": {"max_calls": 1}}', 3, ["start", "max_calls"]),
        ("director", "WatchProject", '{"project_id": "nobody"}', 5, ["nobody"]),
        ("director", "GetProject", "{}", 3, ["project_id"]),
        ("director", "ListProjects", '{"page_size": -1}', 3, ["page_size"]),
        ("director", "CancelProject", '{"project_id": "nobody"}', 5, ["nobody"]),
        ("domain", "MeasureLeakage", "{}", 3, ["goal", "profile.domain", "texts"]),
        ("analyst", "PerformTask", '{"language": "??"}', 3, ["task.id", "task.title", "language"]),
        ("analyst", "ReviewDeliverable", "{}", 3, ["deliverable.markdown", "acceptance_criteria"]),
    ],
)
def test_bad_input_is_answered_as_the_contract_says(
    service: str, rpc: str, body: str, status: int, fields: list[str], system: RunningSystem
) -> None:
    name = f"attune.{service}.v1.{service.capitalize()}Service"
    url = f"http://127.0.0.1:{system.ports[service]}/{name}/{rpc}"
    ran = run(f"buf curl --protocol grpc -d '{body}' {url}", system)
    assert ran.returncode == 8 * status, ran.stderr
    for field in fields:
        assert field in ran.stderr


def test_grpcurl_lists_and_calls_too(system: RunningSystem) -> None:
    if shutil.which("grpcurl") is None:
        pytest.skip("grpcurl is not installed; buf curl speaks the same reflection")
    target = f"127.0.0.1:{system.ports['gateway']}"
    listed = run(f"grpcurl -plaintext {target} list", system)
    assert "attune.gateway.v1.GatewayService" in listed.stdout
    rpc = "attune.gateway.v1.GatewayService/DescribeProvider"
    assert "SERVED_BY_REAL" in run(f"grpcurl -plaintext {target} {rpc}", system).stdout
