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
    body: str, *, title: str = "", told: Mapping[str, Any] | None = None, left_out: Mapping[str, Sequence[str]] | None = None
) -> Parsed:
    """Reads the HTML that a reader of a markup language has written.

    `told`: fields of the document; `left_out`: what is not part of its text. Raises ParseError `unpublished`.
    """
    told = dict(told or {})
    refuse_unpublished(told)
    found = html.parse_text(f"<html><head><title>{escaped(title)}</title></head><body><main>{body}</main></body></html>")
    kept = {kind: list(what) for kind, what in (left_out or {}).items() if what}
    parts = {**dict(found.metadata.get("left_out", {})), **kept}
    metadata = {**found.metadata, **told, **({"left_out": parts} if parts else {})}
    return replace(found, metadata=metadata, title=title or found.title)
