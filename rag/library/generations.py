"""Generations: which model, chunker, tokenizer and parser the vectors and passages of the record come from."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Engine, insert, select

from rag.errors import ConfigError
from rag.library.ledger import live_generation, now
from rag.library.schema import generations, meta, writing

PASSAGES_VERSION = 1  # raised when a parser, the cleaner or the chunker makes other passages of the same bytes


def adopt(engine: Engine, fingerprint: dict[str, Any]) -> int:
    """Id of the live generation; makes the first one. Raises ConfigError when the live one has another fingerprint."""
    told = orjson.dumps(fingerprint, option=orjson.OPT_SORT_KEYS).decode()
    with engine.connect() as conn:
        live = live_generation(conn)
        stands = (
            None if live is None else conn.scalar(select(generations.c.fingerprint).where(generations.c.id == live))
        )
    if live is None:
        return _first(engine, told)
    if stands != told:
        raise ConfigError(
            f"the index was built with {_differences(str(stands), fingerprint)}.",
            field="embedding.model",
            fix="Restore the former settings, or rebuild into a new data_dir.",
        )
    return live


def _first(engine: Engine, told: str) -> int:
    with writing(engine) as conn:
        live = live_generation(conn)
        if live is not None:  # another process was faster
            return live
        key = conn.execute(
            insert(generations).values(fingerprint=told, state="live", created_at=now())
        ).inserted_primary_key
        assert key is not None
        conn.execute(insert(meta).values(key="generation", value=str(key[0])))
        return int(key[0])


def _differences(stands: str, wanted: dict[str, Any]) -> str:
    old = orjson.loads(stands)
    parts = [
        f"{key} {old.get(key)!r} and the settings say {wanted.get(key)!r}"
        for key in sorted({*old, *wanted})
        if old.get(key) != wanted.get(key)
    ]
    return "; ".join(parts)
