"""Markup languages whose readers give clean HTML, which `html` then reads: what they share."""

from __future__ import annotations

import html as escapes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingest.parse import html
from ingest.parse.frontmatter import refuse_unpublished
from rag.domain import Parsed

SECTION = "x-section"
"""An element with a `title` attribute: a tab, a panel, a titled block. What follows it does not belong to it."""


def escaped(text: str) -> str:
    return escapes.escape(text, quote=False)


def section(title: str, content: str) -> str:
    """A part of a page under a title of its own."""
    return f'<{SECTION} title="{escapes.escape(title)}">{content}</{SECTION}>' if title.strip() else content


def parse_body(
    body: str, *, title: str = "", fields: Mapping[str, Any] | None = None, left_out: Mapping[str, Sequence[str]] | None = None
) -> Parsed:
    """Reads the HTML that a reader of a markup language has written.

    `fields`: fields of the document; `left_out`: what is not part of its text. Raises ParseError `unpublished`.
    """
    fields = dict(fields or {})
    refuse_unpublished(fields)
    parsed = html.parse_text(f"<html><head><title>{escaped(title)}</title></head><body><main>{body}</main></body></html>")
    kept = {kind: list(what) for kind, what in (left_out or {}).items() if what}
    parts = {**dict(parsed.metadata.get("left_out", {})), **kept}
    metadata = {**parsed.metadata, **fields, **({"left_out": parts} if parts else {})}
    return replace(parsed, metadata=metadata, title=title or parsed.title)
