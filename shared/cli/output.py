"""Writes results to stdout for programs; JSON is the protobuf mapping with the proto's names."""

from __future__ import annotations

import re
import sys
from enum import Enum, auto
from io import TextIOWrapper

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Form(Enum):
    """How a result is written."""

    TABLE = auto()
    JSON = auto()
    CSV = auto()


def json_text(message: Message, *, indent: int | None = 2) -> str:
    """`message` as JSON with defaults; indent None: in one line.

    Characters that could steer a terminal are escaped, which reads the same.
    """
    text = MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        indent=indent,
        ensure_ascii=False,
    )
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_json(text: str) -> None:
    """One JSON text and a line break on stdout, at once."""
    write_text(f"{text}\n")


def write_text(text: str) -> None:
    """This text in UTF-8 on stdout, whatever the locale, at once."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(text)
    sys.stdout.flush()
