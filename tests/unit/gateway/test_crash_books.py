"""The audit of `make test-crash` finds each kind of broken promise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from crash_books import Booked, Given, Heard, asked_id, faults, read_logged, unlike

from services.gateway.books.rows import State

FIRST = Given("aa", "id-1", 10, 20)
GIVEN = [FIRST, Given("bb", "id-2", 1, 2), Given("cc", "id-2", 3, 4)]
SETTLED = Booked(
    "id-1", "call-1", State.SETTLED, FIRST.nano_usd, FIRST.nano_usd, FIRST.text, 10, 20
)
LOST = Booked("id-2", "call-2", State.LOST, 100_000, 100_000)
AGAIN = Booked(
    "id-2", "call-3", State.SETTLED, GIVEN[2].nano_usd, GIVEN[2].nano_usd, GIVEN[2].text, 3, 4
)
BOOKED = [SETTLED, LOST, AGAIN]
HEARD = [
    Heard("id-1", "call-1", FIRST.text, FIRST.nano_usd),
    Heard("id-1", "call-1", FIRST.text, FIRST.nano_usd),
    Heard("id-2", "call-3", GIVEN[2].text, GIVEN[2].nano_usd),
]


def test_books_in_order_have_no_fault() -> None:
    assert faults(GIVEN, HEARD, BOOKED, 0) == []


def test_a_call_that_failed_for_sure_bounds_nothing() -> None:
    failed = Booked("id-2", "call-2", State.FAILED, 0, 0)
    (fault,) = faults(GIVEN, HEARD, [SETTLED, failed, AGAIN], 0)
    assert fault == "id id-2: 1 answers are not settled, and 0 tries lost"


@pytest.mark.parametrize(
    ("booked", "said"),
    [
        ([SETTLED, AGAIN], "1 answers are not settled, and 0 tries lost"),
        ([*BOOKED, replace(SETTLED, call_id="call-9")], "is in calls call-1 and call-9"),
        ([*BOOKED, replace(SETTLED, call_id="call-9")], "is settled by call-1 and call-9"),
        ([SETTLED, replace(LOST, nano_usd=1), AGAIN], "is booked at 1, and did cost 9000"),
        ([replace(SETTLED, output_tokens=21), LOST, AGAIN], "has (10, 21) tokens"),
        ([replace(SETTLED, nano_usd=5), LOST, AGAIN], "is booked at 5, not 90000"),
        ([replace(SETTLED, text="zz for id-1"), LOST, AGAIN], "which the provider never said"),
        ([replace(SETTLED, request_id="id-3"), LOST, AGAIN], "holds id-1's answer"),
        ([*BOOKED, Booked("id-4", "call-4", State.INTENT, 0, 0)], "in flight though nobody"),
        ([replace(SETTLED, call_nano_usd=1), LOST, AGAIN], "another answer or cost than is"),
        ([SETTLED, LOST, LOST], "answered by call-3, which is not settled"),
    ],
)
def test_each_fault_of_the_books_is_named(booked: list[Booked], said: str) -> None:
    assert any(said in fault for fault in faults(GIVEN, HEARD, booked, 0))


def test_two_answers_for_one_id_are_a_fault() -> None:
    heard = [*HEARD, Heard("id-1", "call-1", "another", FIRST.nano_usd)]
    found = faults(GIVEN, heard, BOOKED, 0)
    assert "id id-1: clients heard 2 different answers" in found


def test_what_is_still_reserved_is_a_fault() -> None:
    assert faults(GIVEN, HEARD, BOOKED, 7) == ["7 are still reserved"]


LOGGED = {"call-1": FIRST.nano_usd, "call-3": GIVEN[2].nano_usd}
SPENT = FIRST.nano_usd + 100_000 + GIVEN[2].nano_usd


@pytest.mark.parametrize(
    ("logged", "spent", "said"),
    [
        (LOGGED, SPENT, ""),
        (LOGGED, SPENT + 1, f"GetSpend says {SPENT + 1}; the journal's calls come to {SPENT}"),
        (LOGGED | {"call-1": 1}, SPENT, "call call-1 is booked at 90000; the log has 1"),
        ({"call-1": 90_000}, SPENT, "call call-3 is booked at 19000; the log has None"),
    ],
)
def test_log_and_spend_must_be_as_the_journal(
    logged: dict[str, int], spent: int, said: str
) -> None:
    assert "".join(unlike(BOOKED, logged, spent)) == said


def test_logs_are_read_without_what_was_cut_off(tmp_path: Path) -> None:
    line = {"event": "model_call", "state": "settled", "replayed": False, "call_id": "call-1",
            "cost_nano_usd": 7}  # fmt: skip
    lines = [line, line | {"call_id": "call-2", "replayed": True},
             line | {"call_id": "call-3", "state": "lost"}, {"event": "started"}]  # fmt: skip
    text = "".join(f"{json.dumps(each)}\n" for each in lines) + json.dumps(line)[:40]
    (tmp_path / "gateway.log").write_text(text)
    assert read_logged(tmp_path.glob("*.log")) == {"call-1": 7}


def test_an_id_is_found_in_its_prompt() -> None:
    assert asked_id("HOLD the-id-7") == "the-id-7"
