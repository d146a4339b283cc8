"""Prepares Markdown and MDX source for a Markdown parser, line by line, without moving a line.

Tag lines of components and HTML, comments, imports, images and directives become blank lines; what is indented inside a
component is moved back to the component's own indent, so that prose is not taken for code. Each line keeps the span of
its own content in the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ingest.parse import frames, tags
from ingest.parse.frames import Frame
from ingest.parse.tags import Tag, plain, read_tag

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|$)")
_FENCE = re.compile(r"[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]+|>)*(`{3,}(?=[^`]*$)|~{3,})")
_QUOTE = re.compile(r"[ \t]*(?:>[ \t]?)*[ \t]*")
_PREFIX = re.compile(_QUOTE.pattern + r"(?:(?:[-*+]|\d{1,9}[.)])[ \t]+(?=<))?")
_IMAGES = re.compile(r"(?:[-*+]\s+)?(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?\s*)+(?:\{[^{}]*\})?")
_BLANKED = re.compile(
    r"\{\{[<%](?:(?![%>]\}\}).)*[%>]\}\}|\{/\*.*\*/\}|\[![A-Za-z]+\][+-]?|%%.*%%|\[[^\]\^][^\]]*\]:\s+(?:<[^>]*>|\S*[/.#@]\S*)(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?"
    r"|import\s+(?:[\w*{][^'\"]*\sfrom\s+)?['\"][^'\"]+['\"];?"
)
_IMPORT = re.compile(r"import\s*\{[^}]*$")
_EXPORT = re.compile(r"export\s+(?:const|let|function|default|async)\b")
_CALLOUT = re.compile(r"\[![A-Za-z-]+\][+-]?[ \t]+(\S.*)")
_COMMENT = "%%"
_DIRECTIVE = re.compile(r":{3,}\s*([A-Za-z-]*)\s*(?:\[([^\]]*)\]|(.*))")
_MARKS, _WORDS = frozenset("{[%-*+!?=<:"), ("import", "export")  # what any construct begins with
_CLOSE_AT_END = re.compile(r"</([A-Za-z][A-Za-z0-9.]*)\s*>$")
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9.]*)")
_CONSTRUCT_LIMIT = 2000


@dataclass(slots=True)
class Line:
    """One source line. `start:end` is its content (empty when blank); `masked` is what the Markdown parser reads."""

    start: int
    end: int
    masked: str = ""
    frames: tuple[Frame, ...] = ()
    cut: bool = False
    table: tuple[int, int] | None = None


@dataclass(slots=True)
class Scanner:
    """One pass over a source. Use `scan`."""

    source: str
    mdx: bool
    lines: list[Line] = field(default_factory=list)
    bounds: list[tuple[int, int]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    last_close: dict[str, int] = field(default_factory=dict)


def scan(source: str, first: int, *, mdx: bool) -> list[Line]:
    """The lines of `source`; those before line `first` (front matter) are blank."""
    scanner = Scanner(source, mdx)
    for match in _LINE.finditer(source):
        if match.start() == len(source) and scanner.bounds and not match[1]:
            break
        scanner.bounds.append((match.start(1), match.end(1)))
    scanner.lines = [Line(start, start) for start, _ in scanner.bounds]
    scanner.last_close = {match[1].lower(): match.start() for match in _CLOSING.finditer(source)}
    number, fence = first, ""
    while number < len(scanner.bounds):
        start, end = scanner.bounds[number]
        raw = source[start:end]
        opened = _FENCE.match(raw)
        if fence:
            _keep(scanner, number, start)
            if opened and opened[1].startswith(fence) and not raw[opened.end() :].strip():
                fence = ""
            number += 1
        elif opened:
            frames.outdent(scanner.frames, frames.indent_of(raw))
            _settle(scanner, raw)
            _keep(scanner, number, start)
            fence, number = opened[1], number + 1
        else:
            number = _prose(scanner, number)
    return scanner.lines


def _prose(scanner: Scanner, number: int) -> int:
    """Handles one line outside code and whatever construct it opens; returns the number of the next line."""
    start, end = scanner.bounds[number]
    raw = scanner.source[start:end]
    quote = _PREFIX.match(raw)
    position = start + (quote.end() if quote else 0)
    content = scanner.source[position:end].strip()
    if content:
        frames.outdent(scanner.frames, frames.indent_of(raw))
        _settle(scanner, raw)
    if not content:
        _blank(scanner, number)
        return number + 1
    if content[0] not in _MARKS and not content.startswith(_WORDS):
        if not scanner.frames and "<" not in content:
            _write(scanner, number, position, position + len(scanner.source[position:end].rstrip()), raw[: position - start])
            return number + 1
        return _tagged(scanner, number, position)
    return _construct(scanner, number, position, content, raw[: quote.end() if quote else 0])


def _construct(scanner: Scanner, number: int, position: int, content: str, prefix: str) -> int:
    """A line that may open one of the dialects' constructs; returns the number of the next line."""
    quote_mark = ">" in scanner.source[scanner.bounds[number][0] : position]
    raw = scanner.source[slice(*scanner.bounds[number])]
    if _BLANKED.fullmatch(content) or _IMAGES.fullmatch(content):
        _blank(scanner, number)
        return number + 1
    if match := _CALLOUT.fullmatch(content):
        _write(scanner, number, position + content.index(match[1]), position + len(content), prefix)
        _cut_after(scanner, number)
        return number + 1
    if not quote_mark and (match := frames.INDENTED.fullmatch(content)) and (match[1] or match[2]):
        _blank(scanner, number)
        if number + 1 < len(scanner.bounds):
            scanner.frames.append(frames.indented_frame(match, frames.indent_of(raw), raw.lstrip()[0]))
        return number + 1
    if (until := _skip(scanner, number, content)) is not None:
        for skipped in range(number, until):
            _blank(scanner, skipped)
        return until
    if match := _DIRECTIVE.fullmatch(content):
        _blank(scanner, number)
        if title := match[2] or match[3]:
            at = scanner.source.index(title, position)
            _write(scanner, number, at, at + len(title.rstrip()), prefix)
            _cut_after(scanner, number)
        return number + 1
    return _tagged(scanner, number, position)


