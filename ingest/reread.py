"""Documents of the record that were read by other rules than the settings have now: read again, as new versions."""

from __future__ import annotations

from dataclasses import dataclass

from ingest import mask
from ingest.pipeline import Pipeline
from ingest.rules import reading_rules
from rag.errors import NotFound, XiansouError
from rag.index.views import IndexView
from rag.record import readings, rebuild
from rag.wiring import Application

_PAGE = 100


@dataclass(slots=True)
class Reread:
    """`masked`: those of which only the masked text is kept, so that their files must be ingested again."""

    documents: int = 0
    masked: int = 0
    failed: int = 0


def reread(application: Application, view: IndexView) -> Reread:
    """Writes a new version of each live document that the settings would read in another way."""
    redone, wanted = Reread(), reading_rules(application.settings)
    engine = application.ledger.engine
    read_by = readings.rules(engine)
    if not wanted and not read_by:
        return redone
    pipeline, after = Pipeline(application.ledger, lambda: view, application.settings), ""
    while page := application.ledger.page(after=after, limit=_PAGE):
        after = page[-1].id
        others = [doc.id for doc in page if read_by.get(doc.id, {}) != wanted]
        for _, doc in rebuild.given(engine, others) if others else ():
            if mask.unpack(doc.content) is not None:
                redone.masked += 1
                continue
            try:
                pipeline.put(doc)
                redone.documents += 1
            except NotFound:
                continue
            except XiansouError:
                redone.failed += 1
    return redone
