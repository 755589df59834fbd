"""`attune journal`: what an operator learns of the books, and that it would learn of any fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from gateway_house import ANSWER, ASKED, MOCK, REQUEST, House, open_house

from services.gateway import admin
from services.gateway.asking.completion import Completion
from services.gateway.asking.retries import RetryPolicy
from services.gateway.books.budgets import Budget, Budgets, Limits
from services.gateway.books.journal import Journal
from services.gateway.books.reservations import Period, Scope
from services.gateway.books.rows import now_micros
from services.gateway.books.tables import attempts, budget_sums, calls
from services.gateway.books.upkeep import prune
from services.gateway.books.verify import Check, Verifier
from services.gateway.calls import ProviderFailure
from services.gateway.pricing.prices import PriceBook
from shared.rpc.errors import FailedPrecondition, Unavailable


def verify(house: House) -> list[Check]:
    verifier = Verifier(lambda _, moment: PriceBook(None, now=moment))
    with house.engine.connect() as connection:
        return verifier.run(connection)


def faults(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if check.faults]


async def work_through(house: House) -> None:
    """Calls of every kind: settled, replayed, tried again, failed, lost, cut, unpriced, reserved."""
    budget = Budget(Scope.PROJECT, "project", Period.DAY, Limits(nano_usd=10**12))
    await house.writer.run(lambda connection: Budgets().set(connection, budget))
    ids = iter(range(100))

    async def call(*plays: object, **more: object) -> None:
        waiting = list(plays)

        def behave() -> object:
            play = waiting.pop(0)
            if isinstance(play, Exception):
                raise play
            return play

        house.provider.behave = behave
        request = replace(REQUEST, request_id=f"id-{next(ids)}", **more)
        await asyncio.gather(house.completion.complete("local", request), return_exceptions=True)

    def down(charged: bool | None) -> ProviderFailure:
        return ProviderFailure(Unavailable("down"), charged=charged, again=True)

    await call(ANSWER)
    await call(down(None), down(False), ANSWER)
    await call(*4 * [down(False)])
    await call(*4 * [down(None)])
    unknown = replace(ASKED, model="nobody-knows-me")
    await call(replace(ANSWER, model="nobody-knows-me"), provider=unknown, project_id="other")
    await call(replace(ANSWER, usage=None))
    parts = house.completion.stream("local", replace(REQUEST, request_id="cut"))
    house.provider.hang = True
    await anext(parts)
    await parts.aclose()


@pytest.fixture
async def busy(database_url: str):
    async with open_house(database_url, retries=RetryPolicy(4, 0)) as house:
        await house.journal.renew(60)
        await work_through(house)
        yield house


async def test_books_of_calls_of_every_kind_are_clean(busy: House) -> None:
    checks = verify(busy)
    assert faults(checks) == []
    done = {check.name: check.done for check in checks}
    assert done["every call costs what its tries cost"] == 3 * 7
    assert done["every price is what the price list says"] == 3
    assert done["every budget's sums are those of its calls"] == 1


def change(table: sa.Table, column: str, by: object) -> Callable[[sa.Connection], None]:
    def work(connection: sa.Connection) -> None:
        row = connection.execute(
            sa.select(table).where(table.c.state == "settled").order_by(table.c.begun_at)
            if table is not budget_sums
            else sa.select(table)
        ).first()
        same = [key == getattr(row, key.name) for key in table.primary_key]
        was = getattr(row, column)
        now = was + by if isinstance(by, int) else by
        connection.execute(table.update().where(*same).values({column: now}))

    return work


CHANGES = [
    (calls, "cost_nano_usd", 1, "every call costs what its tries cost"),
    (calls, "attempts", 1, "every call costs what its tries cost"),
    (attempts, "cost_nano_usd", -1, "every price is what the price list says"),
    (calls, "input_tokens", 1_000, "every price is what the price list says"),
    (calls, "counted_nano_usd", 1, "budgets count every call at its cost"),
    (calls, "answer_text", "hellO", "every answer is the one that was given"),
    (attempts, "state", "intent", "every call has ended, or somebody works on it"),
    (budget_sums, "spent_nano_usd", 1, "every budget's sums are those of its calls"),
    (budget_sums, "reserved_tokens", -1, "every budget's sums are those of its calls"),
]


async def test_every_change_of_the_books_is_found(busy: House) -> None:
    verifier = partial(Verifier, lambda _, moment: PriceBook(None, now=moment))
    for table, column, by, name in CHANGES:
        with busy.engine.execution_options(writes=True).connect() as connection:
            change(table, column, by)(connection)
            found = faults(verifier().run(connection))
            connection.rollback()
        assert name in found, (table.name, column)
    assert faults(verify(busy)) == []


async def test_prices_of_another_list_are_left_out_and_said(busy: House) -> None:
    with busy.engine.execution_options(writes=True).begin() as connection:
        connection.execute(calls.update().values(catalogue_version="genai-prices 0.0.1"))
    prices = next(check for check in verify(busy) if "price list" in check.name)
    assert (prices.done, prices.left_out["priced by genai-prices 0.0.1"]) == (0, 3)


async def test_books_of_the_mock_are_clean(database_url: str) -> None:
    async with open_house(database_url, server=MOCK) as house:
        await house.completion.complete("local", REQUEST)
        assert faults(verify(house)) == []


async def test_pruned_calls_keep_their_cost_and_lose_their_text(busy: House) -> None:
    before = busy.rows()
    assert await asyncio.to_thread(prune, busy.engine, now_micros()) == len(before)
    after = busy.rows()
    assert {row.request_text for row in after} == {row.answer_text for row in after} == {""}
    assert [row.cost_nano_usd for row in after] == [row.cost_nano_usd for row in before]
    assert [row.answer_sha256 for row in after] == [row.answer_sha256 for row in before]
    assert faults(verify(busy)) == []
    with pytest.raises(FailedPrecondition) as raised:
        await busy.completion.complete("local", replace(REQUEST, request_id="id-0"))
    assert raised.value.reason == "ANSWER_NOT_KEPT"


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_with_hashes_only_no_text_is_on_the_disk(tmp_path: Path) -> None:
    async with open_house(f"sqlite:///{tmp_path}/journal.db") as house:
        secret = replace(ANSWER, text="the answer nobody may read")
        house.provider.behave = lambda: secret
        journal = Journal(house.writer, house.means.journal._server, Budgets(), keep=False)
        completion = Completion(house.provider, replace(house.means, journal=journal))
        done = await completion.complete("local", REQUEST)
        assert done.answer.text == secret.text
        (row,) = house.rows()
        assert (row.request_text, row.answer_text, row.content_kept) == ("", "", False)
        assert row.answer_sha256
        with pytest.raises(FailedPrecondition, match="cannot be given again"):
            await completion.complete("local", REQUEST)
        assert house.provider.calls == 1
    assert b"nobody may read" not in everything_in(tmp_path)


def test_the_commands_work_beside_a_gateway(
    busy: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ATTUNE_DATABASE_URL", busy.url)
    assert admin.main(["journal", "verify"]) == 0
    assert "The journal is clean." in capsys.readouterr().out
    assert admin.main(["journal", "export", "--project-id=project"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 6
    assert {try_["state"] for line in lines for try_ in line["tries"]} == {
        "settled",
        "failed",
        "lost",
    }
    assert json.loads(lines[0]["request_text"])["messages"] == [{"role": "user", "content": "hi"}]
    out = tmp_path / "calls.jsonl"
    assert admin.main(["journal", "export", f"--out={out}"]) == 0
    assert len(out.read_text().splitlines()) == 7
    assert admin.main(["journal", "export", f"--out={out}"]) == 2
    assert "exists" in capsys.readouterr().err.lower()
    assert admin.main(["journal", "prune", "--older-than=1d"]) == 0
    assert capsys.readouterr().out.startswith("0 calls")
    with busy.engine.execution_options(writes=True).begin() as connection:
        connection.execute(calls.update().values(cost_nano_usd=7))
    assert admin.main(["journal", "verify"]) == 1
    assert "FAIL  every call costs what its tries cost" in capsys.readouterr().out