def _skip(scanner: Scanner, number: int, content: str) -> int | None:
    """The line after a construct that has no prose: a comment, a long import, an export."""
    if content.startswith("<!--"):
        return None  # text may stand behind it: `_tagged`
    if content.startswith(_COMMENT) and content.count(_COMMENT) == 1:
        return _line_with(scanner, number + 1, _COMMENT) + 1 if number + 1 < len(scanner.bounds) else number + 1
    if content.startswith("{/*"):
        return _line_with(scanner, number, "*/") + 1
    if _IMPORT.match(content):
        return _line_with(scanner, number, "from ") + 1
    if scanner.mdx and _EXPORT.match(content):
        after = number + 1
        while after < len(scanner.bounds) and scanner.source[slice(*scanner.bounds[after])].strip():
            after += 1
        return after
    return None


def _tagged(scanner: Scanner, number: int, position: int) -> int:
    """Takes tags off both ends of the line; a tag may reach over several lines."""
    source = scanner.source
    prefix, cut = source[scanner.bounds[number][0] : position], False
    while position < len(source):
        if source.startswith("<!--", position):
            close = source.find("-->", position)
            position = len(source) if close < 0 else close + 3
        elif (tag := read_tag(source, position)) and not tag.inline:
            position = _enter(scanner, tag, frames.indent_of(prefix))
            if tag.name == "table" and not tag.closing:
                number = _advance(scanner, number, tag.start)
                scanner.lines[number].table = (tag.start, position)
                scanner.lines[number].frames = _around(scanner)
                scanner.lines[number].masked = "table"
                return _after_table(scanner, number, position)
        else:
            break
        cut = True
        number = _advance(scanner, number, position)
        end = scanner.bounds[number][1]
        while position < end and source[position] in " \t":
            position += 1
        if position >= end:
            break
    end = scanner.bounds[number][1]
    _content(scanner, number, position, end, prefix, cut)
    return number + 1


def _content(scanner: Scanner, number: int, start: int, end: int, prefix: str, cut: bool) -> None:
    """Writes what is left of a line between its tags."""
    source = scanner.source
    while end > start and source[end - 1].isspace():
        end -= 1
    closed: list[str] = []
    while source[end - 1 : end] == ">" and (match := _CLOSE_AT_END.search(source, start, end)):
        name = match[1].lower()
        if name in tags.INLINE or f"<{match[1]}" in source[start : match.start()]:
            break
        closed.append(name)
        end = match.start()
        while end > start and source[end - 1].isspace():
            end -= 1
    if start < end and not frames.has_only_tags(source[start:end]):
        mark = ""
        if scanner.frames and scanner.frames[-1].mark:
            mark, scanner.frames[-1].mark = scanner.frames[-1].mark, ""
        _write(scanner, number, start, end, prefix, mark)
        scanner.lines[number].cut |= cut
    elif prefix.strip(" \t>"):
        scanner.lines[number].masked = frames.dedented(scanner.frames, prefix)  # `- <Note>`: the item goes on below
    for name in closed:
        _leave(scanner, name)
    if closed:
        _cut_after(scanner, number)


