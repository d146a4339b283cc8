"""HTML pages: the main content as normalised text, with FAQ accordions, definition lists and tables kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.faq import Entry, is_question
from ingest.parse import removed
from ingest.parse.boilerplate import main_content, strip_boilerplate
from ingest.parse.decode import decode
from ingest.parse.htmlgrid import grid
from ingest.parse.mathtext import write_equations
from ingest.parse.normal import normalise, one_line
from ingest.parse.visible import drop_invisible, lowered, raised
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]*encoding=[\"']([\w.:-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_STORAGE = re.compile(r"<ac:(?:structured-macro|link|image|layout|task-list|placeholder|rich-text-body|emoticon)\b")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer"
    " form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre search section summary table tbody td tfoot"
    " th thead tr ul x-section".split()
)
_CHINESE_BREAK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u3000-\u9fff\uff00-\uffef])")
_SPACES = re.compile(r"\s+")
_ANSWER_LIMIT = 4000
_ACCORDION_LEVEL = 7
_BOLD_LEVEL = 8
_BOLD_LIMIT = 60
_QUESTION_END = ("?", "？")
_QUESTION_SHARE = 0.6


def parse(content: bytes, declared: str | None = None) -> Parsed:
    """Parses a page. The title is the first `<h1>` of the main content, else `<title>`.

    Raises:
        ParseError: `broken` when there is no markup that can be read, and what `decode` raises.
    """
    match = _META_CHARSET.search(content[:4096])
    named = (match[1] or match[2]).decode("ascii") if match else None
    source = decode(content, declared or named)
    if _STORAGE.search(source):
        from ingest.parse import confluence

        return confluence.parse_storage(source)
    return parse_text(source)


def parse_text(source: str) -> Parsed:
    """Parses a decoded page."""
    root = tree(source)
    _held = list(root.iter())  # lxml makes an element's object anew for each look as long as nobody holds it
    page_title = _page_title(root)
    metadata: dict[str, object] = dict(_metadata(root))
    write_equations(root)
    if hidden := drop_invisible(root):
        metadata["left_out"] = {"hidden or deleted": [str(hidden)]}
    strip_boilerplate(root)
    main = main_content(root) if removed.is_on(removed.NAVIGATION) else root
    first = next((one_line(_text(h1)) for h1 in main.iter("h1") if _text(h1).strip()), "")
    writer = Writer(first or page_title)
    _Page(writer).walk(main)
    return writer.parsed(metadata)


def _page_title(root: HtmlElement) -> str:
    """`<title>` without the name of the site: that of its heading where it begins with it, or as the page's tags say."""
    title = one_line("".join(root.findtext(".//title") or ""))
    for heading in root.iter("h1"):
        text = one_line(_text(heading))
        if text and title.startswith(text) and re.match(r"\s*[|\-–—·:：_»]", title[len(text) :]):
            return text
    sites = [
        meta.get("content") or "" for meta in root.iter("meta") if (meta.get("property") or meta.get("name")) == "og:site_name"
    ]
    for site in sites:
        if site and re.search(rf"\s+[|\-–—·»]\s+{re.escape(site)}$", title):
            return title[: -len(site)].rstrip(" |-–—·»")
    return title


def tree(source: str) -> HtmlElement:
    """The decoded page as elements, comments left out. Raises ParseError `broken`."""
    try:
        return document_fromstring(_XML_DECLARATION.sub("", source), parser=HTMLParser(remove_comments=True, remove_pis=True))
    except (etree.LxmlError, ValueError) as exc:
        raise ParseError("The HTML cannot be read.", code="broken", fix="Save the page again as HTML or text.") from exc


def write(writer: Writer, root: HtmlElement, *, below: int = 0) -> None:
    """Writes a page that is part of a document (a mail's body, a chapter). `below`: level of the section it stands in."""
    write_equations(root)
    drop_invisible(root)
    for element in list(root.iter("script", "style", "head", "title", "template", "noscript")):
        element.drop_tree()
    _Page(writer, below).walk(root)


