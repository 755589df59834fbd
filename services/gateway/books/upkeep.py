"""What an operator does with the journal beside reading it: export it, and prune it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from services.gateway.books.rows import State
from services.gateway.books.tables import calls
from services.gateway.books.verify import calls_and_tries

_CALLS_AT_ONCE = 1_000


def export(connection: Connection, project_id: str = "") -> Iterator[str]:
    """Every call, with its tries, as a line of JSON; columns have the names of the tables."""
    for call, tries in calls_and_tries(connection):
        if project_id and call.project_id != project_id:
            continue
        entry = call._asdict()
        entry["tries"] = [item._asdict() for item in tries]
        yield json.dumps(entry, ensure_ascii=False)


def prune(engine: Engine, before_micros: int) -> int:
    """Forgets prompts and answers of calls that began before; gives how many calls.

    What they cost stays, as do the hashes of their answers. A few at a time, so that a
    gateway at work waits for none of it long.
    """
    old = sa.and_(
        calls.c.begun_at < before_micros, calls.c.content_kept, calls.c.state != State.INTENT
    )
    pruned = 0
    while True:
        with engine.execution_options(writes=True).begin() as connection:
            some = sa.select(calls.c.call_id).where(old).limit(_CALLS_AT_ONCE).scalar_subquery()
            done = connection.execute(
                calls.update()
                .where(calls.c.call_id.in_(some))
                .values(content_kept=False, request_text="", answer_text="", refusal="")
            ).rowcount
        pruned += done
        if done < _CALLS_AT_ONCE:
            return pruned
