"""What `make test-crash` knows of three sides, and where they may not disagree.

Given: what the provider answered, and so would send a bill for. Heard: what clients were told.
Booked: what the journal has of each try.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from services.gateway.books.rows import State
from services.gateway.books.tables import attempts, budget_sums, calls

MODEL = "crash-model"
MOST_OUTPUT = 64
INPUT_NANO_USD, OUTPUT_NANO_USD = 1_000, 4_000
"""For each token."""
PRICES = f"""[models."{MODEL}"]
input_usd_per_million = 1
output_usd_per_million = 4
"""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer of the provider."""

    nonce: str
    request_id: str
    input_tokens: int
    output_tokens: int

    @property
    def text(self) -> str:
        return f"{self.nonce} for {self.request_id}"

    @property
    def nano_usd(self) -> int:
        return INPUT_NANO_USD * self.input_tokens + OUTPUT_NANO_USD * self.output_tokens

    def line(self) -> str:
        """As a line of a file."""
        return json.dumps(asdict(self)) + "\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as a client got it; nano_usd: what it was told that the call did cost."""

    request_id: str
    call_id: str
    text: str
    nano_usd: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A try in the journal. text and tokens: of its call, where this try settled it."""

    request_id: str
    call_id: str
    state: str
    nano_usd: int
    call_nano_usd: int
    text: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


def asked_id(prompt: str) -> str:
    """The id that a prompt of the load ends with."""
    return prompt.rsplit(" ", 1)[-1]


def read_given(path: Path) -> list[Given]:
    """What the provider wrote down."""
    return [Given(**json.loads(line)) for line in path.read_text().splitlines()]


def read_booked(engine: sa.Engine) -> list[Booked]:
    """Every try of the journal."""
    tries = sa.select(
        calls.c.request_id, calls.c.call_id, attempts.c.state, attempts.c.cost_nano_usd,
        calls.c.cost_nano_usd.label("call_nano_usd"), calls.c.answer_text, calls.c.input_tokens,
        calls.c.output_tokens,
    ).join_from(attempts, calls)  # fmt: skip
    with engine.connect() as connection:
        rows = connection.execute(tries).all()
    return [
        Booked(row.request_id, row.call_id, row.state, row.cost_nano_usd, row.call_nano_usd)
        if row.state != State.SETTLED
        else Booked(
            row.request_id, row.call_id, row.state, row.cost_nano_usd, row.call_nano_usd,
            row.answer_text.rstrip(), row.input_tokens, row.output_tokens,
        )
        for row in rows
    ]  # fmt: skip


def read_reserved(engine: sa.Engine) -> int:
    """What budgets still hold back, in nano-USD and tokens together."""
    both = sa.func.sum(budget_sums.c.reserved_nano_usd + budget_sums.c.reserved_tokens)
    with engine.connect() as connection:
        return int(connection.execute(sa.select(both)).scalar_one() or 0)


def read_logged(logs: Iterable[Path]) -> dict[str, int]:
    """What logs say that settled calls did cost, by call_id."""
    found = {}
    for path in logs:
        for line in path.read_bytes().splitlines():
            # A process that was killed may have left half a line.
            if line.endswith(b"}") and b'"model_call"' in line:
                entry = json.loads(line)
                if entry["state"] == State.SETTLED and not entry["replayed"]:
                    found[entry["call_id"]] = entry["cost_nano_usd"]
    return found


def unlike(booked: Iterable[Booked], logged: Mapping[str, int], spent: int) -> Iterator[str]:
    """Where log and GetSpend say something else than the journal."""
    costs = {item.call_id: item.call_nano_usd for item in booked}
    if spent != sum(costs.values()):
        yield f"GetSpend says {spent}; the journal's calls come to {sum(costs.values())}"
    for call_id in {item.call_id for item in booked if item.state == State.SETTLED}:
        if logged.get(call_id) != costs[call_id]:
            yield f"call {call_id} is booked at {costs[call_id]}; the log has {logged.get(call_id)}"


def faults(
    given: Sequence[Given], heard: Sequence[Heard], booked: Sequence[Booked], reserved: int
) -> list[str]:
    """Every promise that is broken, in words; empty where all hold."""
    found = list(_of_settled(given, booked))
    found += _of_lost(given, booked)
    found += _of_heard(heard, booked)
    left = [item.call_id for item in booked if item.state == State.INTENT]
    if left:
        found.append(f"{len(left)} tries are in flight though nobody works on them: {left[:3]}")
    if reserved:
        found.append(f"{reserved} are still reserved")
    return found


def _of_settled(given: Sequence[Given], booked: Sequence[Booked]) -> Iterator[str]:
    by_text = {answer.text: answer for answer in given}
    seen: dict[str, str] = {}
    ids: dict[str, str] = {}
    for item in booked:
        if item.state != State.SETTLED:
            continue
        if item.text not in by_text:
            yield f"call {item.call_id} holds {item.text!r}, which the provider never said"
            continue
        answer = by_text[item.text]
        if item.text in seen:
            yield f"answer {answer.nonce} is in calls {seen[item.text]} and {item.call_id}"
        if item.request_id in ids:
            yield f"id {item.request_id} is settled by {ids[item.request_id]} and {item.call_id}"
        seen[item.text], ids[item.request_id] = item.call_id, item.call_id
        if answer.request_id != item.request_id:
            yield f"call {item.call_id} of {item.request_id} holds {answer.request_id}'s answer"
        tokens = (item.input_tokens, item.output_tokens)
        if tokens != (answer.input_tokens, answer.output_tokens):
            yield f"call {item.call_id} has {tokens} tokens; the provider counted {answer}"
        if item.nano_usd != answer.nano_usd:
            yield f"call {item.call_id} is booked at {item.nano_usd}, not {answer.nano_usd}"


def _of_lost(given: Iterable[Given], booked: Sequence[Booked]) -> Iterator[str]:
    """Each answer that was not settled must have a lost try of its own that bounds it."""
    settled = {item.text for item in booked if item.state == State.SETTLED}
    costs: dict[str, list[int]] = defaultdict(list)
    for answer in given:
        if answer.text not in settled:
            costs[answer.request_id].append(answer.nano_usd)
    bounds: dict[str, list[int]] = defaultdict(list)
    for item in booked:
        if item.state == State.LOST:
            bounds[item.request_id].append(item.nano_usd)
    for request_id, of_id in costs.items():
        if len(of_id) > len(bounds[request_id]):
            yield (
                f"id {request_id}: {len(of_id)} answers are not settled, and"
                f" {len(bounds[request_id])} tries lost"
            )
        pairs = zip(sorted(of_id)[::-1], sorted(bounds[request_id])[::-1], strict=False)
        for cost, bound in pairs:
            if cost > bound:
                yield f"id {request_id}: a lost try is booked at {bound}, and did cost {cost}"


def _of_heard(heard: Sequence[Heard], booked: Sequence[Booked]) -> Iterator[str]:
    texts: dict[str, set[str]] = defaultdict(set)
    for item in heard:
        texts[item.request_id].add(item.text)
    for request_id, several in texts.items():
        if len(several) > 1:
            yield f"id {request_id}: clients heard {len(several)} different answers"
    settled = {item.call_id: item for item in booked if item.state == State.SETTLED}
    for item in heard:
        call = settled.get(item.call_id)
        if call is None:
            yield f"id {item.request_id}: a client was answered by {item.call_id}, which is not settled"
        elif (call.text, call.call_nano_usd) != (item.text, item.nano_usd):
            yield f"call {item.call_id}: a client heard another answer or cost than is booked"
