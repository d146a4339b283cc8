"""The page of a cited passage: what a citation's link opens where the document has no address of its own."""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.cite_page import HEADERS, STATUS, gone, page
from api.cites import Cited
from api.state import Here
from rag.domain import Language

router = APIRouter(prefix="/cite", tags=["answers"])

Token = Annotated[str, Path(min_length=1, max_length=8000, description="As it stands in the link of a citation.")]
_SHOWN = {404: {"description": "No such link, or not open any more."}, 410: {"description": "Expired, or deleted."}}


@router.head("/{token}", include_in_schema=False)
@router.get("/{token}", response_class=HTMLResponse, responses=_SHOWN)  # type: ignore[arg-type]
async def show_cited(token: Token, here: Here, request: Request) -> Response:
    """The cited passage, marked in its section. It needs no key: the link is signed, and ends after hours."""
    access = here.access
    await access.reader(request)
    outcome = await to_thread.run_sync(access.cites.open, token, here.application.ledger, limiter=access.limiter)
    if isinstance(outcome, Cited):
        return HTMLResponse(page(outcome), headers=HEADERS)
    return HTMLResponse(gone(outcome, _language(request)), STATUS[outcome], HEADERS)


def _language(request: Request) -> Language:
    return "zh" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"
