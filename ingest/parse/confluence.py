"""Confluence: pages in its storage format, as the interface gives them or as a space's export holds them, as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import Any

from lxml import etree
from lxml.html import HtmlElement, tostring

from ingest.parse import html
from ingest.parse.frontmatter import unpublished
from ingest.parse.markuphtml import parse_body, section
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

STORAGE = re.compile(r"<(?:ac|ri):[a-z-]+\b")
SPACE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<hibernate-generic\b")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_PROLOGUE = re.compile(r"\s*(?:<\?xml[^>]*>)?\s*(?:<!DOCTYPE[^\[>]*(?:\[.*?\])?\s*>)?", re.DOTALL)
_SILENT = frozenset(
    "toc toc-zone children pagetree pagetreesearch contentbylabel recently-updated livesearch attachments gallery anchor"
    " profile jira jirachart contributors contributors-summary space-attachments blog-posts labels-list related-labels"
    " favpages popular-labels change-history include excerpt-include page-properties-report detailssummary widget chart"
    " viewpdf viewdoc viewxls viewppt multimedia create-from-template decisionreport tasks-report-macro rss calendar"
    " userlister content-report-table search network navmap index numberedheadings drawio gliffy iframe html"
    " listlabels spaces-list global-reports create-space-button view-file team-calendar roadmap status-handy-report".split()
)
_CODE = frozenset("code noformat codeblock preformatted".split())
_FOLDED = frozenset("expand ui-expand".split())
_GONE = frozenset(
    "ac:placeholder ac:parameter ac:task-id ac:task-status ac:task-uuid ac:emoticon ac:image ac:adf-attribute"
    " ri:user ri:attachment ri:page ri:url ri:shortcut ri:blog-post ri:space ri:content-entity ac:schema-version".split()
)
_BLOCKS = frozenset("ac:layout ac:layout-section ac:layout-cell ac:rich-text-body ac:adf-content ac:caption".split())


def parse_storage(source: str) -> Parsed:
    """A page's body, with or without a root element and a DTD. Raises ParseError `broken`."""
    return parse_body(_as_html(source))


def parse_space(content: bytes) -> Parsed:
    """A space's XML export (`entities.xml`): its current pages and blog posts that everybody in it may see.

    Raises:
        ParseError: `broken`.
    """
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, huge_tree=True, no_network=True))
    except etree.LxmlError as exc:
        raise ParseError("The export is damaged or incomplete.", code="broken", fix="Export the space again.") from exc
    return _Space(root).written()


# -- a page ----------------------------------------------------------------------------------------------------------------


def _as_html(source: str) -> str:
    """The page as plain HTML. Character data is escaped first: HTML parsers take it for comments."""
    plain = _CDATA.sub(lambda match: escape(match[1], quote=False), _PROLOGUE.sub("", source, count=1))
    body = html.tree(f"<div>{plain}</div>")
    return "".join(_written(child) for child in body.iter("body")) or _written(body)


def _written(element: HtmlElement) -> str:
    return escape(element.text or "", quote=False) + "".join(_element(child) for child in element)


def _element(element: HtmlElement) -> str:
    tail = escape(element.tail or "", quote=False)
    if not isinstance(element.tag, str):
        return tail
    return _shown(element, element.tag.lower()) + tail


def _shown(element: HtmlElement, tag: str) -> str:
    if tag in _GONE:
        return ""
    if tag in ("ac:structured-macro", "ac:macro"):
        return _macro(element)
    if (function := _OTHERS.get(tag)) is not None:
        return function(element)
    inner = _written(element)
    if tag in _BLOCKS:
        return f"<div>{inner}</div>"
    if ":" in tag or tag in ("html", "body", "page"):
        return inner
    shell = etree.Element(tag, {name: value for name, value in element.attrib.items() if ":" not in name})
    opening, slash, _ = tostring(shell, encoding="unicode").partition(f"</{tag}>")
    return f"{opening}{inner}</{tag}>" if slash else opening


def _macro(element: HtmlElement) -> str:
    name = (element.get("ac:name") or "").lower()
    parameters = {
        (one.get("ac:name") or ""): (one.text_content() or "").strip() for one in element if one.tag == "ac:parameter"
    }
    title = parameters.get("title", "")
    if name in _SILENT or (name == "excerpt" and parameters.get("hidden") == "true"):
        return ""
    if name == "status":
        return escape(title)
    body = "".join(_written(one) for one in element if one.tag == "ac:rich-text-body")
    plain = "".join(one.text_content() for one in element if one.tag == "ac:plain-text-body")
    if name in _CODE:
        return section(title, f"<pre>{escape(plain, quote=False)}</pre>")
    if name in _FOLDED:
        return f"<details><summary>{escape(title or 'Expand')}</summary>{body}</details>"
    if name in ("mathblock", "mathinline", "latex", "latex-formatting"):
        return escape(plain or parameters.get("body", ""))
    text = f"<p>{escape(plain, quote=False)}</p>" if plain.strip() else ""
    inner = f"<div>{body}{text}</div>" if "<" in body or text else body
    return section(title or parameters.get("label", ""), inner) if inner.strip() else ""


