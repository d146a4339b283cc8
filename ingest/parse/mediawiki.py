"""A wiki's dump (MediaWiki XML export): the latest revision of each page of the main and help spaces, as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from ingest.parse import markdown
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_SPACES = ("0", "4", "12", "")  # main, project, help
_COMMENT = re.compile(r"<!--.*?-->|<ref[^>/]*/>|<ref[^>]*>.*?</ref>|__[A-Z]+__|<gallery[^>]*>.*?</gallery>", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_FILE = re.compile(r"\[\[(?:File|Image|Category|文件|图像|分类|[a-z]{2,3}):[^\[\]]*\]\]", re.IGNORECASE)
_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_OUTER = re.compile(r"\[(?:https?:|mailto:|//)\S*\s+([^\[\]]+)\]")
_BOLD = re.compile(r"'''''(.+?)'''''|'''(.+?)'''")
_ITALIC = re.compile(r"''(.+?)''")
_HEADING = re.compile(r"^(={1,6})\s*(.+?)\s*\1\s*$", re.MULTILINE)
_LIST = re.compile(r"^([*#:;]+)\s*(.*)$", re.MULTILINE)
_TABLE = re.compile(r"^\{\|.*?^\|\}", re.DOTALL | re.MULTILINE)
_SPOKEN = re.compile(
    r"(?:note|tip|warning|notice|caution|info|important|hint|danger|注意|提示|警告|说明|ambox|msgbox)s?(?: box)?", re.IGNORECASE
)
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
            writer.embed(markdown.parse(as_markdown(text)))
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


def as_markdown(source: str) -> str:
    """Wikitext as Markdown; templates that speak to the reader keep their words, others go."""
    text = _COMMENT.sub("", source)
    previous = ""
    while previous != text:
        previous, text = text, _TEMPLATE.sub(_template, text)
    text = _TABLE.sub(lambda match: "\n" + "\n".join(_rows(match[0])) + "\n", text)
    text = _LINK.sub(r"\1", _FILE.sub("", text))
    text = _BOLD.sub(lambda match: f"**{match[1] or match[2]}**", _OUTER.sub(r"\1", text))
    text = _LIST.sub(_item, _ITALIC.sub(r"*\1*", text))
    return _HEADING.sub(lambda match: f"\n{'#' * len(match[1])} {match[2]}\n", text)


def _template(match: re.Match[str]) -> str:
    name, *values = match[1].split("|")
    if not _SPOKEN.fullmatch(name.strip()):
        return ""
    return " " + " ".join(value.partition("=")[2] if re.match(r"\s*\w+\s*=", value) else value for value in values).strip()


def _item(match: re.Match[str]) -> str:
    marks, text = match[1], match[2]
    if marks[-1] == ";":
        return f"**{text}**"
    if marks[-1] == ":":
        return f"\n{text}"
    return "   " * (len(marks) - 1) + ("1. " if marks[-1] == "#" else "- ") + text


def _rows(source: str) -> Iterator[str]:
    """The rows of a wiki table as HTML, which keeps merged cells."""
    yield "<table>"
    caption, *parts = re.split(r"^\|-.*$", source.rstrip("}").rstrip("|"), flags=re.MULTILINE)
    for part in [caption.partition("\n")[2], *parts]:
        cells: list[str] = []
        for line in part.splitlines():
            if line.startswith("|+"):
                yield f"<caption>{line[2:].strip()}</caption>"
            elif line[:1] in ("|", "!"):
                head = line[0] == "!"
                for cell in re.split(r"\|\||!!" if head else r"\|\|", line[1:]):
                    attributes, bar, text = cell.partition("|")
                    told = re.findall(r"(?:row|col)span\s*=\s*\"?\d+\"?", attributes) if bar and "[[" not in attributes else []
                    value = (text if bar and "[[" not in attributes else cell).strip()
                    tag = "th" if head else "td"
                    cells.append(f"<{tag}{''.join(f' {one}' for one in told)}>{value}</{tag}>")
            elif cells and line.strip():
                cells[-1] = f"{cells[-1][:-5]} {line.strip()}{cells[-1][-5:]}"
        if cells:
            yield f"<tr>{''.join(cells)}</tr>"
    yield "</table>"
