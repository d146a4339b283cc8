"""Statements of passages"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Passages that stand have none until they are made again by `reindex`."""
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("passages")}
    if "statements" not in columns:
        op.add_column("passages", sa.Column("statements", sa.Text(), nullable=True))
