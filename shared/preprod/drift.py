"""What answers of two sources to the same requests have in common, and where they differ.

An answer is described by its habits: how it ended, how it is read, how long it is, what its
JSON looks like. The requests are the same, so the tests are those of pairs: McNemar's exact
test for what an answer is or is not (McNemar 1947), Wilcoxon's signed ranks for how much
(Wilcoxon 1945). All comparisons of two sources are corrected with Holm's method (Holm 1979).
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from itertools import groupby
from typing import Any

from attune.gateway.v1 import gateway_pb2 as pb
from scipy.stats import binomtest, wilcoxon

from shared.structured import IntelligentJsonParser, ParseError

ALPHA = 0.05
UNUSABLE = "unusable"
MAX_PATHS = 200
"""Places of one answer's JSON that are described."""


class Verdict(StrEnum):
    """What a comparison says."""

    SAME = "same"
    DIFFERS = "differs"
    TOO_FEW = "too few samples"


@dataclass(frozen=True, slots=True)
class Habit:
    """What an answer is like. fault: why there is none, as a reason; empty where there is one.

    places: of its JSON, with list indices folded to []. lengths: of its lists, by place. words:
    the median over its texts.
    """

    finish_reason: str
    refused: bool
    read_as: str
    tokens: int
    fault: str = ""
    places: frozenset[str] = frozenset()
    lengths: Mapping[str, float] = field(default_factory=dict)
    words: float = 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect of one purpose in two sources. p: corrected. ours and theirs: in words."""

    purpose: str
    aspect: str
    ours: str
    theirs: str
    pairs: int
    p: float
    verdict: Verdict


def habit_of(reply: pb.CompleteResponse, schema: str) -> Habit:
    """Of an answer to a request with that JSON Schema (empty: none)."""
    finish = pb.FinishReason.Name(reply.finish_reason).removeprefix("FINISH_REASON_").lower()
    refused = bool(reply.refusal) or reply.finish_reason == pb.FINISH_REASON_REFUSAL
    strategy, value = _read(reply.text, schema)
    seen = _Seen()
    seen.look(value)
    return Habit(
        finish_reason=finish,
        refused=refused,
        read_as=strategy,
        tokens=reply.usage.output_tokens,
        places=frozenset(seen.places),
        lengths={place: statistics.fmean(found) for place, found in seen.lengths.items()},
        words=statistics.median(seen.words) if seen.words else 0.0,
    )


def no_answer(reason: str) -> Habit:
    """Of a request that failed."""
    return Habit("failed", refused=False, read_as=UNUSABLE, tokens=0, fault=reason)


def compare(
    purposes: Sequence[str], ours: Sequence[Habit], theirs: Sequence[Habit]
) -> list[Difference]:
    """Every aspect of every purpose; the sources' answers are in the order of `purposes`."""
    rows = sorted(zip(purposes, ours, theirs, strict=True), key=lambda row: row[0])
    found: list[Difference] = []
    for purpose, group in groupby(rows, key=lambda row: row[0]):
        pairs = [(one, other) for _, one, other in group]
        found += _of_purpose(purpose, pairs)
    return _corrected(found)


def _of_purpose(purpose: str, pairs: Sequence[tuple[Habit, Habit]]) -> list[Difference]:
    every = [habit for pair in pairs for habit in pair]
    found = [
        _share(purpose, f"ends with {reason}", pairs, partial(_ends, reason))
        for reason in sorted({habit.finish_reason for habit in every})
    ]
    found += [
        _share(purpose, f"is read as {how}", pairs, partial(_is_read, how))
        for how in sorted({habit.read_as for habit in every})
    ]
    if any(habit.refused for habit in every):
        found.append(_share(purpose, "is a refusal", pairs, lambda h: h.refused))
    read = [pair for pair in pairs if all(h.read_as != UNUSABLE for h in pair)]
    places = sorted({place for pair in read for habit in pair for place in habit.places})
    found += [
        _share(purpose, f"has {place}", read, partial(_has, place))
        for place in places
        if any(place not in habit.places for pair in read for habit in pair)
    ]
    found.append(_amount(purpose, "output tokens", pairs, lambda h: float(h.tokens)))
    lists = sorted({place for pair in read for habit in pair for place in habit.lengths})
    found += [_amount(purpose, f"items of {at}", read, partial(_items, at)) for at in lists]
    if read:
        found.append(_amount(purpose, "words of a text", read, lambda h: h.words))
    return found


