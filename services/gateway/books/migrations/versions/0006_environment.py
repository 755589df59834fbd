"""Whose books these are: the environment that they belong to, once a strict one has used them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Books from before belong to nobody until preprod or production opens them."""
    op.create_table(
        "belongs_to",
        sa.Column("one", sa.Integer, primary_key=True, comment="1: there is one row at most"),
        sa.Column("environment", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Books are never thrown away by a migration."""
    raise RuntimeError("an older journal does not know whose it is")
