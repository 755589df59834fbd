"""Reads requests that protobuf refuses, to say which field is at fault.

gRPC answers INTERNAL when a request does not parse. The usual cause is text that is
not UTF-8 (a lone surrogate, Latin-1), and the caller deserves to hear which field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from shared.rpc.errors import InvalidArgument, Violation

MAX_FAULTS = 20
MAX_DEPTH = 100
"""As deep as protobuf's own parsers go."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in for a request that does not parse; the handler turns it into an error."""

    error: InvalidArgument


def reading(kind: type[Message]) -> Callable[[bytes], Message | Unreadable]:
    """Parses a `kind`; gives an Unreadable instead of raising DecodeError."""

    def read(data: bytes) -> Message | Unreadable:
        try:
            return kind.FromString(data)
        except DecodeError:
            faults = _bad_texts(data, kind.DESCRIPTOR, "", 0)
            found = faults or [Violation("", "the request is not a valid protobuf message")]
            return Unreadable(InvalidArgument(found, reason="UNREADABLE_REQUEST"))

    return read


def _bad_texts(data: bytes, kind: Any, prefix: str, depth: int) -> list[Violation]:
    """Every string field below `data` that is not UTF-8; stops where the bytes make no sense."""
    found: list[Violation] = []
    position = 0
    seen: dict[int, int] = {}
    while position < len(data) and depth < MAX_DEPTH and len(found) < MAX_FAULTS:
        key, position = _varint(data, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            _, position = _varint(data, position)
        elif wire_type == 1:
            position += 8
        elif wire_type == 5:
            position += 4
        elif wire_type == 2:
            size, position = _varint(data, position)
            payload, position = data[position : position + size], position + size
            field = kind.fields_by_number.get(number)
            if field is not None:
                path = _path(prefix, field, seen)
                found += _bad_in(payload, field, path, depth)
        else:
            break
    return found


def _bad_in(payload: bytes, field: FieldDescriptor, path: str, depth: int) -> list[Violation]:
    if field.message_type is not None:
        return _bad_texts(payload, field.message_type, f"{path}.", depth + 1)
    if field.type == FieldDescriptor.TYPE_STRING:
        try:
            payload.decode("utf-8")
        except UnicodeDecodeError as error:
            return [
                Violation(path, f"is not UTF-8 (or has a lone surrogate) at byte {error.start}")
            ]
    return []


def _path(prefix: str, field: FieldDescriptor, seen: dict[int, int]) -> str:
    if not field.is_repeated:
        return f"{prefix}{field.name}"
    index = seen.get(field.number, 0)
    seen[field.number] = index + 1
    return f"{prefix}{field.name}[{index}]"


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at `position` and where it ends; past the end when it is cut off."""
    value = shift = 0
    while position < len(data) and shift < 70:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position
    return 0, len(data)