def _ends(reason: str, habit: Habit) -> bool:
    return habit.finish_reason == reason


def _is_read(how: str, habit: Habit) -> bool:
    return habit.read_as == how


def _has(place: str, habit: Habit) -> bool:
    return place in habit.places


def _items(place: str, habit: Habit) -> float:
    return habit.lengths.get(place, 0.0)


def _share(
    purpose: str,
    aspect: str,
    pairs: Sequence[tuple[Habit, Habit]],
    holds: Callable[[Habit], bool],
) -> Difference:
    ours = sum(holds(one) for one, _ in pairs)
    theirs = sum(holds(other) for _, other in pairs)
    only_ours = sum(holds(one) and not holds(other) for one, other in pairs)
    only_theirs = sum(holds(other) and not holds(one) for one, other in pairs)
    discordant = only_ours + only_theirs
    p = float(binomtest(only_ours, discordant).pvalue) if discordant else 1.0
    of = len(pairs)
    return Difference(purpose, aspect, f"{ours} of {of}", f"{theirs} of {of}", of, p, Verdict.SAME)


def _amount(
    purpose: str,
    aspect: str,
    pairs: Sequence[tuple[Habit, Habit]],
    value: Callable[[Habit], float],
) -> Difference:
    ours, theirs = [value(one) for one, _ in pairs], [value(other) for _, other in pairs]
    gaps = [one - other for one, other in zip(ours, theirs, strict=True) if one != other]
    p = float(wilcoxon(gaps).pvalue) if gaps else 1.0
    return Difference(
        purpose, aspect, f"median {statistics.median(ours):g}",
        f"median {statistics.median(theirs):g}", len(pairs), p, Verdict.SAME,
    )  # fmt: skip


def _corrected(found: Sequence[Difference]) -> list[Difference]:
    """Holm's step-down; what could not differ at all however it came out is too few."""
    tested = sum(each.p < 1 for each in found) or 1
    needed = math.ceil(math.log2(2 * tested / ALPHA))
    order = sorted(range(len(found)), key=lambda index: found[index].p)
    adjusted, running = [1.0] * len(found), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, found[index].p * max(1, tested - rank)))
        adjusted[index] = running
    result = []
    for each, p in zip(found, adjusted, strict=True):
        verdict = Verdict.DIFFERS if p <= ALPHA else Verdict.SAME
        if verdict is Verdict.SAME and each.p < 1 and each.pairs < needed:
            verdict = Verdict.TOO_FEW
        result.append(
            Difference(each.purpose, each.aspect, each.ours, each.theirs, each.pairs, p, verdict)
        )
    return result


def _read(text: str, schema: str) -> tuple[str, Any]:
    parser = IntelligentJsonParser()
    try:
        if not schema:
            return "text", text
        result = parser.parse(text, json.loads(schema))
    except ParseError:
        return UNUSABLE, None
    return (str(result.strategy) if result.complete else UNUSABLE), result.value


class _Seen:
    """The places, list lengths and words of a JSON value."""

    def __init__(self) -> None:
        self.places: set[str] = set()
        self.lengths: dict[str, list[int]] = {}
        self.words: list[int] = []

    def look(self, value: Any) -> None:
        """Takes all of a value in, without recursion."""
        waiting: list[tuple[str, Any]] = [("", value)]
        while waiting and len(self.places) < MAX_PATHS:
            place, inner = waiting.pop()
            if isinstance(inner, dict):
                waiting += [(f"{place}/{key}", item) for key, item in inner.items()]
            elif isinstance(inner, list):
                self.lengths.setdefault(place, []).append(len(inner))
                waiting += [(f"{place}[]", item) for item in inner]
            elif isinstance(inner, str):
                self.words.append(len(inner.split()))
            if place:
                self.places.add(f"{place} ({type(inner).__name__})")