def _metadata(root: HtmlElement) -> dict[str, str]:
    metadata = {"language": (root.get("lang") or "").strip()}
    for meta in root.iter("meta"):
        if (meta.get("name") or "").lower() in ("description", "keywords"):
            metadata[meta.get("name").lower()] = one_line(meta.get("content") or "")
    for link in root.iter("link"):
        if (link.get("rel") or "").lower() == "canonical" and (link.get("href") or "").startswith(("https://", "http://")):
            metadata["url"] = (link.get("href") or "").strip()
    return {name: value for name, value in metadata.items() if value}


class _Page:
    """Walks the main content in document order. Inline text is gathered until a block element begins."""

    def __init__(self, writer: Writer, below: int = 0) -> None:
        self.writer, self.below = writer, below

    def walk(self, element: HtmlElement) -> None:
        """Writes the element's content as paragraphs and the blocks inside it."""
        disclosed = False
        for number, (text, child) in enumerate(_pieces(element)):
            if child is None:
                text = normalise(text)
                self.writer.block(text, strong=0 if number else _strong_lead(element, text))
                continue
            self._element(child)
            disclosed |= child.tag == "button"
        if disclosed:
            self.writer.close(_ACCORDION_LEVEL + self.below)

    def _element(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag in _HEADINGS:
            self.writer.heading(_text(element), _HEADINGS[tag] + self.below)
        elif tag in ("ul", "ol", "menu", "dir"):
            self._list(element, self.writer.group(), 0)
        elif tag == "dl":
            self._definitions(element)
        elif tag == "details":
            self._details(element)
        elif tag == "pre":
            self._code(element)
        elif tag == "table":
            self._table(element)
        elif tag == "button":
            self.writer.heading(_text(element), _ACCORDION_LEVEL + self.below)
        elif tag == "p" and _is_bold_heading(element):
            self.writer.heading(_text(element), _BOLD_LEVEL + self.below)
        elif tag == "x-section":
            self._titled(element)
        else:
            self.walk(element)

    def _titled(self, element: HtmlElement) -> None:
        """A part with a title of its own (`ingest.parse.markuphtml`): it ends where the element ends."""
        self.writer.heading(element.get("title") or "", _ACCORDION_LEVEL + self.below)
        self.walk(element)
        self.writer.close(_ACCORDION_LEVEL + self.below)

    def _list(self, element: HtmlElement, group: int, depth: int) -> None:
        number = int(element.get("start") or 1) if (element.get("start") or "1").isdigit() else 1
        tight = depth > 0
        for item in element:
            if item.tag in ("ul", "ol"):
                self._list(item, group, depth + 1)
            if item.tag != "li":
                continue
            value = (item.get("value") or "").strip()
            number = int(value) if value.isdigit() else number
            mark = "  " * depth + (f"{number}. " if element.tag == "ol" else "- ")
            for place, (text, child) in enumerate(_pieces(item)):
                if child is None or child.tag in ("p", "div", "span"):
                    text = normalise(text if child is None else _text(child))
                    strong = 0 if place else _strong_lead(item if child is None else child, text)
                    self.writer.block(text, "list", mark=mark, tight=tight, group=group, strong=strong)
                    mark, tight = "  " * (depth + 1), tight or bool(text)
                elif child.tag in ("ul", "ol"):
                    self._list(child, group, depth + 1)
                else:
                    self._element(child)
            number += 1

    def _definitions(self, element: HtmlElement) -> None:
        entries = [(child.tag, normalise(_text(child))) for child in element.iter("dt", "dd")]
        terms = [one_line(text) for tag, text in entries if tag == "dt"]
        questions = sum(term.endswith(_QUESTION_END) for term in terms)
        is_faq = questions > 0 and sum(map(is_question, terms)) >= _QUESTION_SHARE * len(terms)
        group, term = self.writer.group(), ""
        for tag, text in entries:
            if tag == "dt":
                self.writer.line(text)
                term = one_line(text)
            elif is_faq or term.endswith(_QUESTION_END):
                self.writer.faq(Entry(term, text))
            else:
                self.writer.block(text, "text", tight=True, header=term, group=group)

    def _details(self, element: HtmlElement) -> None:
        """An accordion: question and answer; a long one with its own structure is a section."""
        summary = element.find("summary")
        question = one_line(_text(summary)) if summary is not None else ""
        if summary is not None:
            _remove(summary)
        answer = normalise(_text(element))
        inner = element.iterdescendants("table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "details")
        structured = next(inner, None) is not None
        if not question:
            self.walk(element)
        elif structured or len(answer) > _ANSWER_LIMIT:
            self.writer.heading(question, _ACCORDION_LEVEL + self.below)
            self.walk(element)
            self.writer.close(_ACCORDION_LEVEL + self.below)
        elif answer:
            self.writer.line(question)
            self.writer.faq(Entry(question, answer))

    def _code(self, element: HtmlElement) -> None:
        lines = [line.rstrip() for line in element.text_content().replace("\x00", "").splitlines()]
        self.writer.block("\n".join(lines).strip(), "code")

    def _table(self, element: HtmlElement) -> None:
        caption, lead = element.find("caption"), ""
        if caption is not None:
            lead = one_line(_text(caption))
            self.writer.block(lead)
            _remove(caption)
        table = grid(element, _text)
        if table is None:
            for cell in element.iter("td", "th"):
                if next(cell.iterancestors("table")) is element:
                    self.walk(cell)
        else:
            rows, heads = table
            self.writer.table(rows, heads or None, lead=lead)


def _is_bold_heading(paragraph: HtmlElement) -> bool:
    """A short paragraph that is bold throughout and no sentence."""
    text = one_line(_text(paragraph))
    bold = "".join(_text(child) for child in paragraph if child.tag in ("b", "strong"))
    return 0 < len(text) <= _BOLD_LIMIT and one_line(bold) == text and text[-1] not in "。.!！;；:：,，、"


def _strong_lead(element: HtmlElement, text: str) -> int:
    """Length of the bold text that an element begins with."""
    while len(element) and not (element.text or "").strip() and element[0].tag in ("span", "font", "p", "div", "a"):
        element = element[0]
    first = element[0] if len(element) and not (element.text or "").strip() else None
    if first is None or first.tag not in ("b", "strong"):
        return 0
    bold = normalise(_text(first))
    return len(bold) if bold and text.startswith(bold) else 0


def _remove(element: HtmlElement) -> None:
    """Takes the element out and leaves the text behind it."""
    element.drop_tree()


def _pieces(element: HtmlElement) -> Iterator[tuple[str, HtmlElement | None]]:
    """Runs of inline text as (text, None) and block elements as ('', element), in order."""
    run = [_collapse(element.text)]
    for child in element:
        if not isinstance(child.tag, str):
            run.append(_collapse(child.tail))
            continue
        if child.tag in _BLOCKS or child.tag == "button":
            if text := "".join(run).strip():
                yield text, None
            run = []
            yield "", child
        elif any(inner.tag in _BLOCKS for inner in child.iterdescendants() if isinstance(inner.tag, str)):
            if text := "".join(run).strip():
                yield text, None
            run = []
            yield from _pieces(child)
        else:
            run.append(_inline(child))
        run.append(_collapse(child.tail))
    if text := "".join(run).strip():
        yield text, None


def _text(element: HtmlElement) -> str:
    """All text below, `<br>` and block elements as line breaks, list items with a dash."""
    if element.tag == "br":
        return "\n"
    parts = [_collapse(element.text)]
    for child in element:
        if not isinstance(child.tag, str):
            parts.append(_collapse(child.tail))
            continue
        inner = _inline(child)
        if child.tag == "li":
            inner = f"\n- {inner.strip()}"
        elif child.tag in _BLOCKS:
            inner = f"\n{inner.strip()}\n"
        parts += [inner, _collapse(child.tail)]
    return "".join(parts)


def _inline(element: HtmlElement) -> str:
    """An element inside a line: raised and lowered digits, quotation marks, a ruby's base text alone."""
    text = _text(element)
    if element.tag == "sup":
        return raised(text)
    if element.tag == "sub":
        return lowered(text)
    if element.tag == "q":
        return f"“{text.strip()}”"
    return "" if element.tag in ("rt", "rp") else text


def _collapse(text: str | None) -> str:
    """Line breaks of the source are spaces; between Chinese characters they are nothing."""
    if not text:
        return ""
    if "\n" in text:
        text = _CHINESE_BREAK.sub("", text)
    return _SPACES.sub(" ", text)
