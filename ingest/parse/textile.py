"""Textile, as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from ingest.parse.markuphtml import parse_body
from rag.domain import Parsed

_ABOUT = r"(?:\([^()\s]*\)|\{[^{}]*\}|\[[a-z-]+\]|[<>=]|\(+|\)+)*"
_BLOCK = re.compile(rf"(h[1-6]|p|bq|bc|pre|notextile|fn\d+|###){_ABOUT}\.(\.?)(?::\S+)? +(.*)$", re.DOTALL)
_ITEM = re.compile(rf"([*#]+){_ABOUT} (.*)$")
_TERM = re.compile(r"[-;] (.+?)\s*(?::=\s*(.*))?$")
_ROW = re.compile(r"\|")
_SPEC = re.compile(r"((?:_|\\\d+|/\d+|[<>=^~-]|\([^()]*\)|\{[^{}]*\})+)\. ?")
_TAGGED = re.compile(r"<(pre|code|notextile)\b[^>]*>(.*?)</\1>", re.DOTALL)
_LINK = re.compile(r"\"([^\"\n]+?)(?:\s*\([^()\"]*\))?\":(?:https?://|mailto:|/|#|\.)?[^\s<>\"]*[^\s<>\".,;:!?)]")
_IMAGE = re.compile(r"!(?:[<>=]|\([^()]*\)|\{[^{}]*\})*[^\s!()]+\.\w{2,4}(?:\([^()]*\))?!(?::\S+)?")
_MARKS = (
    ("*", "strong"), ("__", "em"), ("_", "em"), ("??", "cite"), ("+", "ins"),
    ("^", "sup"), ("~", "sub"), ("%", "span"), ("-", "del"),
)  # fmt: skip


def parse(source: str) -> Parsed:
    """Parses decoded Textile."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        text = escape(match[2].strip("\n"), quote=False)
        text = re.sub(r"&lt;/?code&gt;", "", text)
        kept.append({"pre": f"<pre>{text}</pre>", "code": f"<code>{text}</code>"}.get(match[1], match[2]))
        return f"\x02{len(kept) - 1}\x02"

    lines = _TAGGED.sub(keep, source.lstrip("\ufeff")).splitlines()
    body = _blocks(lines)
    return parse_body(re.sub("\x02(\\d+)\x02", lambda match: kept[int(match[1])], body))


def _blocks(lines: Sequence[str]) -> str:
    out: list[str] = []
    goes_on = ""
    for block in _parted(lines):
        match = _BLOCK.match("\n".join(block))
        if match is None and goes_on:
            out.append(_written(goes_on, "\n".join(block)))
            continue
        goes_on = match[1] if match and match[2] else ""
        if match:
            out.append(_written(match[1], match[3]))
        else:
            out.append(_plain(block))
    return "".join(out)


def _parted(lines: Sequence[str]) -> list[list[str]]:
    """Runs of lines between blank ones."""
    runs: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            runs[-1].append(line.rstrip())
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _written(name: str, text: str) -> str:
    if name == "###":
        return ""  # a comment
    if name in ("bc", "pre"):
        return f"<pre>{escape(text, quote=False)}</pre>"
    if name == "notextile":
        return text
    if name.startswith("fn"):
        return f"<p><sup>{name[2:]}</sup> {inline(text)}</p>"
    tag = "blockquote" if name == "bq" else name
    return f"<{tag}>{inline(text)}</{tag}>"


def _plain(block: list[str]) -> str:
    """Lists, tables and paragraphs, which may follow each other without a blank line."""
    out: list[str] = []
    at = 0
    while at < len(block):
        kind = _kind(block[at])
        end = at + 1
        while end < len(block) and _kind(block[end]) == kind:
            end += 1
        part = block[at:end]
        if kind == "list":
            out.append(_list([(match[1], match[2]) for line in part if (match := _ITEM.match(line))]))
        elif kind == "table":
            out.append(_table(part))
        elif kind == "terms":
            out.append(_terms(part))
        else:
            out.append(f"<p>{'<br>'.join(map(inline, part))}</p>")
        at = end
    return "".join(out)


def _kind(line: str) -> str:
    if _ITEM.match(line):
        return "list"
    if line.startswith("|") or re.match(rf"table{_ABOUT}\.", line):
        return "table"
    return "terms" if _TERM.match(line) and ":=" in line else ""


def _list(items: Sequence[tuple[str, str]]) -> str:
    tag = "ol" if items[0][0][0] == "#" else "ul"
    parts: list[str] = []
    at = 0
    while at < len(items):
        end = at + 1
        while end < len(items) and len(items[end][0]) > len(items[at][0]):
            end += 1
        below = items[at + 1 : end]
        parts.append(f"<li>{inline(items[at][1])}{_list(below) if below else ''}</li>")
        at = end
    return f"<{tag}>{''.join(parts)}</{tag}>"


def _terms(lines: Sequence[str]) -> str:
    terms = (match for line in lines if (match := _TERM.match(line)))
    return "<dl>" + "".join(f"<dt>{inline(one[1])}</dt><dd>{inline(one[2] or '')}</dd>" for one in terms) + "</dl>"


def _table(lines: Sequence[str]) -> str:
    rows: list[str] = []
    for line in "\n".join(lines).replace("\n|", "\x03|").split("\x03"):
        if not line.startswith("|"):
            continue
        cells = line.strip().strip("|").split("|") if not re.match(r"\|[\^~-]\.\s*$", line) else []
        rows.append("".join(map(_cell, cells)))
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows if row)}</table>"


def _cell(text: str) -> str:
    match = _SPEC.match(text)
    about = match[1] if match else ""
    tag = "th" if "_" in about else "td"
    spans = "".join(
        f' {name}="{match[1]}"'
        for name, match in (("colspan", re.search(r"\\(\d+)", about)), ("rowspan", re.search(r"/(\d+)", about)))
        if match
    )
    return f"<{tag}{spans}>{inline((text[match.end() :] if match else text).strip())}</{tag}>"


def inline(text: str) -> str:
    """A line with its marks, as HTML."""
    codes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        codes.append(f"<code>{escape(match[1], quote=False)}</code>")
        return f"\x04{len(codes) - 1}\x04"

    text = re.sub(r"==(.+?)==", r"\1", re.sub(r"(?<![\w@])@(?=\S)(.+?)(?<=\S)@(?![\w@])", keep, text))
    text = _IMAGE.sub("", re.sub(r"(?<=\w)\[(\d+)\]", r"<sup>\1</sup>", text))
    text = _LINK.sub(r"\1", text)
    text = re.sub(r"\b([A-Z]{2,})\([^()]*\)", r"\1", text)
    text = re.sub(r"<(?![a-zA-Z/])", "&lt;", text)
    for mark, tag in _MARKS:
        quoted = re.escape(mark)
        pattern = rf"(?:(?<![\w{quoted}])|(?<=\w)\[){quoted}{_ABOUT}(?=\S)([^\n]+?)(?<=\S){quoted}(?:\]|(?![\w{quoted}]))"
        if mark in "^~":
            pattern = rf"\[?{quoted}(\S+?){quoted}\]?"
        text = re.sub(pattern, rf"<{tag}>\1</{tag}>", text)
    return re.sub("\x04(\\d+)\x04", lambda match: codes[int(match[1])], text)
