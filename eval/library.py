"""The library that a suite's documents are measured in: never the service's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Engine, select

from eval.items import SuiteItem
from rag.domain import Scope
from rag.record.schema import passages
from rag.settings import Settings
from rag.wiring import Application, open_application


@contextmanager
def own_library(settings: Settings, keep: Path | None = None, *, serving: bool = False) -> Iterator[Application]:
    """An application over the folder `keep`, or over one that is deleted afterwards. `serving`: as `open_application`."""
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="xiansou-eval-") as folder:
        database = settings.database.model_copy(update={"url": ""})
        # The model that stands ready below the service's own folder is taken, not prepared anew for each run.
        embedding = settings.embedding.model_copy(update={"folder": str(settings.model_folder)})
        moved = {"data_dir": Path(folder), "database": database, "embedding": embedding}
        application = open_application(settings.model_copy(update=moved), serving=serving)
        try:
            yield application
        finally:
            application.close()


def scope_of(item: SuiteItem, engine: Engine) -> Scope:
    """Where a question of a suite looks: everywhere, less the documents that are taken out while it is asked."""
    if not item.without:
        return Scope()
    query = select(passages.c.id).where(passages.c.document_id.in_(item.without), passages.c.retired_seq.is_(None))
    with engine.connect() as conn:
        return Scope(without=tuple(conn.scalars(query)))
