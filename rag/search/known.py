"""Whether a question names a collection and fields that are there: a misspelt one would find nothing, without a word."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace

import orjson
from sqlalchemy import Engine, select

from rag.domain import Scope
from rag.errors import InputError
from rag.index.fields import Field
from rag.record.schema import documents, versions
from rag.text.filters import RANGES, folded


def collections_of(engine: Engine, scope: Scope) -> list[str]:
    """Names of the collections with a document that may be seen, in order."""
    query = (
        select(versions.c.collection, versions.c.acl)
        .join(documents, (documents.c.id == versions.c.document_id) & (documents.c.version == versions.c.version))
        .where(documents.c.state == "live")
        .distinct()
    )
    mine = replace(scope, collection=None)
    with engine.connect() as conn:
        return sorted({row.collection for row in conn.execute(query) if mine.permits(row.collection, orjson.loads(row.acl))})


def check_collection(engine: Engine, scope: Scope, empty: Collection[str]) -> None:
    """Raises InputError for a collection that nobody knows. `empty`: names that are known though nothing may be in them."""
    wanted = scope.collection
    if wanted is None or wanted in empty or wanted in (scope.collections or ()):
        return
    known = collections_of(engine, scope)
    if wanted not in known:
        fix = _fix(wanted, known, "There are no documents yet.")
        raise InputError(f"there is no collection `{wanted}`.", field="collection", fix=fix, code="unknown_collection")


def check_fields(scope: Scope, fields: Mapping[str, Field]) -> None:
    """Raises InputError for a filter by a field that no passage has which may be seen, with the nearest one, and for a range
    of what has no order."""
    for name, wanted in scope.filters.items():
        known = fields.get(folded(name))
        if known is None:
            fix = _fix(name, [one.name for one in fields.values()], "No document has fields; GET /v1/fields lists them.")
            raise InputError(f"no document has a field `{name}`.", field=f"filters.{name}", fix=fix, code="unknown_field")
        if isinstance(wanted, Mapping) and known.kinds == {"text"} and not wanted.keys().isdisjoint(RANGES):
            raise InputError(
                f"`{known.name}` holds neither numbers nor dates, so it has no range.",
                field=f"filters.{name}",
                fix="Name its values; GET /v1/fields lists them.",
            )


def _fix(wanted: str, known: Collection[str], none: str) -> str:
    if not known:
        return none
    by_folded = {folded(name): name for name in known}
    near = difflib.get_close_matches(folded(wanted), by_folded, n=1, cutoff=0.5)
    if near:
        return f"Did you mean `{by_folded[near[0]]}`?"
    some = sorted(known)[:10]
    return f"There {'is' if len(known) == 1 else 'are'}: {', '.join(some)}{' and more' if len(known) > len(some) else ''}."
