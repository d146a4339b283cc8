"""What of a web page is not its content: navigation, banners, forms, footers."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from ingest.faq import is_question
from ingest.parse import removed
from ingest.parse.normal import one_line
from ingest.parse.pagewords import is_about_page

_DROPPED = frozenset(
    "script style noscript template svg math iframe object embed canvas audio video map nav footer aside input select"
    " textarea option datalist button head title link meta img picture".split()
)
_NO_CONTENT = frozenset("script style noscript template svg head title link meta".split())
_ROLES = frozenset("navigation banner contentinfo complementary search dialog alertdialog menu menubar toolbar".split())
_ALWAYS = re.compile(
    r"(?:^|[\s_-])(?:breadcrumbs?|skip-?(?:link|to|nav)|sr-only|visually-hidden|print-?only|feedback-?widget)(?:$|[\s_-])"
    # What these words stand for is content as often (`cookie-recipe`): whole, or with the words of a widget.
    r"|(?:^|\s)(?:cookies?|consent|gdpr|newsletter|pagination|pager|copyright|announcement)"
    r"(?:[-_]{1,2}(?:banner|bar|notice|consent|popup|modal|dialog|box|wall|overlay|message|sign-?up|form|subscribe|widget|container"
    r"|wrapper|law|info|links?|nav|text|footer|line)\w*)*(?:$|\s)"
    r"|(?:^|\s)(?:article|post|entry|page)-{1,2}(?:votes?|meta|author|byline|subscribe|share|feedback|relatives|more-questions|actions"
    r"|tools?|rating)(?:$|\s)|(?:^|\s)byline(?:$|\s)",
    re.I,
)
_FRAMES = re.compile(r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|side-?bar|toc|top-?bar)(?:$|[\s_-])", re.I)
_FRAME_LIMIT = 60
_SAYS = re.compile(r"[。!！?？:：]|\.(?:\s|$)|\d")
_LINKS = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|side-?bar|toc|table-of-contents|related|recommended|footer|header|top-?bar|tags?|"
    r"links?|ads?|advert\w*|promo|comments?|share|sharing|social)(?:$|[\s_-])",
    re.I,
)
_MAIN = (
    ".//main",
    ".//*[@role='main']",
    ".//article",
    ".//*[@id='content' or @id='main' or @id='main-content']",
    ".//*[contains(concat(' ',normalize-space(@class),' '),' markdown-body ')]",
)
_NOTE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:note|tip|warning|caution|danger|important|info|admonition|callout|alert|hint|footnotes?|endnotes?|rearnotes?)(?:$|[\s_-])",
    re.I,
)
_LEAD = 300  # characters above the main content that still belong to it
_NOTE_LINKS = 0.5  # share of the text in links, above which an aside is a list of other pages
_DISCLOSURE = ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle")


def strip_boilerplate(root: HtmlElement) -> None:
    """Removes what is never content, in place. Buttons that open an answer stay: they hold the question."""
    total = max(1, len(root.text_content()))
    content = _around_title(root)
    navigation, gone = removed.is_on(removed.NAVIGATION), 0
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        if element.tag in _NO_CONTENT:
            element.drop_tree()
        elif navigation and ((element.tag in _DROPPED and not _stays(element)) or _is_boilerplate(element, total, content)):
            gone += bool(element.text_content().strip())
            element.drop_tree()
    removed.note(removed.NAVIGATION, gone)


def main_content(root: HtmlElement) -> HtmlElement:
    """The element with the page's own text: `<main>`, the only article, or what is called content; else the body."""
    body = root.find("body")
    whole = body if body is not None else root
    total = len(whole.text_content().strip())
    for path in _MAIN:
        elements = whole.xpath(path)
        if len(elements) == 1 and len(elements[0].text_content().strip()) > total * 0.3:
            return _with_title(elements[0], whole)
    return whole


def _with_title(main: HtmlElement, whole: HtmlElement) -> HtmlElement:
    """With the heading that stands right above the main content, and what is between them."""
    if next(main.iter("h1"), None) is not None:
        return main
    size = len(main.text_content().strip())
    for outer in main.iterancestors():
        if outer is whole or len(outer.text_content().strip()) > size + _LEAD:
            return main
        if next(outer.iter("h1"), None) is not None:
            return outer
    return main


def _stays(element: HtmlElement) -> bool:
    """A button that opens an answer; a remark or a footer that belongs to the article it stands in."""
    if element.tag not in ("aside", "footer"):
        return _is_disclosure(element)
    if next(element.iterancestors("main", "article"), None) is None and not _NOTE_CLASS.search(_called(element)):
        return False
    size = len(element.text_content().strip())
    return size > 0 and not _LINKS.search(_called(element)) and _link_share(element, size) < _NOTE_LINKS


def _called(element: HtmlElement) -> str:
    kind = element.get("epub:type") or element.get("{http://www.idpf.org/2007/ops}type") or ""
    return f"{element.get('class') or ''} {element.get('id') or ''} {kind}"


def _is_disclosure(element: HtmlElement) -> bool:
    """A button that opens something below it and says so in words."""
    if element.tag != "button" or len(element.text_content().strip()) <= 3:
        return False
    parent = element.getparent()
    inside = parent is not None and parent.tag in ("h2", "h3", "h4", "h5", "h6", "dt", "summary")
    return inside or any(element.get(name) for name in _DISCLOSURE) or is_question(one_line(element.text_content()))


def _around_title(root: HtmlElement) -> frozenset[HtmlElement]:
    """The first heading of the page and what it stands in."""
    first = next(root.iter("h1"), None)
    return frozenset() if first is None else frozenset((first, *first.iterancestors()))


def _is_boilerplate(element: HtmlElement, total: int, content: frozenset[HtmlElement]) -> bool:
    if (element.get("role") or "").lower() in _ROLES:
        return element.tag not in ("aside", "footer") or not _stays(element)
    if element.tag == "label":
        return next(element.iterancestors("form"), None) is not None
    if element.tag == "header":
        return next(element.iterancestors("main", "article"), None) is None and next(element.iter("h1"), None) is None
    if element.tag in ("body", "html", "main", "article"):
        return False
    if is_about_page(element):
        return True
    name = f"{element.get('class') or ''} {element.get('id') or ''}"
    if len(name) < 2:
        return False
    size = len(element.text_content())
    if _ALWAYS.search(name):
        return size < total * 0.5
    if (
        content
        and element not in content
        and size <= _FRAME_LIMIT
        and _FRAMES.search(name)
        and not _SAYS.search(element.text_content())
    ):
        return next(element.iterancestors("main", "article"), None) is None
    return bool(_LINKS.search(name)) and size < total * 0.5 and _link_share(element, size) > 0.6


def _link_share(element: HtmlElement, size: int) -> float:
    """Share of the text that is inside links; the heading of a list of links is none of its text."""
    size -= sum(len(one.text_content()) for one in element.iter("h1", "h2", "h3", "h4", "h5", "h6") if one.find(".//a") is None)
    return sum(len(link.text_content()) for link in element.iter("a")) / max(1, size)
