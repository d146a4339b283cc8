"""Outlines: branches are sections, what hangs below them is text with its notes. OPML and FreeMind are read here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from ingest.parse.html import tree as html_tree
from ingest.parse.normal import normalise
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_DEPTH_LIMIT = 50
_SECTIONS = 3
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")
_TRUE = ("true", "yes", "1")


@dataclass(slots=True)
class Topic:
    """One node of an outline. `labels`: short words that stand beside its title."""

    title: str = ""
    notes: str = ""
    children: list[Topic] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def parse_opml(content: bytes) -> Parsed:
    """Parses an outline in OPML. Raises ParseError `broken`."""
    root = _tree(content)
    left_out: list[str] = []
    topics = [_of_opml(one, left_out) for one in root.iterfind("{*}body/{*}outline")]
    return written(_plain(root.findtext("{*}head/{*}title")), filter(None, topics), left_out)


def parse_freemind(content: bytes) -> Parsed:
    """Parses a mind map of FreeMind or Freeplane (.mm). Raises ParseError `broken`."""
    roots = [_of_freemind(one) for one in _tree(content).iterfind("node")]
    return written(roots[0].title if roots else "", [child for root in roots for child in root.children])


def written(title: str, topics: Iterable[Topic], left_out: Iterable[str] = ()) -> Parsed:
    """The outline as a document."""
    writer = Writer(title)
    writer.heading(title, 1)
    write(writer, Topic(children=list(topics)), 1)
    writer.leave_out("parts", left_out)
    return writer.parsed()


def write(writer: Writer, topic: Topic, depth: int) -> None:
    """A topic's notes and what hangs below it: branches that have branches are sections, the others items."""
    if topic.notes:
        writer.block(topic.notes)
    group = writer.group()
    for child in topic.children:
        if child.children and depth <= _SECTIONS:
            writer.heading(child.title, depth + 1)
            write(writer, child, depth + 1)
            writer.close(depth + 1)
        else:
            for text, level in _lines(child, 0):
                writer.block(text, "list", mark="  " * level + "- ", tight=True, group=group)


def _lines(topic: Topic, level: int) -> Iterator[tuple[str, int]]:
    text = "\n".join(filter(None, (topic.title, topic.notes)))
    if text:
        yield text, level
    for child in topic.children:
        yield from _lines(child, level + 1)


def _tree(content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.LxmlError:
        root = None
    if root is None:
        raise ParseError("The outline is damaged.", code="broken", fix="Export it again.")
    return root


def _plain(text: str | None) -> str:
    """A title or a note, which may be HTML."""
    if not text or not text.strip():
        return ""
    if _TAGS.search(text):
        text = "\n".join(
            line.strip() for line in html_tree(re.sub(r"(?i)<br\s*/?>|</p>|</li>", "\n", text)).text_content().splitlines()
        )
    return normalise(text)


def _of_opml(outline: Any, left_out: list[str], depth: int = 0) -> Topic | None:
    """None for one that is commented out, with all that hangs below it."""
    title = _plain(outline.get("text") or outline.get("title"))
    if (outline.get("isComment") or "").lower() in _TRUE:
        left_out.append(title)
        return None
    below = outline.iterfind("{*}outline") if depth < _DEPTH_LIMIT else ()
    children = [_of_opml(one, left_out, depth + 1) for one in below]
    return Topic(title, _plain(outline.get("_note") or outline.get("note")), [one for one in children if one is not None])


def _of_freemind(node: Any, depth: int = 0) -> Topic:
    rich = {
        (one.get("TYPE") or "").upper(): _plain("".join(etree.tostring(child, encoding="unicode") for child in one))
        for one in node.iterfind("richcontent")
    }
    title = rich.get("NODE") or _plain(node.get("TEXT") or node.get("LOCALIZED_TEXT"))
    notes = "\n".join(filter(None, (rich.get("DETAILS", ""), rich.get("NOTE", ""))))
    below = node.iterfind("node") if depth < _DEPTH_LIMIT else ()
    return Topic(title, notes, [_of_freemind(child, depth + 1) for child in below])
