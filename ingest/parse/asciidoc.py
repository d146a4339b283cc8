"""AsciiDoc: lines that a published page does not show are taken out (`adoclines.py`), the rest is written as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.parse.adocinline import inline
from ingest.parse.adoclines import Page, prepared
from ingest.parse.adoctable import table
from ingest.parse.markuphtml import escaped, parse_body, section
from rag.domain import Parsed

_HEADING = re.compile(r"(={1,6}|#{1,6})\s+(\S.*?)(?:\s+\1)?$")
_ATTRIBUTES = re.compile(r"\[([^\[\]]*|\[[^\[\]]*\])\]$")
_TITLE = re.compile(r"\.(?![.\s])(\S.*)$")
_FENCE = re.compile(r"(-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|~{4,}|--|```.*|\|={3,}|,={3,}|:={3,}|!={3,})$")
_ITEM = re.compile(r"\s*(\*{1,6}|-|\.{1,6}|\d{1,4}\.|[a-zA-Z]\.|<(?:\d+|\.)>)\s+(\S.*)$")
_TERM = re.compile(r"\s*(?!//)(\S.*?)(:{2,4}|;;)(?:\s+(\S.*))?$")
_ADMONITION = re.compile(r"(NOTE|TIP|IMPORTANT|WARNING|CAUTION):\s+(\S.*)$")
_MACRO = re.compile(r"(?:image|video|audio|toc|include|icon)::.*$|'{3,}$|<<<$|\*{3,}$")
_CALLOUT = re.compile(r"\s*(?:(?://|#|--|;;)\s*)?((?:<(?:\d+|\.)>\s*)+)$")
_CHECK = re.compile(r"\[[ *xX]\]\s+")


def parse(source: str) -> Parsed:
    """Parses decoded AsciiDoc. Raises ParseError `unpublished`."""
    page = prepared(source)
    body = _Blocks(page, page.lines).written()
    return parse_body(body, title=page.title, fields=page.fields, left_out={"parts": page.left_out})


@dataclass(slots=True)
class _About:
    """What the lines above a block say of it: `[NOTE]`, `[start=4]`, `.Title`."""

    title: str = ""
    style: str = ""
    options: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        parts = [part.strip() for part in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", line)]
        style = re.split(r"[.#%]", parts[0])[0]
        if style and "=" not in style:
            self.style = style.lower()
        self.options += [*parts, *(f"%{one}" for one in re.findall(r"%(\w+)", parts[0]))]

    def value(self, name: str) -> str:
        pairs = (part.partition("=") for part in self.options)
        return next((value.strip().strip("\"'") for key, _, value in pairs if key.strip() == name), "")


class _Blocks:
    """Writes lines as HTML, one block after the other."""

    def __init__(self, page: Page, lines: Sequence[str]) -> None:
        self.page, self.lines, self.at, self.out = page, lines, 0, list[str]()
        self.attached = False  # inside a list a paragraph ends where the next item begins

    def written(self) -> str:
        about = _About()
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip() or line.strip() == "+":
                self.at += 1
                continue
            if self._above(line, about):
                self.at += 1
                continue
            self.out.append(self._titled(about, self._block(line, about)))
            about = _About()
        return "".join(self.out)

    def inline(self, text: str) -> str:
        return inline(text, self.page)

    def _above(self, line: str, about: _About) -> bool:
        """Whether the line says something of the block below it."""
        if match := _ATTRIBUTES.fullmatch(line.rstrip()):
            about.add(match[1])
            return True
        if (match := _TITLE.fullmatch(line)) and not _FENCE.fullmatch(line.rstrip()):
            about.title = match[1]
            return True
        return _MACRO.fullmatch(line.rstrip()) is not None

    def _titled(self, about: _About, written: str) -> str:
        if not about.title or written.startswith("<table") or not written:
            return written
        if about.style in ("", "source", "listing", "example", "quote", "verse", "literal"):
            return (
                f"<p>{self.inline(about.title)}</p>{written}"
                if written.startswith("<pre")
                else self._section(about.title, written)
            )
        return self._section(about.title, written)

    def _section(self, title: str, written: str) -> str:
        return section(re.sub(r"<[^>]*>", "", self.inline(title)), written)

    def _block(self, line: str, about: _About) -> str:
        if match := _HEADING.fullmatch(line.rstrip()):
            self.at += 1
            level = len(match[1])
            return (
                f"<h{level}>{self.inline(match[2])}</h{level}>"
                if about.style not in ("discrete", "float")
                else (f"<p>{self.inline(match[2])}</p>")
            )
        if match := _FENCE.fullmatch(line.rstrip()):
            return self._fenced(match[1], about)
        if match := _ADMONITION.match(line):
            self.at += 1
            return f"<p>{self.inline(' '.join([match[2], *self._paragraph()]))}</p>"
        if _ITEM.match(line) or (_TERM.match(line) and not line.startswith("|")):
            return self._list(about)
        if line[0] in " \t":
            lines = self._paragraph()
            return f"<pre>{escaped(chr(10).join(lines))}</pre>"
        lines = self._paragraph()
        if about.style in ("source", "listing", "literal"):
            return f"<pre>{escaped(chr(10).join(lines))}</pre>"
        return f"<p>{self.inline(chr(10).join(lines))}</p>"

    def _paragraph(self) -> list[str]:
        """The lines up to a blank one or to what begins another block."""
        first = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip() or (
                self.at > first and (_FENCE.fullmatch(line.rstrip()) or _ATTRIBUTES.fullmatch(line.rstrip()))
            ):
                break
            if line.strip() == "+" or (self.attached and self.at > first and self._kind(line)):
                break
            self.at += 1
        return [line.strip() if self.lines[first][0] not in " \t" else line for line in self.lines[first : self.at]]

    def _inside(self, mark: str) -> list[str]:
        """The lines up to the mark that ends a fenced block."""
        self.at += 1
        first, end = self.at, "```" if mark.startswith("```") else mark
        while self.at < len(self.lines) and self.lines[self.at].rstrip() != end:
            self.at += 1
        inner = list(self.lines[first : self.at])
        self.at += 1
        return inner

    def _fenced(self, mark: str, about: _About) -> str:
        lines = self._inside(mark)
        if mark.endswith("===") and mark[0] in "|,:!":
            title = self.inline(about.title) if about.title else ""
            return table(lines, mark[0], about.options, title, lambda part: _Blocks(self.page, part).written(), self.inline)
        if mark[0] == "+":
            return "\n".join(lines) if about.style != "stem" else f"<p>{escaped(' '.join(lines))}</p>"
        if mark[0] in "-.`" and mark != "--":
            return self._code(lines)
        if mark == "--" and about.style in ("source", "listing", "literal"):
            return self._code(lines)
        if about.style == "verse":
            return f"<p>{'<br>'.join(map(self.inline, lines))}</p>"
        inner = _Blocks(self.page, lines).written()
        if "%collapsible" in about.options:
            title, about.title = about.title or "Details", ""
            return f"<details><summary>{self.inline(title)}</summary>{inner}</details>"
        return f"<div>{inner}</div>"

    def _code(self, lines: Sequence[str]) -> str:
        shown = [
            _CALLOUT.sub(lambda match: "".join(f" {_circled(one)}" for one in re.findall(r"\d+", match[1])), line)
            for line in lines
        ]
        return f"<pre>{escaped(chr(10).join(shown))}</pre>"

    # -- lists ---------------------------------------------------------------------------------------------------------

    def _list(self, about: _About) -> str:
        """One list with those inside it."""
        line = self.lines[self.at]
        if not _ITEM.match(line):
            return self._terms(about)
        kind = self._kind(line)
        ordered = kind[0] in ".1a<"
        start = about.value("start") or (re.match(r"\s*<?(\d+)", line) or [0, "1"])[1]
        tag = f'ol start="{start}"' if ordered else "ul"
        items = self._items([kind])
        return f"<{tag}>{''.join(items)}</{tag[:2]}>"

    def _kind(self, line: str) -> str:
        match = _ITEM.match(line)
        if match is None:
            term = _TERM.match(line)
            return term[2] if term and not _FENCE.fullmatch(line.rstrip()) else ""
        mark = match[1]
        return "1." if mark[0].isdigit() else "a." if mark[0].isalpha() else "<" if mark[0] == "<" else mark

    def _items(self, open_kinds: list[str]) -> list[str]:
        items: list[str] = []
        while self.at < len(self.lines) and self._kind(self.lines[self.at]) == open_kinds[-1]:
            match = _ITEM.match(self.lines[self.at])
            assert match is not None
            self.at += 1
            words = _CHECK.sub("", match[2])
            text = self.inline("\n".join([words, *self._wrapped()]))
            items.append(f"<li>{text}{self._attached(open_kinds)}</li>")
            self._skip_blanks(open_kinds)
        return items

    def _wrapped(self) -> list[str]:
        """The rest of an item's own paragraph."""
        wrapped: list[str] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            stops = not line.strip() or line.strip() == "+" or self._kind(line) or _FENCE.fullmatch(line.rstrip())
            if stops or _ATTRIBUTES.fullmatch(line.rstrip()) or _TITLE.fullmatch(line):
                break
            wrapped.append(line.strip())
            self.at += 1
        return wrapped

    def _attached(self, open_kinds: list[str]) -> str:
        """What belongs to an item: blocks behind a `+`, lists of other marks."""
        parts: list[str] = []
        while self.at < len(self.lines):
            at = self.at
            if self.lines[at].strip() == "+":
                self.at += 1
                self.attached = True
                parts.append(self._next_block())
                self.attached = False
                continue
            while at < len(self.lines) and not self.lines[at].strip():
                at += 1
            kind = self._kind(self.lines[at]) if at < len(self.lines) else ""
            if not kind or kind in open_kinds:
                break
            self.at = at
            parts.append(self._list_below(open_kinds, kind))
        return "".join(parts)

    def _list_below(self, open_kinds: list[str], kind: str) -> str:
        if kind[0] in ":;":
            return self._terms(_About(), open_kinds)
        items = self._items([*open_kinds, kind])
        tag = "ol" if kind[0] in ".1a<" else "ul"
        return f"<{tag}>{''.join(items)}</{tag}>"

    def _next_block(self) -> str:
        about = _About()
        while self.at < len(self.lines) and (not self.lines[self.at].strip() or self._above(self.lines[self.at], about)):
            self.at += 1
        if self.at >= len(self.lines):
            return ""
        return self._titled(about, self._block(self.lines[self.at], about))

    def _skip_blanks(self, open_kinds: list[str]) -> None:
        """Blank lines between the items of one list."""
        at = self.at
        while at < len(self.lines) and not self.lines[at].strip():
            at += 1
        if at < len(self.lines) and self._kind(self.lines[at]) in open_kinds:
            self.at = at

    def _terms(self, about: _About, above: Sequence[str] = ()) -> str:
        """A description list; `[qanda]` and terms that ask are questions with their answers."""
        match = _TERM.match(self.lines[self.at])
        mark = match[2] if match else "::"
        parts: list[str] = []
        while self.at < len(self.lines) and (match := _TERM.match(self.lines[self.at])) and match[2] == mark:
            self.at += 1
            parts.append(f"<dt>{self.inline(match[1])}</dt>")
            if not match[3]:
                ahead = self.at
                while ahead < len(self.lines) and not self.lines[ahead].strip():
                    ahead += 1
                if ahead < len(self.lines) and not self._kind(self.lines[ahead]) and self.lines[ahead].strip() != "+":
                    self.at = ahead
            lines = [match[3] or "", *self._wrapped()]
            inner = self.inline("\n".join(line for line in lines if line)) + self._attached([*above, mark])
            parts.append(f"<dd>{inner}</dd>" if inner else "")
            self._skip_blanks([*above, mark])
        return f"<dl>{''.join(parts)}</dl>"


def _circled(number: str) -> str:
    """A callout's number as a page shows it beside the code."""
    return chr(0x2460 + int(number) - 1) if 0 < int(number) <= 20 else f"({number})"
