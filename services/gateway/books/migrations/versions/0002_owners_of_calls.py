"""Calls belong to the process that makes them, and a process shows that it lives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A call without an owner is nobody's: the first sweep ends it as lost."""
    op.create_table(
        "owners",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
    )
    op.add_column("calls", sa.Column("owner", sa.Text, nullable=False, server_default=""))
    op.execute("ALTER TABLE calls DROP COLUMN lease_until")
    op.create_index(
        "calls_in_flight",
        "calls",
        ["owner"],
        sqlite_where=sa.text("state = 'intent'"),
        postgresql_where=sa.text("state = 'intent'"),
    )


def downgrade() -> None:
    """Books are never thrown away by a migration."""
    raise RuntimeError("a call without its owner could not be told from a dead one")
