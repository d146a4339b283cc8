"""XML of any vocabulary: what it says, in its order. A sentence with marks inside is one, a title opens its section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.entities import html5
from typing import Any

from lxml import etree

from ingest.parse.normal import normalise, one_line
from ingest.parse.raised import lowered, raised
from ingest.parse.slots import Line, Slot
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_TITLES = frozenset("title head heading caption-title name-title h1 h2 h3 h4 h5 h6".split())
_OUT = frozenset(
    "prolog metadata meta draft-comment remark required-cleanup indexterm index-entry script style change-history keywordset"
    " processing-instruction comment revhistory".split()
)
_ROWS, _CELLS = frozenset("row tr strow sthead record-row".split()), frozenset("entry td th stentry cell".split())
_HEADS, _TABLES = (
    frozenset("thead sthead".split()),
    frozenset("table informaltable simpletable tgroup choicetable properties".split()),
)
_LISTS, _ITEMS = frozenset("ul ol itemizedlist orderedlist simplelist list steps substeps procedure".split()), frozenset(
    "li listitem item step substep member".split()
)  # fmt: skip
_ORDERED = frozenset("ol orderedlist steps substeps procedure".split())
_CODE = frozenset("pre programlisting codeblock screen literallayout code-block".split())
_DEPTH = 100
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_KEPT = frozenset(("amp", "lt", "gt", "quot", "apos"))
_RECORDS = 2


def parse(content: bytes) -> Parsed:
    """Parses XML; entities of its own are not resolved. Raises ParseError `broken`, `empty` for one without text."""
    root = _tree(content)
    writer = Writer(_title(root))
    _Reader(writer).walk(root, 1)
    parsed = writer.parsed()
    if not parsed.blocks:
        raise ParseError("The document has no text.", code="empty", fix="Send a document that has text.")
    return parsed


def _tree(content: bytes) -> Any:
    options = {"resolve_entities": False, "no_network": True, "remove_comments": True, "remove_pis": True, "huge_tree": False}
    try:
        return etree.fromstring(content, etree.XMLParser(**options))
    except (etree.XMLSyntaxError, ValueError):
        pass
    # Named characters of HTML in a file that declares none: as Confluence and many exports write them.
    text = content.decode("utf-8", "replace").lstrip("\ufeff").lstrip()
    text = re.sub(r"^<\?xml[^>]*\?>", "", text)
    text = _ENTITY.sub(lambda match: match[0] if match[1] in _KEPT else html5.get(f"{match[1]};", match[0]), text)
    try:
        return etree.fromstring(text, etree.XMLParser(**options))
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise ParseError("The file is no XML that can be read.", code="broken", fix="Save it again, or as PDF.") from exc


def _name(element: Any) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def _children(element: Any) -> list[Any]:
    return [child for child in element if isinstance(child.tag, str) and _name(child) not in _OUT]


def _title(root: Any) -> str:
    """The document's own: of the root, or of what the root begins with (`<article><info><title>`)."""
    for element in [root, *_children(root)[:2]]:
        for child in _children(element)[:3]:
            if _name(child) == "title" and (text := one_line(_text(child))):
                return text
    return ""


def _is_mixed(element: Any) -> bool:
    """Whether it has text of its own beside its elements."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _is_structure(element: Any) -> bool:
    """Whether it only holds other elements, or is one that parts a text whatever it holds."""
    if _name(element) in _LISTS or _name(element) in _TABLES or _name(element) in _CODE:
        return True
    inner = _children(element)
    return bool(inner) and not _is_mixed(element) and len(inner) > 1


def _text(element: Any) -> str:
    """All text below, raised and lowered digits as such."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and _name(child) not in _OUT:
            inner, name = _text(child), _name(child)
            parts.append(
                raised(inner) if name in ("sup", "superscript") else lowered(inner) if name in ("sub", "subscript") else inner
            )
        parts.append(child.tail or "")
    return "".join(parts)