def _cut_after(scanner: Scanner, number: int) -> None:
    """What follows the line is another block, blank line or not."""
    if number + 1 < len(scanner.lines):
        scanner.lines[number + 1].cut = True


def _enter(scanner: Scanner, tag: Tag, indent: int) -> int:
    """Opens or closes the tag's frame; returns where its content begins, or what follows an element that is dropped."""
    if tag.closing:
        _leave(scanner, tag.name)
        return tag.end
    closes_later = scanner.last_close.get(tag.name, -1) >= tag.end
    if tag.alone or not closes_later:
        return tag.end
    if tag.name in tags.DROPPED or tag.name == "table":
        return frames.element_end(scanner.source, tag)
    if tag.name == "summary":
        end = frames.element_end(scanner.source, tag)
        inner = scanner.source[tag.end : scanner.source.rfind("</", tag.end, end)].strip()
        if "\n" in inner:
            return tag.end  # a whole paragraph: it is read as text
        inner = inner.lstrip("# ")
        for frame in reversed(scanner.frames):
            if frame.name == "details":
                frame.section = plain(inner)
                break
        return end
    if tag.name in ("p", "li") and scanner.frames and scanner.frames[-1].name == tag.name:
        scanner.frames.pop()  # HTML lets these end without a closing tag
    scanner.frames.append(frames.open_frame(tag, indent))
    return tag.end


def _leave(scanner: Scanner, name: str) -> None:
    for depth in range(len(scanner.frames) - 1, -1, -1):
        if scanner.frames[depth].name == name:
            del scanner.frames[depth:]
            return


def _after_table(scanner: Scanner, number: int, position: int) -> int:
    """Blanks the lines of a table that its first line stands for."""
    last = _advance(scanner, number, position)
    if last > number and scanner.source[position : scanner.bounds[last][1]].strip():
        _tagged(scanner, last, position)
    return last + 1


def _settle(scanner: Scanner, raw: str) -> None:
    """The first line inside a component tells how far its content is indented."""
    for frame in scanner.frames:
        if frame.dedent is None:
            frame.dedent = max(0, frames.indent_of(raw) - frame.indent)


def _keep(scanner: Scanner, number: int, start: int) -> None:
    end = scanner.bounds[number][1]
    source = scanner.source
    line = scanner.lines[number]
    line.frames = _around(scanner)
    line.masked = frames.dedented(scanner.frames, source[start:end])
    line.start, line.end = start, end


def _write(scanner: Scanner, number: int, start: int, end: int, prefix: str, mark: str = "") -> None:
    line = scanner.lines[number]
    line.start, line.end = start, end
    line.frames = _around(scanner)
    line.masked = frames.dedented(scanner.frames, prefix) + mark + scanner.source[start:end]


def _blank(scanner: Scanner, number: int) -> None:
    """A blank line, which inside a quote must stay a line of the quote."""
    start, end = scanner.bounds[number]
    line = scanner.lines[number]
    line.frames = _around(scanner)
    quote = _QUOTE.match(scanner.source, start, end)
    line.masked = quote.group().rstrip() if quote else ""


def _around(scanner: Scanner) -> tuple[Frame, ...]:
    """The open components; `<h3>` is not one, what follows it is not inside it."""
    return tuple(frame for frame in scanner.frames if not frame.heading)


def _advance(scanner: Scanner, number: int, position: int) -> int:
    """The line that holds `position`, from `number` on."""
    while number + 1 < len(scanner.bounds) and scanner.bounds[number + 1][0] <= position:
        number += 1
    return number


def _line_with(scanner: Scanner, number: int, needle: str) -> int:
    """The line that holds `needle`, not far below line `number`; that line itself when there is none."""
    start = scanner.bounds[number][0]
    end = scanner.source.find(needle, start, start + _CONSTRUCT_LIMIT)
    return number if end < 0 else _advance(scanner, number, end)
