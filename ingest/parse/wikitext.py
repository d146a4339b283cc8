"""MediaWiki's markup as HTML. Templates that speak to the reader keep their words (`wikitemplates.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from ingest.parse.markuphtml import parse_body
from ingest.parse.wikitemplates import filled
from rag.domain import Parsed

_DROPPED = re.compile(
    r"<!--.*?-->|<ref\b[^>/]*/>|<ref\b[^>]*>.*?</ref>|<includeonly>.*?</includeonly>|<gallery\b[^>]*>.*?</gallery>"
    r"|<(?:references|section)\b[^>]*/?>|</?(?:noinclude|onlyinclude|references|translate|languages|tvar|nowiki|poem|center|big)\b[^>]*/?>"
    r"|<tvar\|[^>]*>|<!--T:\d+-->|__[A-Z]+__",
    re.DOTALL | re.IGNORECASE,
)  # fmt: skip
_VERBATIM = re.compile(r"<(pre|syntaxhighlight|source|nowiki|math|chem)\b[^>/]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_VARIANT = re.compile(r"-\{([^{}]*)\}-")
_FILE = re.compile(
    r"\[\[(?:File|Image|Media|文件|图像|檔案|圖像|Datei|Bild|Fichier)\s*:((?:[^\[\]]|\[\[[^\[\]]*\]\]|\[[^\[\]]*\])*)\]\]",
    re.IGNORECASE,
)
_GONE = re.compile(r"\[\[(?:Category|分类|分類|Kategorie|Catégorie|[a-z]{2,3}(?:-[a-z]+)?)\s*:[^\[\]]*\]\]\n?", re.IGNORECASE)
_LINK = re.compile(r"\[\[:?([^\[\]|]*)(?:\|([^\[\]]*))?\]\](\w*)")
_OUTER = re.compile(r"\[(?:https?:|ftp:|mailto:|//)\S*(?:\s+([^\[\]]+))?\]")
_MARKS = (
    (re.compile(r"'''''(.+?)'''''"), r"<b>\1</b>"),
    (re.compile(r"'''(.+?)'''"), r"<b>\1</b>"),
    (re.compile(r"''(.+?)''"), r"<i>\1</i>"),
)
_HEADING = re.compile(r"(={1,6})\s*(.+?)\s*\1\s*$")
_ITEM = re.compile(r"([*#:;]+)\s*(.*)$")
_SIZES = re.compile(
    r"\d*x?\d+\s*px|upright(?:=[\d.]+)?|thumb(?:nail)?|frame(?:less|d)?|border|left|right|center|none|缩略图|有框|无框|左|右|居中|无",
    re.IGNORECASE,
)
_OPTION = re.compile(r"(?:alt|link|class|lang|page|upright|替代文本|链接)\s*=", re.IGNORECASE)
_REDIRECT = re.compile(r"\s*#(?:redirect|重定向|weiterleitung|redirection)\b", re.IGNORECASE)


def parse(source: str) -> Parsed:
    """Parses a page in wikitext. Raises ParseError `unpublished` never: a wiki's page is out."""
    return parse_body(as_html(source))


def as_html(source: str) -> str:
    """A page as HTML; '' for one that only leads to another."""
    if _REDIRECT.match(source):
        return ""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        name = match[1].lower()
        text = escape(match[2].strip("\n"), quote=False)
        kept.append(text if name in ("nowiki", "math", "chem") else f"<pre>{text}</pre>")
        return f"\x02{len(kept) - 1}\x02"

    text = filled(_DROPPED.sub("", _VERBATIM.sub(keep, source)))
    text = _FILE.sub(_caption, _GONE.sub("", _VARIANT.sub(_variant, text)))
    body = "".join(_blocks(text.splitlines()))
    return re.sub("\x02(\\d+)\x02", lambda match: kept[int(match[1])], body)


def inline(text: str) -> str:
    text = _OUTER.sub(lambda match: match[1] or "", _LINK.sub(_link, text))
    for pattern, form in _MARKS:
        text = pattern.sub(form, text)
    return re.sub(r"<(?![a-zA-Z/])", "&lt;", text)


def _link(match: re.Match[str]) -> str:
    shown = match[2] if match[2] else match[1].rpartition("|")[2].lstrip(":").replace("_", " ")
    return shown + match[3]


def _variant(match: re.Match[str]) -> str:
    """A word in the variants of Chinese: the simplified one, as its readers in China see it."""
    variants = dict(part.strip().split(":", 1) for part in match[1].split(";") if re.match(r"\s*zh[\w-]*\s*:", part))
    if not variants:
        return re.sub(r"^[A-Z]\|", "", match[1])
    return next((variants[name] for name in ("zh-hans", "zh-cn", "zh-sg", "zh", "zh-hant") if name in variants), "").strip()


