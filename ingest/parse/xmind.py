"""Mind maps (.xmind): the map's root is the title, its branches are sections, what hangs below them is text with its notes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from ingest.parse.normal import normalise
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DEPTH_LIMIT = 50
_SECTIONS = 3


def parse(content: bytes) -> Parsed:
    """Parses a map of XMind 8 (`content.xml`) or later (`content.json`). Raises ParseError `broken`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "content.json" in names:
                roots = [_of_json(sheet.get("rootTopic", {})) for sheet in json.loads(archive.read("content.json"))]
            else:
                parser = etree.XMLParser(resolve_entities=False, no_network=True)
                roots = [
                    _of_xml(root)
                    for root in etree.fromstring(archive.read("content.xml"), parser).iterfind("{*}sheet/{*}topic")
                ]
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError, etree.LxmlError) as exc:
        raise ParseError("The mind map is damaged.", code="broken", fix="Save it again, or export it as Markdown.") from exc
    writer = Writer(roots[0]["title"] if roots else "")
    for root in roots:
        writer.heading(root["title"], 1)
        _write(writer, root, 1)
    return writer.parsed()


Topic = Mapping[str, Any]


def _of_json(told: Topic, depth: int = 0) -> dict[str, Any]:
    children = told.get("children") or {}
    attached = [*children.get("attached", ()), *children.get("detached", ())] if depth < _DEPTH_LIMIT else []
    notes = ((told.get("notes") or {}).get("plain") or {}).get("content") or ""
    labels = [str(label) for label in told.get("labels") or ()]
    return {
        "title": normalise(str(told.get("title") or "")),
        "notes": normalise(str(notes)),
        "labels": labels,
        "children": [_of_json(child, depth + 1) for child in attached if isinstance(child, dict)],
    }


def _of_xml(topic: Any, depth: int = 0) -> dict[str, Any]:
    children = topic.iterfind("{*}children/{*}topics/{*}topic") if depth < _DEPTH_LIMIT else ()
    return {
        "title": normalise(topic.findtext("{*}title") or ""),
        "notes": normalise(topic.findtext("{*}notes/{*}plain") or ""),
        "labels": [label.text or "" for label in topic.iterfind("{*}labels/{*}label")],
        "children": [_of_xml(child, depth + 1) for child in children],
    }


def _write(writer: Writer, topic: Topic, depth: int) -> None:
    """A topic's notes and what hangs below it: branches that have branches are sections, the others items."""
    if topic["notes"]:
        writer.block(topic["notes"])
    group = writer.group()
    for child in topic["children"]:
        if child["children"] and depth <= _SECTIONS:
            writer.heading(child["title"], depth + 1)
            _write(writer, child, depth + 1)
            writer.close(depth + 1)
        else:
            for text, level in _lines(child, 0):
                writer.block(text, "list", mark="  " * level + "- ", tight=True, group=group)


def _lines(topic: Topic, level: int) -> Iterator[tuple[str, int]]:
    text = "\n".join(filter(None, (topic["title"], topic["notes"])))
    if text:
        yield text, level
    for child in topic["children"]:
        yield from _lines(child, level + 1)
