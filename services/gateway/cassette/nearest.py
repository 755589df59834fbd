"""Which recorded request is nearest to one that was not recorded, and what differs.

A prompt is known by a sketch of its words, the smallest of their hashes, whose overlap
estimates how many words two prompts share (A. Broder, "On the resemblance and containment of
documents", 1997). The few that share most are compared as texts.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest, nsmallest
from itertools import chain, zip_longest

from attune.gateway.v1 import gateway_pb2 as pb

from services.gateway.calls import ProviderRequest, Role
from services.gateway.cassette.recordings import Recording, Recordings
from shared.rpc.errors import MAX_MESSAGE_BYTES

SKETCH_CHARACTERS = 4_000
"""Of a prompt's beginning, and as many of its end: what is looked at of thousands."""
SKETCH_WORDS = 128
CANDIDATES = 4
COMPARED_CHARACTERS = 100_000
COMPARED_WORDS = 400
"""Of what is between the beginning and the end that two prompts share."""
BEFORE = 20
"""Characters that are shown before the first one that differs."""
_MOST_NAME_BYTES = 60
_MOST_VALUE_BYTES = 30
_MOST_EXCERPT_BYTES = 120
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|\w+")
_ROLES = {pb.ROLE_SYSTEM: Role.SYSTEM, pb.ROLE_USER: Role.USER, pb.ROLE_ASSISTANT: Role.ASSISTANT}
_UNANSWERED = (
    "it is there, and ended without an answer of the provider that was kept (lost, cancelled, or"
    " still in flight)"
)
_TODO = "Record it anew, or let ATTUNE_REPLAY_LENIENT=true answer it."


@dataclass(frozen=True, slots=True)
class _Known:
    recording: Recording
    sketch: frozenset[int]


class Nearest:
    """Says of a request what it is near to. Safe in threads.

    quotes: whether lines of prompts may be shown.
    """

    def __init__(self, recordings: Recordings, *, quotes: bool = True) -> None:
        self._recordings = recordings
        self._quotes = quotes
        self._lock = threading.Lock()
        self._known: list[_Known] | None = None

    def told(self, asked: ProviderRequest) -> str:
        """A message of at most MAX_MESSAGE_BYTES: the nearest recording, and what differs."""
        named = _cut(self._recordings.name, _MOST_NAME_BYTES)
        count = len(self._recordings)
        recordings = "1 recording" if count == 1 else f"{count:,} recordings"
        missed = f"not in the cassette {named} ({recordings})"
        if asked.key in self._recordings.left_out:
            return f"{missed}: {_UNANSWERED}. {_TODO}"
        parts = _parts_of(asked)
        found = self._find(asked, parts)
        if found is None:
            return f"{missed}: it holds no prompt to compare with. {_TODO}"
        alike, nearest, others = found
        purpose = nearest.request.purpose or "no purpose"
        head = (
            f"{missed}. Nearest: line {nearest.line}, for {_cut(purpose, _MOST_VALUE_BYTES)},"
            f" {int(100 * alike)}% alike."
        )
        room = MAX_MESSAGE_BYTES - len(f"{head}  {_TODO}".encode())
        return f"{head} {_difference(parts, others, room, quotes=self._quotes)} {_TODO}"

    def _find(
        self, asked: ProviderRequest, parts: dict[str, str]
    ) -> tuple[float, Recording, dict[str, str]] | None:
        """The nearest with how alike it is, of 1, and its parts."""
        text = _joined(message.content for message in asked.messages)
        sketch = _sketch(text)

        def shared(known: _Known) -> float:
            return len(known.sketch & sketch) / (len(known.sketch | sketch) or 1)

        best: tuple[tuple[float, int], Recording, dict[str, str]] | None = None
        for known in nlargest(CANDIDATES, self._all(), key=shared):
            others = _recorded_parts(known.recording.request)
            alike = _alike(text, _prompt(known.recording))
            differing = sum(parts.get(name) != others.get(name) for name in {**parts, **others})
            rank = (alike, -differing)
            if best is None or rank > best[0]:
                best = rank, known.recording, others
        return None if best is None else (best[0][0], best[1], best[2])

    def _all(self) -> list[_Known]:
        """One recording of each key that has a prompt; sketched when first asked for."""
        with self._lock:
            if self._known is None:
                firsts = (some[0] for some in self._recordings.by_key.values())
                self._known = [
                    _Known(each, _sketch(_prompt(each))) for each in firsts if each.request.messages
                ]
            return self._known


def _joined(contents: Iterable[str]) -> str:
    return "\n".join(contents)


def _prompt(recording: Recording) -> str:
    return _joined(message.content for message in recording.request.messages)


def _sketch(text: str) -> frozenset[int]:
    if len(text) > 2 * SKETCH_CHARACTERS:
        text = f"{text[:SKETCH_CHARACTERS]}\n{text[-SKETCH_CHARACTERS:]}"
    words = set(_WORD.findall(text.casefold()))
    return frozenset(nsmallest(SKETCH_WORDS, (zlib.crc32(word.encode()) for word in words)))


