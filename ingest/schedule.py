"""Synchronises sources when their time has come, in a thread of the worker's process."""

from __future__ import annotations

import threading

import structlog

from ingest.catalogue import Catalogue
from ingest.pipeline import Pipeline
from ingest.sync import sync
from rag.errors import XiansouError
from rag.wiring import Application

log = structlog.get_logger()

_LOOK_S = 2.0


def start(application: Application, stop: threading.Event) -> threading.Thread:
    """A thread that looks for due sources until `stop` is set. Join it before the application is closed."""
    thread = threading.Thread(target=_run, args=(application, stop), name="sources", daemon=True)
    thread.start()
    return thread


def _run(application: Application, stop: threading.Event) -> None:
    catalogue = Catalogue(application.ledger.engine)
    while not stop.wait(_LOOK_S):
        try:
            source = catalogue.claim_due()
            if source is None:
                continue
            logger = log.bind(source=source.id)
            pipeline = Pipeline(application.ledger, application.views.writing, application.settings)
            summary = sync(source, application.ledger, lambda: pipeline, application.settings, stop=stop)  # noqa: B023
            logger.info("synchronised", **summary.as_dict() | {"failed": len(summary.failed)})
        except XiansouError as exc:
            log.warning("a source was not synchronised", error=str(exc), code=exc.code)
        except Exception:  # the next one may still be
            log.error("a synchronisation failed unexpectedly", exc_info=True)
