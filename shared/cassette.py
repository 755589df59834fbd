"""Cassettes: calls to a model written down, to be looked at, replayed and compared.

A cassette is a file of JSON lines. The first says what it is; each other one is a
`RecordedCall` of the contract in the protobuf JSON mapping, with the proto's own names. Keys,
tokens and callers are no part of that message, so that none can be in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from attune.gateway.v1 import gateway_pb2 as pb
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError

FORMAT = 1
CONTRACT = pb.DESCRIPTOR.package
"""The contract whose messages the lines are; another one is not read."""
MAX_BYTES = 512 * 1024 * 1024
MAX_LINE_BYTES = 64 * 1024 * 1024
_MARK = "attune_cassette"


class CassetteError(ValueError):
    """A file that is no cassette of this contract; the message names the line."""


@dataclass(frozen=True, slots=True)
class Cassette:
    """The calls in a file, in its order."""

    path: Path
    calls: tuple[pb.RecordedCall, ...]


def write_cassette(path: Path, calls: Iterable[pb.RecordedCall]) -> int:
    """Writes a new file and gives how many calls it has. Raises OSError."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write(f"{json.dumps({_MARK: FORMAT, 'contract': CONTRACT})}\n")
        for call in calls:
            said = MessageToDict(call, preserving_proto_field_name=True)
            out.write(f"{json.dumps(said, ensure_ascii=False)}\n")
            count += 1
    return count


def read_cassette(path: Path) -> Cassette:
    """Every call of a file. Raises CassetteError, which names the line, and OSError."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise CassetteError(f"{path}: has {size:,} bytes; at most {MAX_BYTES:,} are read")
    calls: list[pb.RecordedCall] = []
    with path.open("rb") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES + 1), b""), 1):
            said = _object(line, f"{path}, line {number}")
            if number == 1:
                _check_head(said, path)
            else:
                calls.append(_call(said, f"{path}, line {number}"))
    if not size:
        raise CassetteError(f"{path}, line 1: is empty, and no cassette")
    return Cassette(path, tuple(calls))


def _object(line: bytes, where: str) -> dict[str, object]:
    if len(line) > MAX_LINE_BYTES:
        raise CassetteError(f"{where}: is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CassetteError(f"{where}: is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise CassetteError(f"{where}: is not a JSON object")
    return said


def _check_head(said: dict[str, object], path: Path) -> None:
    where = f"{path}, line 1"
    if _MARK not in said:
        raise CassetteError(f"{where}: does not say {_MARK!r}: this is no cassette")
    if said[_MARK] != FORMAT:
        raise CassetteError(f"{where}: is of format {said[_MARK]!r}; this build reads {FORMAT}")
    if said.get("contract") != CONTRACT:
        raise CassetteError(
            f"{where}: was recorded under the contract {said.get('contract')!r}; this build speaks"
            f" {CONTRACT!r}: record it anew"
        )


def _call(said: dict[str, object], where: str) -> pb.RecordedCall:
    try:
        call = ParseDict(said, pb.RecordedCall())
    except (ParseError, RecursionError) as error:
        raise CassetteError(f"{where}: is no recorded call: {error}") from error
    if not call.key:
        raise CassetteError(f"{where}: has no key")
    return call
