"""Tokens of audio, which have prices of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Older calls had none: they were of text, and priced so."""
    for name in ("input_audio_tokens", "output_audio_tokens"):
        op.add_column("calls", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Books are never thrown away by a migration."""
    raise RuntimeError("tokens of audio have no place in an older journal")
