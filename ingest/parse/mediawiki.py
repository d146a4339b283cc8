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
    writer = Writer(_told(root, ".//{*}sitename"))
    for page in root.iterfind("{*}page"):
        title = _told(page, "{*}title")
        text = _latest(page)
        if _told(page, "{*}ns") not in _SPACES or page.find("{*}redirect") is not None:
            writer.leave_out("pages", [title])
        elif text.strip():
            writer.heading(title, 1)
            writer.embed(wikitext.parse(text))
            writer.close(1)
    return writer.parsed()


def _told(element: Any, path: str) -> str:
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""


def _latest(page: Any) -> str:
    revisions = page.findall("{*}revision")
    if not revisions:
        return ""
    newest = max(revisions, key=lambda one: (_told(one, "{*}timestamp"), _told(one, "{*}id").zfill(20)))
    return _told(newest, "{*}text")