def _caption(match: re.Match[str]) -> str:
    """What stands below a picture that has a frame."""
    parts = [part.strip() for part in re.split(r"\|(?![^\[]*\]\])", match[1])[1:]]
    framed = any(re.fullmatch(r"thumb(?:nail)?|framed?|缩略图|有框", part, re.IGNORECASE) for part in parts)
    captions = [part for part in parts if part and not _SIZES.fullmatch(part) and not _OPTION.match(part)]
    return f"\n\n{captions[-1]}\n\n" if framed and captions else ""


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if match := _HEADING.fullmatch(line.strip()):
            yield f"<h{len(match[1])}>{inline(match[2])}</h{len(match[1])}>"
            at += 1
        elif line.strip().startswith("{|"):
            end = _table_end(lines, at)
            yield from table(lines[at:end])
            at = end
        elif _ITEM.match(line):
            end = at
            while end < len(lines) and _ITEM.match(lines[end]):
                end += 1
            yield _list([(match[1], match[2]) for one in lines[at:end] if (match := _ITEM.match(one))])
            at = end
        elif not line.strip() or re.fullmatch(r"-{4,}", line.strip()):
            at += 1
        elif line[0] == " ":
            end = at
            while end < len(lines) and lines[end][:1] == " " and lines[end].strip():
                end += 1
            yield "<pre>" + "\n".join(inline(one[1:]) for one in lines[at:end]) + "</pre>"
            at = end
        else:
            end = at + 1
            while end < len(lines) and lines[end].strip() and not _begins(lines[end]):
                end += 1
            yield f"<p>{inline(chr(10).join(lines[at:end]))}</p>"
            at = end


def _begins(line: str) -> bool:
    return bool(_HEADING.fullmatch(line.strip()) or _ITEM.match(line) or line.strip().startswith("{|") or line[0] == " ")


def _list(items: Sequence[tuple[str, str]]) -> str:
    """Items by their marks: `*` and `#` lists, `;` and `:` terms, each deeper mark a list inside the item before."""
    out: list[str] = []
    at = 0
    while at < len(items):
        mark = items[at][0][0]
        end = at
        while end < len(items) and _family(items[end][0][0]) == _family(mark):
            end += 1
        out.append(_group(mark, items[at:end]))
        at = end
    return "".join(out)


def _family(mark: str) -> str:
    return ":" if mark in ":;" else mark


def _group(mark: str, items: Sequence[tuple[str, str]]) -> str:
    outer = "ol" if mark == "#" else "ul" if mark == "*" else "dl"
    if outer == "dl" and not any(one[0][0] == ";" for one in items):
        outer = "div"  # text that is only indented
    parts: list[str] = []
    at = 0
    while at < len(items):
        marks, text = items[at]
        end = at + 1
        while end < len(items) and len(items[end][0]) > 1:
            end += 1
        below = [(deep[1:], text) for deep, text in items[at + 1 : end]]
        if len(marks) > 1:
            below, text = [(marks[1:], text), *below], ""
        inner = inline(text) + (_list(below) if below else "")
        if outer == "dl" and marks[0] == ";" and len(marks) == 1:
            term, colon, definition = text.partition(" : ")
            parts.append(f"<dt>{inline(term)}</dt>" + (f"<dd>{inline(definition)}</dd>" if colon else ""))
            parts.append(_list(below) if below else "")
        else:
            tag = {"dl": "dd", "div": "p"}.get(outer, "li")
            parts.append(f"<{tag}>{inner}</{tag}>")
        at = end
    return f"<{outer}>{''.join(parts)}</{outer}>"


def _table_end(lines: Sequence[str], start: int) -> int:
    depth = 0
    for number in range(start, len(lines)):
        stripped = lines[number].strip()
        depth += stripped.startswith("{|") - stripped.startswith("|}")
        if depth <= 0:
            return number + 1
    return len(lines)


def table(lines: Sequence[str]) -> Iterator[str]:
    """The rows of a wiki table, with merged cells."""
    yield "<table>"
    row: list[list[str]] = []  # tag, attributes, lines
    for line in [*lines[1:], "|-"]:
        stripped = line.strip()
        if stripped.startswith("|+"):
            yield f"<caption>{inline(_cell(stripped[2:])[1])}</caption>"
        elif stripped.startswith(("|-", "|}")):
            if row:
                yield f"<tr>{''.join(_written(*cell) for cell in row)}</tr>"
            row = []
        elif stripped[:1] in ("|", "!"):
            head = stripped[0] == "!"
            for part in re.split(r"\|\||!!" if head else r"\|\|", stripped[1:]):
                spans, text = _cell(part)
                row.append(["th" if head else "td", spans, text])
        elif row:
            row[-1][2] += f"\n{line}"
    yield "</table>"


def _cell(part: str) -> tuple[str, str]:
    """(spans, text) of `rowspan=2 | text`."""
    attributes, bar, text = part.partition("|")
    if not bar or "[[" in attributes or "{{" in attributes:
        return "", part.strip()
    spans = re.findall(r"(?:row|col)span\s*=\s*\"?\d+\"?", attributes, re.IGNORECASE)
    hidden = ' style="display:none"' if re.search(r"display\s*:\s*none", attributes) else ""
    return "".join(f" {one}" for one in spans) + hidden, text.strip()


def _written(tag: str, spans: str, text: str) -> str:
    inner = "".join(_blocks(text.splitlines())) if "\n" in text.strip() else inline(text.strip())
    return f"<{tag}{spans}>{inner}</{tag}>"
