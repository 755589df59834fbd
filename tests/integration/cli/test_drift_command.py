"""`attune drift` with a gateway of its own, against answers that were recorded."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from mock_over_http import mock_over_http
from running_system import ATTUNE

from shared.cassette import write_cassette

SCHEMA = '{"type": "object", "properties": {"steps": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3}}, "required": ["steps"], "additionalProperties": false}'


def recorded(number: int) -> pb.RecordedCall:
    """Answers that are much longer than the mock's, and of more steps than were asked for."""
    call = pb.RecordedCall(key=f"k{number}", state=pb.CALL_STATE_SETTLED, content_kept=True)
    call.request.purpose, call.request.response_schema = "analyze_goal", SCHEMA
    call.request.request_id = f"r{number}"
    call.request.model = "recorded-model"
    call.request.messages.add(role=pb.ROLE_USER, content=f"Goal: tune {number} harps")
    call.response.text = json.dumps({"steps": [f"step {n} " * 9 for n in range(3)]})
    call.response.finish_reason = pb.FINISH_REASON_STOP
    call.response.usage.output_tokens = 900 + number
    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_cassette(tmp_path / "cassette.jsonl", [recorded(number) for number in range(12)])
    return tmp_path


def drift(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ATTUNE, "drift", *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        check=False, stdin=subprocess.DEVNULL, env=os.environ | variables,
    )  # fmt: skip


def test_it_says_what_the_mock_does_that_the_recording_does_not(folder: Path) -> None:
    done = drift(folder, "--cassette", "cassette.jsonl")
    assert done.returncode == 0, done.stderr
    assert "output tokens" in done.stdout
    assert "no real model was asked" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["cassette.jsonl"]


def test_the_real_model_is_asked_the_same_when_it_may(folder: Path) -> None:
    with mock_over_http() as model:
        variables = model.variables
        refused = drift(folder, "--cassette", "cassette.jsonl", "--real", **variables)
        assert refused.returncode == 2
        assert "--yes" in refused.stderr
        assert model.bodies == []
        done = drift(folder, "--cassette", "cassette.jsonl", "--real", "--yes", "--json",
                     "--limit", "6", **variables)  # fmt: skip
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert said["requests"] == 6 == len(model.bodies)
    pairs = {(each["ours"], each["theirs"]): each["differences"] for each in said["comparisons"]}
    assert set(pairs) == {("mock", "cassette"), ("mock", "real"), ("cassette", "real")}
    assert {each["verdict"] for each in pairs["mock", "real"]} == {"same"}, "it is the mock"


def test_a_mock_is_not_real(folder: Path) -> None:
    done = drift(folder, "--cassette", "cassette.jsonl", "--real", "--yes",
                 USE_MOCK_AI_PROVIDER="false", OPENAI_API_KEY="")  # fmt: skip
    assert done.returncode == 78
    assert "OPENAI_API_KEY" in done.stderr


def test_what_is_no_cassette_is_refused_by_its_line(folder: Path) -> None:
    (folder / "other.jsonl").write_text('{"attune_cassette": 1, "contract": "other.v1"}\n')
    done = drift(folder, "--cassette", "other.jsonl", "--budget", "x")
    said = " ".join(done.stderr.split())
    assert done.returncode == 2
    assert "line 1" in said
    assert "--budget" in said
    (folder / "empty.jsonl").write_text('{"attune_cassette": 1, "contract": "attune.gateway.v1"}\n')
    assert drift(folder, "--cassette", "empty.jsonl").returncode == 2
