"""Cells that hold a page: HTML or Markdown in a column of an export, as its readers see it."""

from __future__ import annotations

import html
import re

from ingest.parse.normal import normalise

_TAG = re.compile(
    r"</?(?:p|div|span|ul|ol|li|br|h[1-6]|table|thead|tbody|tr|t[dh]|strong|em|b|i|u|s|a|img|blockquote|pre|code|figure|figcaption"
    r"|section|font|hr|sup|sub|del|ins|mark|details|summary|video|iframe)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(
    r"&(?:nbsp|amp|lt|gt|quot|apos|hellip|ndash|mdash|[lr][sd]quo|euro|pound|yen|copy|reg|deg|times|#\d{2,6}|#x[0-9a-f]{2,5});",
    re.I,
)
_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\([^()\s]{1,1000}(?:\s+\"[^\"\n]*\")?\)")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{1,300})\]\((?:https?://|/|#|mailto:)[^()\s]{0,1000}\)")


def is_markup(cell: str) -> bool:
    """Whether a cell holds tags, entities or pictures that its readers never see as such."""
    if "<" in cell and _TAG.search(cell):
        return True
    if "&" in cell and _ENTITY.search(cell):
        return True
    return "](" in cell and (_IMAGE.search(cell) or _LINK.search(cell)) is not None


def readable(cell: str) -> str:
    """The cell without its markup; pictures by their alternative text, for no picture is shown beside an answer."""
    if not is_markup(cell):
        return cell
    if "](" in cell:
        cell = _LINK.sub(r"\1", _IMAGE.sub(r"\1", cell))
    if "<" in cell and _TAG.search(cell):
        return _page(cell)
    return normalise(html.unescape(cell).replace("\u00a0", " "))


def _page(source: str) -> str:
    from ingest.parse import html as pages
    from ingest.parse.visible import drop_invisible
    from ingest.parse.writer import Writer

    root = pages.tree(f"<div>{source}</div>")
    drop_invisible(root)
    for image in list(root.iter("img")):
        image.tail = (image.get("alt") or "").strip() + (image.tail or "")
    writer = Writer()
    pages.write(writer, root)
    return writer.parsed().text
