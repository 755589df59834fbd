"""How a project's requests, steps and events are written down: messages as text in JSON.

Nothing that is read back is code: DBOS would pickle by itself, and a database that somebody
else writes to could then run what it likes in the director.
"""

from __future__ import annotations

import base64
import json
from typing import Any, TypeVar

from dbos import Serializer
from google.protobuf.message import Message

MessageT = TypeVar("MessageT", bound=Message)
_FAULT = "fault"


class RecordedFault(Exception):
    """An error that a step ended in, as far as it was written down: its text."""


class JsonSerializer(Serializer):
    """Texts, numbers, lists and maps as JSON; an error as its text."""

    def name(self) -> str:
        """What DBOS writes beside each value."""
        return "attune_json"

    def serialize(self, data: Any) -> str:
        """Raises TypeError for what JSON has no word for."""
        if isinstance(data, BaseException):
            data = {_FAULT: f"{type(data).__name__}: {data}"}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        """What was serialized; tuples come back as lists, errors as RecordedFault."""
        data = json.loads(serialized_data)
        if isinstance(data, dict) and data.keys() == {_FAULT}:
            return RecordedFault(data[_FAULT])
        return data


def packed(message: Message) -> str:
    """A message as text; equal messages give equal texts."""
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


def unpacked(kind: type[MessageT], text: str) -> MessageT:
    """The message in a text that `packed` gave."""
    return kind.FromString(base64.b64decode(text))
