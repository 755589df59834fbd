"""Budgets, what calls count for them, and the money of each try."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Calls from before count for budgets as they were booked; their last try cost it all."""
    for name in ("counted_nano_usd", "counted_tokens"):
        comment = "what budgets count: reserved while in flight; mocked calls as if real"
        op.add_column(
            "calls",
            sa.Column(
                name, sa.BigInteger, nullable=False, server_default="0",
                comment=comment if name == "counted_nano_usd" else None,
            ),
        )  # fmt: skip
    op.execute(
        "UPDATE calls SET counted_tokens = input_tokens + output_tokens, counted_nano_usd ="
        " coalesce(CASE WHEN served_by = 'mock' THEN shadow_nano_usd ELSE cost_nano_usd END, 0)"
    )
    op.add_column(
        "attempts", sa.Column("cost_status", sa.Text, nullable=False, server_default="none")
    )
    op.add_column("attempts", sa.Column("cost_nano_usd", sa.BigInteger))
    op.add_column("attempts", sa.Column("shadow_nano_usd", sa.BigInteger))
    for name in ("cost_status", "cost_nano_usd", "shadow_nano_usd"):
        op.execute(
            f"UPDATE attempts SET {name} ="  # noqa: S608 -- names from the line above
            f" (SELECT {name} FROM calls WHERE calls.call_id = attempts.call_id)"
        )
    op.create_table(
        "budgets",
        sa.Column("scope", sa.Text, primary_key=True, comment="project or agent"),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True, comment="day, month or total"),
        sa.Column("limit_nano_usd", sa.BigInteger),
        sa.Column("soft_limit_nano_usd", sa.BigInteger),
        sa.Column("limit_tokens", sa.BigInteger),
    )
    op.create_table(
        "budget_sums",
        sa.Column("served_by", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("span", sa.Text, primary_key=True, comment="YYYY-MM-DD, YYYY-MM or total"),
        sa.Column("spent_nano_usd", sa.BigInteger, nullable=False),
        sa.Column("reserved_nano_usd", sa.BigInteger, nullable=False),
        sa.Column("spent_tokens", sa.BigInteger, nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger, nullable=False),
        sa.Column("unpriced_calls", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Books are never thrown away by a migration."""
    raise RuntimeError("budgets and the money of single tries have no place in an older journal")
