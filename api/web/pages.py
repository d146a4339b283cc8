"""Pages: templates filled with escaped text, and headers that let nothing in from outside."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.web import files
from rag import __version__

_TEMPLATES = Path(__file__).parent / "templates"

# Nothing inline, nothing evaluated, nothing from another host; pictures of data are those of Swagger UI's arrows.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(file=files.address, version=__version__)
    return environment


def language_of(request: Request) -> str:
    """`zh` where the reader's browser prefers Chinese, else `en`; `?lang=` goes before it."""
    wish = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "zh" if wish.strip().lower().startswith("zh") else "en"


def page(
    request: Request, template: str, status: int = 200, *, headers: Mapping[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """A page, or a part of one for htmx."""
    language = language_of(request)

    def t(english: str, chinese: str) -> str:
        return chinese if language == "zh" else english

    text = _environment().get_template(template).render(lang=language, t=t, path=request.url.path, **context)
    return HTMLResponse(text, status, {**HEADERS, "Vary": "Accept-Language", **(headers or {})})
