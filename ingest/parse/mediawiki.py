"""A wiki's dump (MediaWiki XML export): the latest revision of each page of the main, project and help spaces."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from ingest.parse import wikitext
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_SPACES = ("0", "4", "12", "")  # main, project, help
START = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<mediawiki\b")


def parse(content: bytes) -> Parsed:
    """Parses a dump. Raises ParseError `broken`."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, huge_tree=True, no_network=True))
    except etree.LxmlError as exc:
        raise ParseError("The dump is damaged or incomplete.", code="broken", fix="Export it again.") from exc
    writer = Writer(_text_at(root, ".//{*}sitename"))
    for page in root.iterfind("{*}page"):
        title = _text_at(page, "{*}title")
        text = _latest(page)
        if _text_at(page, "{*}ns") not in _SPACES or page.find("{*}redirect") is not None:
            writer.leave_out("pages", [title])
        elif text.strip():
            writer.heading(title, 1)
            writer.embed(wikitext.parse(text))
            writer.close(1)
    return writer.parsed()


def _text_at(element: Any, path: str) -> str:
    node = element.find(path)
    return (node.text or "").strip() if node is not None else ""


def _latest(page: Any) -> str:
    revisions = page.findall("{*}revision")
    if not revisions:
        return ""
    newest = max(revisions, key=lambda one: (_text_at(one, "{*}timestamp"), _text_at(one, "{*}id").zfill(20)))
    return _text_at(newest, "{*}text")
