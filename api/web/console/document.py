"""One document: what was read of it beside its text, its versions and what changed, deleting it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.routing import APIRouter
from starlette.responses import Response

from api.scopes import Admin
from api.state import Here
from api.web.console.shown import Lang, show
from rag.domain import Document
from rag.domain.statement import Period
from rag.domain.validation import check_document_id
from rag.record import readings
from rag.record.history import editions
from rag.runtime import clock
from rag.text.validity import field_period, read_period

router = APIRouter(prefix="/console")

_PIECES = 40  # passages shown at once
_LINES = 2_000  # of a difference

DocumentQuery = Annotated[str, Query(min_length=1, max_length=512, description="Id of a document.")]
Start = Annotated[int, Query(alias="from", ge=0, le=10**6)]


@router.get("/document")
def document(request: Request, here: Here, caller: Admin, id: DocumentQuery, lang: Lang = None, start: Start = 0) -> Response:
    """What was read: each passage's own text beside the statements that were made of it."""
    ledger = here.application.ledger
    doc = caller.checked(ledger.document(check_document_id(id)))
    read = readings.as_read(ledger.engine, doc)
    pieces = [_piece(one, read["text"]) for one in read["passages"][start : start + _PIECES]]
    more = start + _PIECES if len(read["passages"]) > start + _PIECES else None
    context = {
        "doc": doc,
        "pieces": pieces,
        "next": more,
        "told": _plain(read["told"]),
        "masked": ledger.masked(doc.id, doc.version),
        "holds": _holds(doc, read["passages"]),
    }
    if "hx-request" in request.headers:
        return show(request, "pieces.html", caller, **context)
    return show(request, "document.html", caller, **context, editions=editions(ledger.engine, doc.id))


@router.get("/document/diff")
def difference(
    request: Request, here: Here, caller: Admin, id: DocumentQuery, version: Annotated[int, Query(ge=2)]
) -> Response:
    """What a version changed against the one before."""
    ledger = here.application.ledger
    before, after = (ledger.text(check_document_id(id), one, scope=caller.scope()) for one in (version - 1, version))
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))
    shown = [(line[:1], line[1:]) for line in lines[2:_LINES]]
    return show(request, "diff.html", caller, lines=shown, version=version)


@router.post("/document/delete", name="delete_document")
def delete(request: Request, here: Here, caller: Admin, id: DocumentQuery) -> Response:
    """Deletes it; no question that starts now sees it."""
    request.state.target = id
    gone = here.application.ledger.delete(check_document_id(id), scope=caller.scope(), by_hand=True)
    return show(request, "deleted.html", caller, id=id, versions=gone.version, index_version=gone.index_version)


def _piece(passage: dict[str, Any], text: str) -> dict[str, Any]:
    return passage | {"original": text[passage["start"] : passage["end"]]}


def _holds(doc: Document, passages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, str]]:
    """(of what, first day, last day, `now`, `over` or `later`): when the document and its parts are in force, as they say."""
    periods = {"": field_period(doc.metadata) or read_period(doc.title, title=True)}
    for one in passages:
        for heading in one["section"]:
            periods.setdefault(heading, read_period(heading))
    today = clock.today()
    return [(of, _day(span.first), _day(span.last), _state(span, today)) for of, span in periods.items() if span is not None]


def _day(ordinal: int | None) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal and ordinal > 1 else ""


def _state(span: Period, today: int) -> str:
    if span.last is not None and span.last < today:
        return "over"
    return "later" if span.first is not None and span.first > today else "now"


def _plain(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What the reader noted, as lines."""
    rows = []
    for name, value in report.items():
        inner = [(f"{name} · {key}", one) for key, one in value.items()] if isinstance(value, dict) else [(name, value)]
        rows += [(key, ", ".join(map(str, one)) if isinstance(one, list) else str(one)) for key, one in inner if one]
    return rows