def _link(element: HtmlElement) -> str:
    """A link's own text, else the title of the page that it leads to."""
    for child in element:
        if child.tag in ("ac:link-body", "ac:plain-text-link-body") and (text := _written(child).strip()):
            return text
    target = next((one for one in element if one.tag in ("ri:page", "ri:blog-post", "ri:attachment", "ri:space")), None)
    if target is None:
        return escape(element.get("ac:anchor") or "")
    names = ("ri:content-title", "ri:filename", "ri:space-key")
    return escape(next((target.get(name) for name in names if target.get(name)), "") or "")


def _tasks(element: HtmlElement) -> str:
    bodies = (one for one in element.iter("ac:task-body"))
    return f"<ul>{''.join(f'<li>{_written(one)}</li>' for one in bodies)}</ul>"


def _time(element: HtmlElement) -> str:
    return escape(element.get("datetime") or "") or _written(element)


def _extension(element: HtmlElement) -> str:
    """A panel of the new editor: its content, or what stands in for it where an editor does not know it, not both."""
    content = "".join(_written(one) for one in element.iter("ac:adf-content"))
    return f"<div>{content or ''.join(_written(one) for one in element.iter('ac:adf-fallback'))}</div>"


_OTHERS: Mapping[str, Callable[[HtmlElement], str]] = MappingProxyType(
    {"ac:link": _link, "ac:task-list": _tasks, "time": _time, "ac:adf-extension": _extension}
)


# -- a space ---------------------------------------------------------------------------------------------------------------


class _Space:
    """The objects of an export, by class."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.name = next((_property(one, "name") for one in self._of("Space")), "")
        self.bodies = {
            _reference(one, "content"): _property(one, "body")
            for one in self._of("BodyContent")
            if _property(one, "bodyType") in ("", "2")
        }
        self.restricted = {
            _reference(one, "owningContent") for one in self._of("ContentPermissionSet") if _property(one, "type") == "View"
        }

    def written(self) -> Parsed:
        writer = Writer(self.name)
        pages = {_id(one): one for kind in ("Page", "BlogPost") for one in self._of(kind)}
        for key, page in self._ordered(pages):
            title = _property(page, "title")
            body = self.bodies.get(key, "")
            if reason := self._kept_back(key, page):
                if reason != "version":
                    writer.leave_out("pages", [f"{title} ({reason})"])
                continue
            if not body.strip():
                continue
            writer.fields = {"date": _property(page, "lastModificationDate")[:10]}
            writer.heading(title, 1)
            writer.embed(parse_storage(body))
            writer.close(1)
        return writer.parsed()

    def _ordered(self, pages: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        """Pages as the space's tree shows them: by place below their parent, else by title."""
        below: dict[str, list[str]] = {}
        for key, page in pages.items():
            parent = _reference(page, "parent")
            below.setdefault(parent if parent in pages else "", []).append(key)

        def place(key: str) -> tuple[int, str]:
            position = _property(pages[key], "position")
            return (int(position) if position.isdigit() else 1 << 30, _property(pages[key], "title"))

        def walk(key: str, depth: int = 0) -> Iterator[str]:
            for child in sorted(below.get(key, ()), key=place) if depth < 50 else ():
                yield child
                yield from walk(child, depth + 1)

        return ((key, pages[key]) for key in walk(""))

    def _kept_back(self, key: str, page: Any) -> str:
        if _reference(page, "originalVersion") or _property(page, "originalVersionId"):
            return "version"
        status = _property(page, "contentStatus")
        if status and status.lower() != "current":
            return unpublished({"status": status}) or status
        return "restricted" if key in self.restricted else ""

    def _of(self, kind: str) -> Iterator[Any]:
        yield from self.root.iterfind(f"object[@class='{kind}']")


def _id(element: Any) -> str:
    return (element.findtext("id") or "").strip()


def _property(element: Any, name: str) -> str:
    node = element.find(f"property[@name='{name}']")
    return ("".join(node.itertext()) if node is not None else "").strip()


def _reference(element: Any, name: str) -> str:
    node = element.find(f"property[@name='{name}']/id")
    return (node.text or "").strip() if node is not None else ""