def _shared_start(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning on."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one.startswith(other[:middle]):
            least = middle
        else:
            most = middle - 1
    return least


def _alike(one: str, other: str) -> float:
    """How much of two texts is the same, of 1; their ends first, then words in between."""
    one, other = one[:COMPARED_CHARACTERS], other[:COMPARED_CHARACTERS]
    head = _shared_start(one, other)
    left, right = one[head:], other[head:]
    tail = _shared_start(left[::-1], right[::-1])
    left, right = left[: len(left) - tail], right[: len(right) - tail]
    first, second = (_WORD.findall(part)[:COMPARED_WORDS] for part in (left, right))
    between = SequenceMatcher(None, first, second, autojunk=False).ratio()
    whole = len(one) + len(other)
    return (2 * (head + tail) + between * (len(left) + len(right))) / whole if whole else 1.0


def _parts_of(asked: ProviderRequest) -> dict[str, str]:
    """All that is asked, by the names that people know it by; what is not set is left out."""
    settings = {
        "max_output_tokens": asked.max_output_tokens,
        "temperature": asked.temperature,
        "seed": asked.seed,
        "stop": list(asked.stop) or None,
        "model": asked.model,
    }
    messages = ((message.role, message.content) for message in asked.messages)
    return _named(messages, asked.response_schema, settings)


def _recorded_parts(request: pb.CompleteRequest) -> dict[str, str]:
    """The same of a recorded request."""
    settings = {
        name: getattr(request, name) if request.HasField(name) else None
        for name in ("max_output_tokens", "temperature", "seed")
    }
    settings |= {"stop": list(request.stop) or None, "model": request.model}
    try:
        schema = json.loads(request.response_schema) if request.response_schema else None
    except (ValueError, RecursionError):
        schema = request.response_schema
    messages = ((_ROLES.get(m.role, Role.USER), m.content) for m in request.messages)
    return _named(messages, schema, settings)


def _named(
    messages: Iterable[tuple[Role, str]], schema: object, settings: Mapping[str, object]
) -> dict[str, str]:
    parts: dict[str, str] = {}
    for role, content in messages:
        name, number = f"{role} message", 1
        while name in parts:
            number += 1
            name = f"{role} message {number}"
        parts[name] = content
    if schema is not None:
        # Written out line by line, so that the line that differs says where.
        parts["response_schema"] = json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False)
    for name, value in settings.items():
        if value is not None:
            parts[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return parts


def _difference(asked: dict[str, str], known: dict[str, str], room: int, *, quotes: bool) -> str:
    """Every part that differs, and the first line that does; room: bytes."""
    names = dict.fromkeys(chain(asked, known))
    names |= {"model": names.pop("model")} if "model" in names else {}
    differing = [name for name in names if asked.get(name) != known.get(name)]
    if not differing:
        return (
            "Nothing that was kept differs: one of both names its model, the other leaves it to"
            " the default."
        )
    listed = _cut(f"It differs in {', '.join(differing)}.", room // 2)
    first = differing[0]
    room -= len(listed.encode()) + 1
    if first not in asked or first not in known:
        return f"{listed} {_cut(f'{first} is only {_where(first, asked)}.', room)}"
    return f"{listed} {_first_line(first, asked[first], known[first], room, quotes=quotes)}"


def _where(name: str, asked: dict[str, str]) -> str:
    return "asked" if name in asked else "recorded"


def _first_line(name: str, asked: str, known: str, room: int, *, quotes: bool) -> str:
    lines = zip_longest(asked.split("\n"), known.split("\n"))
    number, (left, right) = next(
        (number, pair) for number, pair in enumerate(lines, 1) if pair[0] != pair[1]
    )
    several = "\n" in asked or "\n" in known
    where = f"{name}, line {number}" if several else name
    if not quotes:
        return _cut(f"First in {where}.", room)
    column = max(0, _shared_start(left or "", right or "") - BEFORE)
    shown = f"{where}: asked , recorded ."
    each = min(_MOST_EXCERPT_BYTES, max(8, (room - len(shown.encode())) // 2))
    left, right = (_excerpt(line, column, each) for line in (left, right))
    return f"{where}: asked {left}, recorded {right}."


def _excerpt(line: str | None, column: int, most: int) -> str:
    """A line from a column on, in quotes, in so many bytes; an end that was cut is marked."""
    if line is None:
        return "nothing"
    begin = "…" if column else ""
    quoted = json.dumps(f"{begin}{line[column : column + most]}", ensure_ascii=False)
    return quoted if len(quoted.encode()) <= most else f'{_cut(quoted, most - 1)}"'


def _cut(text: str, most: int) -> str:
    """A text in at most so many bytes of UTF-8; where some is missing, it ends in "…"."""
    if len(text.encode()) <= most:
        return text
    return f"{text.encode()[: most - len('…'.encode())].decode(errors='ignore')}…"
