"""Callers' tokens, and what a call asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """What older calls asked for was not kept; their answers were."""
    op.create_table(
        "tokens",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.add_column(
        "calls",
        sa.Column("request_text", sa.Text, nullable=False, server_default="", comment="JSON"),
    )
    op.add_column("calls", sa.Column("answer_sha256", sa.Text, nullable=False, server_default=""))
    op.add_column(
        "calls", sa.Column("content_kept", sa.Boolean, nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    """Books are never thrown away by a migration."""
    raise RuntimeError("callers and what they asked for have no place in an older journal")
