"""Hand-offs to a help desk, and conversations that a person has taken over"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Nothing is filled in: nobody waited before."""
    there = sa.inspect(op.get_bind()).get_table_names()
    if "handoffs" not in there:
        op.create_table(
            "handoffs",
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.Column("owner", sa.Text(), nullable=False),
            sa.Column("conversation_id", sa.Text(), nullable=True),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("state", sa.Text(), nullable=False),
            sa.Column("attempts", sa.Integer(), nullable=False),
            sa.Column("due", sa.Float(), nullable=True),
            sa.Column("error", sa.Text(), nullable=True),
            sa.Column("body", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
        op.create_index("ix_handoffs_at", "handoffs", ["at"])
        op.create_index("handoffs_due", "handoffs", ["due"])
    if "takeovers" not in there:
        op.create_table(
            "takeovers",
            sa.Column("conversation_id", sa.Text(), nullable=False),
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("visitor", sa.Text(), nullable=False),
            sa.Column("agent", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("conversation_id", "key", "visitor"),
        )
