"""The journal's first form: calls and attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LIVE = "request_id <> '' AND state IN ('intent', 'settled')"


def upgrade() -> None:
    """Makes both tables and their indexes."""
    op.create_table(
        "calls",
        sa.Column("call_id", sa.Text, primary_key=True),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False, comment="empty: never replayed"),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("served_by", sa.Text, nullable=False, comment="mock, real or cassette"),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("model_asked", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False, comment="who answered; model_asked until then"),
        sa.Column("state", sa.Text, nullable=False, comment="intent, settled, failed or lost"),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Text, nullable=False, comment="of begun_at, YYYY-MM-DD"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("replays", sa.Integer, nullable=False),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_input_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        sa.Column("reasoning_output_tokens", sa.BigInteger, nullable=False),
        sa.Column("usage_source", sa.Text, nullable=False),
        sa.Column("cost_status", sa.Text, nullable=False),
        sa.Column("cost_nano_usd", sa.BigInteger),
        sa.Column("shadow_nano_usd", sa.BigInteger),
        sa.Column("catalogue_version", sa.Text, nullable=False),
        sa.Column("cost_note", sa.Text, nullable=False),
        sa.Column("finish_reason", sa.Text, nullable=False),
        sa.Column("answer_text", sa.Text, nullable=False),
        sa.Column("refusal", sa.Text, nullable=False),
        sa.Column("error_reason", sa.Text, nullable=False),
    )
    op.create_table(
        "attempts",
        sa.Column("call_id", sa.Text, sa.ForeignKey("calls.call_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error_reason", sa.Text, nullable=False),
        sa.Column("error_message", sa.Text, nullable=False),
    )
    op.create_index(
        "calls_idempotency",
        "calls",
        ["caller", "request_id", "served_by", "endpoint"],
        unique=True,
        sqlite_where=sa.text(LIVE),
        postgresql_where=sa.text(LIVE),
    )
    op.create_index("calls_project", "calls", ["project_id", "begun_at"])
    op.create_index("calls_begun", "calls", ["begun_at"])


def downgrade() -> None:
    """Books are never thrown away by a migration."""
    raise RuntimeError("the first version of the journal has nothing before it")
