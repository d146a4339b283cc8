"""Generations: which model, chunker, tokenizer and parser the vectors and passages of the record come from.

One generation is live; a re-index builds the next beside it and swaps by one row update; the former stays for rollback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.engine import Connection

from rag.errors import ConfigError, NotFound
from rag.record.engine import writing
from rag.record.feed import live_generation, now
from rag.record.schema import changes, generations, meta

PASSAGES_VERSION = 3  # raised when parser, cleaner, chunker or tokenizer make other passages or statements of the same bytes

Fingerprint = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Generation:
    """A row of the table of generations."""

    id: int
    fingerprint: Fingerprint
    state: Literal["live", "building", "former", "failed"]


def get(engine: Engine, generation: int) -> Generation:
    """Raises NotFound."""
    with engine.connect() as conn:
        row = conn.execute(select(generations).where(generations.c.id == generation)).first()
    if row is None:
        raise NotFound(f"no generation {generation}")
    return Generation(row.id, orjson.loads(row.fingerprint), row.state)


def adopt(engine: Engine, fingerprint: Fingerprint, *, rebuilding: bool = False) -> int:
    """Id of the live generation; makes the first one.

    Raises ConfigError when the live one has another fingerprint, unless that is about to be changed (`rebuilding`).
    """
    with engine.connect() as conn:
        live = live_generation(conn)
    if live is None:
        return _first(engine, fingerprint)
    stands = get(engine, live).fingerprint
    if not rebuilding and not same(stands, fingerprint):
        if same({**stands, "passages": PASSAGES_VERSION}, fingerprint):
            raise ConfigError(
                "the index was made by an older version of this program, which read documents otherwise.",
                field="data_dir",
                fix="Run `xiansou reindex` once; nothing is lost, and the documents need not be sent again.",
                code="fingerprint",
            )
        raise ConfigError(
            f"the index was built with {differences(stands, fingerprint)}.",
            field="embedding.model",
            fix="Restore the former settings, or run `xiansou reindex` with the new ones.",
            code="fingerprint",
        )
    return live


def same(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether passages and vectors of the two are interchangeable; `build` only numbers forced rebuilds."""
    return {**one, "build": 0} == {**other, "build": 0}


def begin(conn: Connection, fingerprint: Fingerprint, state: str) -> int:
    """A new row; returns its id."""
    text = orjson.dumps(fingerprint, option=orjson.OPT_SORT_KEYS).decode()
    key = conn.execute(insert(generations).values(fingerprint=text, state=state, created_at=now())).inserted_primary_key
    assert key is not None
    return int(key[0])


def generation_at(engine: Engine, version: int) -> int:
    """The generation that was live at an index version."""
    with engine.connect() as conn:
        swapped = select(changes.c.version).where(changes.c.kind == "generation", changes.c.seq <= version)
        generation = conn.scalar(swapped.order_by(changes.c.seq.desc()).limit(1))
        return int(generation or conn.scalar(select(func.min(generations.c.id))) or 0)


def differences(stands: Fingerprint, wanted: Fingerprint) -> str:
    """For people: what differs."""
    keys = [key for key in sorted({*stands, *wanted}) if stands.get(key) != wanted.get(key)]
    return "; ".join(f"{key} {stands.get(key)!r}, the settings say {wanted.get(key)!r}" for key in keys)


def _first(engine: Engine, fingerprint: Fingerprint) -> int:
    with writing(engine) as conn:
        live = live_generation(conn)
        if live is not None:  # another process was faster
            return live
        generation = begin(conn, fingerprint, "live")
        conn.execute(insert(meta).values(key="generation", value=str(generation)))
        return generation
