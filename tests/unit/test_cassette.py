"""A cassette is read back as it was written, and anything else is refused by its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attune.gateway.v1 import gateway_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from shared.cassette import CassetteError, read_cassette, write_cassette

HEAD = '{"attune_cassette": 1, "contract": "attune.gateway.v1"}'


def call(text: str, key: str = "k") -> pb.RecordedCall:
    return pb.RecordedCall(
        key=key, state=pb.CALL_STATE_SETTLED, content_kept=True,
        request=pb.CompleteRequest(messages=[pb.Message(role=pb.ROLE_USER, content=text)]),
        response=pb.CompleteResponse(text=text, cost=pb.Cost(nano_usd=0)),
    )  # fmt: skip


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=4))
def test_calls_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("cassettes") / "cassette.jsonl"
    calls = [call(text) for text in texts]
    assert write_cassette(path, calls) == len(calls)
    assert list(read_cassette(path).calls) == calls


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "line 1: is empty"),
        (["nonsense"], "line 1: is not JSON"),
        (["[]"], "line 1: is not a JSON object"),
        (["{}"], "line 1: does not say 'attune_cassette'"),
        (['{"attune_cassette": 2, "contract": "attune.gateway.v1"}'], "this build reads 1"),
        (['{"attune_cassette": 1, "contract": "attune.gateway.v9"}'], "record it anew"),
        ([HEAD, "{"], "line 2: is not JSON"),
        ([HEAD, "{}"], "line 2: has no key"),
        ([HEAD, '{"key": "k", "answer": 1}'], "line 2: is no recorded call"),
        ([HEAD, "[" * 100_000], "line 2: is not JSON"),
        ([HEAD, json.dumps({"key": 3})], "line 2: is no recorded call"),
    ],
)
def test_what_is_no_cassette_is_refused_by_its_line(
    tmp_path: Path, lines: list[str], said: str
) -> None:
    path = tmp_path / "cassette.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(CassetteError, match=said):
        read_cassette(path)
