"""The journal's tables: one row per call, one per attempt at the provider.

Money is whole nano-USD; times are whole microseconds since 1970 in UTC; NULL money is
money that is not known.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
    true,
)

metadata = MetaData()

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("caller", Text, nullable=False),
    Column("request_id", Text, nullable=False, comment="empty: never replayed"),
    Column("body_hash", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("served_by", Text, nullable=False, comment="mock, real or cassette"),
    Column("provider", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("model_asked", Text, nullable=False),
    Column("model", Text, nullable=False, comment="who answered; model_asked until then"),
    Column("state", Text, nullable=False, comment="intent, settled, failed or lost"),
    Column("begun_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("day", Text, nullable=False, comment="of begun_at, YYYY-MM-DD"),
    Column("attempts", Integer, nullable=False),
    Column("replays", Integer, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_output_tokens", BigInteger, nullable=False),
    Column("input_audio_tokens", BigInteger, nullable=False, server_default="0"),
    Column("output_audio_tokens", BigInteger, nullable=False, server_default="0"),
    Column("usage_source", Text, nullable=False),
    Column("cost_status", Text, nullable=False),
    Column("cost_nano_usd", BigInteger),
    Column("shadow_nano_usd", BigInteger),
    Column("catalogue_version", Text, nullable=False),
    Column("cost_note", Text, nullable=False),
    Column("finish_reason", Text, nullable=False),
    Column("answer_text", Text, nullable=False),
    Column("refusal", Text, nullable=False),
    Column("error_reason", Text, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column(
        "counted_nano_usd", BigInteger, nullable=False, server_default="0",
        comment="what budgets count: reserved while in flight; mocked calls as if real",
    ),
    Column("counted_tokens", BigInteger, nullable=False, server_default="0"),
    Column("request_text", Text, nullable=False, server_default="", comment="JSON"),
    Column("answer_sha256", Text, nullable=False, server_default=""),
    Column("content_kept", Boolean, nullable=False, server_default=true()),
)  # fmt: skip

owners = Table(
    "owners",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("lease_until", BigInteger, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("call_id", Text, ForeignKey("calls.call_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("begun_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("state", Text, nullable=False),
    Column("error_reason", Text, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("cost_status", Text, nullable=False, server_default="none"),
    Column("cost_nano_usd", BigInteger),
    Column("shadow_nano_usd", BigInteger),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope", Text, primary_key=True, comment="project or agent"),
    Column("name", Text, primary_key=True),
    Column("period", Text, primary_key=True, comment="day, month or total"),
    Column("limit_nano_usd", BigInteger),
    Column("soft_limit_nano_usd", BigInteger),
    Column("limit_tokens", BigInteger),
)

# What calls of one payer come to in one span of time. Where a row is there, it is the exact
# sum over those calls: whoever changes one of them changes it in the same transaction.
budget_sums = Table(
    "budget_sums",
    metadata,
    Column("served_by", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("span", Text, primary_key=True, comment="YYYY-MM-DD, YYYY-MM or total"),
    Column("spent_nano_usd", BigInteger, nullable=False),
    Column("reserved_nano_usd", BigInteger, nullable=False),
    Column("spent_tokens", BigInteger, nullable=False),
    Column("reserved_tokens", BigInteger, nullable=False),
    Column("unpriced_calls", BigInteger, nullable=False),
)

belongs_to = Table(
    "belongs_to",
    metadata,
    Column("one", Integer, primary_key=True, comment="1: there is one row at most"),
    Column("environment", Text, nullable=False),
)

LIVE = text("request_id <> '' AND state IN ('intent', 'settled')")
"""Calls that answer for their request_id; as the index has it, so that it is used."""
# One answer per caller and request_id; a failed or lost call may be tried again.
Index(
    "calls_idempotency",
    calls.c.caller,
    calls.c.request_id,
    calls.c.served_by,
    calls.c.endpoint,
    unique=True,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)
Index(
    "calls_in_flight",
    calls.c.owner,
    sqlite_where=text("state = 'intent'"),
    postgresql_where=text("state = 'intent'"),
)
Index("calls_project", calls.c.project_id, calls.c.begun_at)
Index("calls_begun", calls.c.begun_at)