class _Reader:
    """Writes elements in document order."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def walk(self, element: Any, level: int) -> None:
        """The element's own content. `level`: of the headings inside it."""
        inner = _children(element)
        if level > _DEPTH or not inner or (_is_mixed(element) and not any(map(_is_structure, inner))):
            self.writer.block(normalise(_text(element)))
            return
        if _is_mixed(element):
            self._mixed(element, level)
        elif len(inner) >= _RECORDS and (rows := _records(inner)):
            self.writer.records(*rows)
        else:
            for child in inner:
                self._element(child, level)
        if any(_name(child) in _TITLES for child in inner):
            self.writer.close(level)

    def _element(self, element: Any, level: int) -> None:
        name = _name(element)
        if name in _TITLES:
            self.writer.heading(_text(element), level)
        elif name in _TABLES and next((one for one in element.iter() if _name(one) in _ROWS), None) is not None:
            self._table(element)
        elif name in _LISTS:
            self._list(element, level)
        elif name in _CODE:
            self.writer.block(_text(element).strip("\n").rstrip(), "code")
        else:
            self.walk(element, level + (name not in ("body", "info", "articleinfo", "bookinfo")))

    def _mixed(self, element: Any, level: int) -> None:
        """A paragraph that a list or a table stands in: its text before and behind them."""
        run = [element.text or ""]
        for child in element:
            if isinstance(child.tag, str) and _name(child) not in _OUT:
                if _is_structure(child):
                    self.writer.block(normalise("".join(run)))
                    run = []
                    self._element(child, level)
                else:
                    run.append(_text(child))
            run.append(child.tail or "")
        self.writer.block(normalise("".join(run)))

    def _list(self, element: Any, level: int) -> None:
        group, number = self.writer.group(), 0
        for item in _children(element):
            if _name(item) not in _ITEMS:
                self._element(item, level)
                continue
            number += 1
            mark = f"{number}. " if _name(element) in _ORDERED else "- "
            inner = _children(item)
            whole = not inner or (_is_mixed(item) and not any(map(_is_structure, inner)))
            for part in [item] if whole else inner:
                if part is not item and (_name(part) in _LISTS or _name(part) in _TABLES):
                    self._element(part, level)
                elif text := normalise(_text(part)):
                    self.writer.block(text, "list", mark=mark, tight=number > 1, group=group)
                    mark = "  "

    def _table(self, element: Any) -> None:
        lead = next((one_line(_text(one)) for one in _children(element) if _name(one) in ("title", "caption")), "")
        self.writer.block(lead)
        rows: list[Line] = []
        heads = 0
        for row in element.iter():
            if _name(row) not in _ROWS:
                continue
            cells = [cell for cell in _children(row) if _name(cell) in _CELLS]
            rows.append([Slot(at, one_line(_text(cell)), 1, _name(cell) == "th") for at, cell in enumerate(cells)])
            heads += _name(row) in _HEADS or any(_name(one) in _HEADS for one in row.iterancestors())
        self.writer.table(rows, heads or None, lead=lead)


def _records(elements: Sequence[Any]) -> tuple[list[str], list[list[str]]] | None:
    """Siblings of one name that hold nothing but values: the rows of a data file. None for all else."""
    first = _name(elements[0])
    if first in _TITLES or first in _ROWS or any(_name(one) != first for one in elements):
        return None
    rows = []
    for one in elements:
        inner = _children(one)
        names = [_name(child) for child in inner]
        if len(inner) < 2 or _is_mixed(one) or len(set(names)) < len(names) or any(map(_children, inner)):
            return None
        rows.append({etree.QName(child).localname: normalise(child.text or "") for child in inner})
    if rows and {"para", "p", "title"} & {name.lower() for row in rows for name in row}:
        return None
    header = list(dict.fromkeys(name for row in rows for name in row))
    return header, [[row.get(name, "") for name in header] for row in rows]
