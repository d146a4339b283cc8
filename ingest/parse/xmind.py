"""Mind maps (.xmind): the map's root is the title, its branches are sections, what hangs below them is text with its notes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from ingest.parse.archive import open_archive
from ingest.parse.normal import normalise
from ingest.parse.outline import Topic, write
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DEPTH_LIMIT = 50
_BELOW = ("attached", "detached", "summary", "callout")


def parse(content: bytes) -> Parsed:
    """Parses a map of XMind 8 (`content.xml`) or later (`content.json`). Raises ParseError `broken`."""
    try:
        with open_archive(content) as archive:
            if "content.json" in archive.namelist():
                sheets = [_of_json(sheet) for sheet in json.loads(archive.read("content.json"))]
            else:
                parser = etree.XMLParser(resolve_entities=False, no_network=True)
                root = etree.fromstring(archive.read("content.xml"), parser)
                sheets = [_of_xml(sheet) for sheet in root.iterfind("{*}sheet")]
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError, etree.LxmlError) as exc:
        raise ParseError("The mind map is damaged.", code="broken", fix="Save it again, or export it as Markdown.") from exc
    writer = Writer(sheets[0][0].title if sheets else "")
    for topic, relations in sheets:
        writer.heading(topic.title, 1)
        write(writer, topic, 1)
        group = writer.group()
        for relation in relations:
            writer.block(relation, "list", mark="- ", tight=True, group=group)
    return writer.parsed()


Sheet = tuple[Topic, list[str]]


def _of_json(sheet: Mapping[str, Any]) -> Sheet:
    names: dict[str, str] = {}
    root = _topic(sheet.get("rootTopic") or {}, names)
    relationships = sheet.get("relationships") or ()
    return root, [*_relations(((one.get("end1Id"), one.get("end2Id"), one.get("title")) for one in relationships), names)]


def _relations(relationships: Iterator[tuple[Any, Any, Any]], names: Mapping[str, str]) -> Iterator[str]:
    """`A → B: title` of lines between topics that have a title."""
    for first, second, title in relationships:
        if title and first in names and second in names:
            yield f"{names[first]} → {names[second]}: {normalise(str(title))}"


def _topic(node: Mapping[str, Any], names: dict[str, str], depth: int = 0) -> Topic:
    below = node.get("children") or {}
    children = [child for kind in _BELOW for child in below.get(kind) or ()] if depth < _DEPTH_LIMIT else []
    parts = node.get("attributedTitle") or ()
    title = node.get("title") or "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))
    notes = ((node.get("notes") or {}).get("plain") or {}).get("content") or ""
    topic = Topic(normalise(str(title or "")), normalise(str(notes)))
    topic.children = [_topic(child, names, depth + 1) for child in children if isinstance(child, dict)]
    topic.labels = [str(label) for label in node.get("labels") or ()]
    names[str(node.get("id"))] = topic.title
    return topic


def _of_xml(sheet: Any) -> Sheet:
    names: dict[str, str] = {}
    topic = sheet.find("{*}topic")
    root = _of_topic(topic, names) if topic is not None else Topic()
    relationships = (
        (one.get("end1"), one.get("end2"), one.findtext("{*}title")) for one in sheet.iterfind(".//{*}relationship")
    )
    return root, [*_relations(relationships, names)]


def _of_topic(topic: Any, names: dict[str, str], depth: int = 0) -> Topic:
    groups = topic.iterfind("{*}children/{*}topics") if depth < _DEPTH_LIMIT else ()
    parsed = Topic(normalise(topic.findtext("{*}title") or ""), normalise(topic.findtext("{*}notes/{*}plain") or ""))
    parsed.children = [_of_topic(child, names, depth + 1) for group in groups for child in group.iterfind("{*}topic")]
    parsed.labels = [label.text or "" for label in topic.iterfind("{*}labels/{*}label")]
    names[str(topic.get("id"))] = parsed.title
    return parsed
