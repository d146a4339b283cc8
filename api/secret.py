"""Secrets that sign what we hand to browsers: made when first needed, one for all processes, kept in the ledger."""

from __future__ import annotations

import secrets

from sqlalchemy import Engine, insert, select

from rag.record.engine import writing
from rag.record.schema import meta


class Secret:
    """One secret, by name. Safe for any mix of threads and processes."""

    def __init__(self, engine: Engine, name: str):
        self._engine, self._name = engine, name
        self._text: str | None = None

    def text(self) -> str:
        """64 hex digits."""
        if self._text is None:
            query = select(meta.c.value).where(meta.c.key == self._name)
            with self._engine.connect() as conn:
                value = conn.scalar(query)
            if value is None:
                with writing(self._engine) as conn:
                    value = conn.scalar(query)
                    if value is None:
                        value = secrets.token_hex(32)
                        conn.execute(insert(meta).values(key=self._name, value=value))
            self._text = str(value)
        return self._text
