"""Yuque's documents (.lake): HTML whose cards hold their content as JSON in an attribute."""

from __future__ import annotations

import html as escapes
import json
import re
from typing import Any
from urllib.parse import unquote

from ingest.parse import html
from rag.domain import Parsed

_CARD = re.compile(r"<card\b([^>]*)>(?:\s*</card>)?", re.IGNORECASE)
_NAME = re.compile(r"\bname=\"([^\"]*)\"")
_VALUE = re.compile(r"\bvalue=\"data:([^\"]*)\"")
START = re.compile(r"\s*<!doctype lake\b", re.IGNORECASE)


def parse(source: str) -> Parsed:
    """Parses a decoded document. Raises ParseError `broken`."""
    return html.parse_text(f"<main>{_CARD.sub(_written, START.sub('', source, count=1).lstrip('> '))}</main>")


def _written(match: re.Match[str]) -> str:
    name, value = _NAME.search(match[1]), _VALUE.search(match[1])
    try:
        card: Any = json.loads(unquote(value[1])) if value else {}
    except ValueError:
        return ""
    if not name or not isinstance(card, dict):
        return ""
    if name[1] == "codeblock":
        return f"<pre>{escapes.escape(str(card.get('code', '')))}</pre>"
    if name[1] in ("table", "board", "flowchart2", "mindmap", "image", "file", "video", "hr"):
        return f"<p>{escapes.escape(str(card.get('title') or card.get('name') or ''))}</p>" if name[1] != "image" else ""
    text = next((str(card[key]) for key in ("label", "text", "title", "code", "content") if isinstance(card.get(key), str)), "")
    return escapes.escape(text)
