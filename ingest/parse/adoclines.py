"""AsciiDoc source, line by line: what a published page does not show is taken out, attributes are collected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_FENCES = re.compile(r"(-{4,}|\.{4,}|\+{4,}|```.*)$")
_COMMENT = re.compile(r"/{4,}$")
_CONDITION = re.compile(r"(ifdef|ifndef|ifeval|endif)::([^\[]*)\[(.*)\]\s*$")
_ATTRIBUTE = re.compile(r":(!?[\w-]+!?):(?:\s+(.*?))?\s*$")
_HEADER = re.compile(r"=\s+(\S.*)$")
_INCLUDE = re.compile(r"include::([^\[]+)\[.*\]\s*$")
_COMPARED = re.compile(r"\s*\"?([^\"]*?)\"?\s*(==|!=|<=|>=|<|>)\s*\"?([^\"]*?)\"?\s*$")
_BUILT_IN = {
    "empty": "", "sp": " ", "nbsp": "\u00a0", "zwsp": "", "wj": "", "apos": "'", "quot": '"', "lsquo": "‘", "rsquo": "’",
    "ldquo": "“", "rdquo": "”", "deg": "°", "plus": "+", "brvbar": "¦", "vbar": "|", "amp": "&", "lt": "<", "gt": ">",
    "startsb": "[", "endsb": "]", "caret": "^", "asterisk": "*", "tilde": "~", "backslash": "\\", "backtick": "`",
    "two-colons": "::", "two-semicolons": ";;", "cpp": "C++", "backend-html5": "", "basebackend-html": "", "backend": "html5",
    "basebackend": "html",
}  # fmt: skip
_FIELDS = ("page-url", "url", "slug", "permalink", "page-permalink", "status", "page-status", "draft", "page-draft", "noindex",
           "page-noindex", "published", "page-published", "page-layout", "lang", "revdate", "page-state")  # fmt: skip


@dataclass(slots=True)
class Page:
    """`lines` of the body, as they are shown but for inline markup; `anchors`: id → title of what it leads to."""

    title: str = ""
    lines: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    anchors: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        """Attributes that say something of the page itself."""
        return {name.removeprefix("page-"): self.attributes[name] or "true" for name in _FIELDS if name in self.attributes}


def prepared(source: str) -> Page:
    """The page without comments, conditional parts that are not shown and attribute lines; attributes are put in place."""
    page = Page(attributes=dict(_BUILT_IN))
    lines = iter(source.lstrip("\ufeff").splitlines())
    _body(page, _shown(page, lines))
    _anchors(page)
    return page


def _shown(page: Page, lines: Iterator[str]) -> Iterator[str]:
    """Lines outside of comments and of conditional parts whose condition is not met."""
    hidden: list[bool] = []
    comment = fence = ""
    for line in lines:
        stripped = line.rstrip()
        if comment:
            comment = "" if stripped == comment else comment
            continue
        match = _CONDITION.fullmatch(stripped)
        if match and not line.startswith("\\"):
            yield from _condition(page, match, hidden)
            continue
        if any(hidden):
            continue
        if fence:
            fence = "" if stripped == fence else fence
        elif _COMMENT.fullmatch(stripped):
            comment = stripped
            continue
        elif line.startswith("//") and not line.startswith("///"):
            continue
        elif opening := _FENCES.fullmatch(stripped):
            fence = "```" if opening[1].startswith("```") else opening[1]
        yield f"\x01{line}" if fence else line


def _condition(page: Page, match: re.Match[str], hidden: list[bool]) -> Iterator[str]:
    kind, names, content = match[1], match[2].strip(), match[3]
    if kind == "endif":
        if hidden:
            hidden.pop()
        return
    if kind == "ifeval":
        met = _compared(page, content)
    else:
        each: Callable[..., bool] = all if "+" in names else any
        met = each(name.strip() in page.attributes for name in re.split(r"[,+]", names))
        met = met if kind == "ifdef" else not met
    if not met:
        page.left_out.append(f"{kind}::{names}[{content if kind == 'ifeval' else ''}]")
    if content and kind != "ifeval":
        if met and not any(hidden):
            yield content
    else:
        hidden.append(not met)


def _compared(page: Page, condition: str) -> bool:
    match = _COMPARED.fullmatch(filled(condition, page))
    if match is None:
        return False
    left, right = match[1].strip(), match[3].strip()
    if match[2] in ("==", "!="):
        return (left == right) == (match[2] == "==")
    try:
        a, b = float(left), float(right)
    except ValueError:
        return False
    return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[match[2]]


def _body(page: Page, lines: Iterator[str]) -> None:
    header, value = True, ""
    name = ""
    for line in lines:
        verbatim = line.startswith("\x01")
        line = line[1:] if verbatim else line
        if name:  # an attribute that goes on in the next line
            value, goes_on = f"{value} {line.strip().rstrip(chr(92)).strip()}", line.rstrip().endswith("\\")
            if not goes_on:
                page.attributes[name], name = filled(value, page), ""
            continue
        if not verbatim and (match := _ATTRIBUTE.fullmatch(line)):
            name, value = _attribute(page, match)
            continue
        if header and not page.title and (match := _HEADER.fullmatch(line.rstrip())):
            page.title = filled(match[1], page)
            page.attributes["doctitle"] = page.title
            page.lines.append(f"= {page.title}")
            continue
        if header and page.title and line.strip() and page.lines[-1].startswith("= ") and not verbatim:
            header = _is_byline(line)
            if header:
                continue
        if not line.strip():
            header = header and not page.title
        elif match := _INCLUDE.fullmatch(line):
            page.left_out.append(line.strip())
            continue
        page.lines.append(line)


def _is_byline(line: str) -> bool:
    """The author's line and the revision's line below a title."""
    return re.match(r"\w[\w.'-]*(?:\s+\w[\w.'-]*){0,3}\s*<[^<>\s]+>|v?\d+(?:\.\d+)*\s*,|v\d[\d.]*\s*(?::|$)", line) is not None


def _attribute(page: Page, match: re.Match[str]) -> tuple[str, str]:
    """Notes an attribute; its name and value so far when it goes on in the next line."""
    spelled, value = match[1], (match[2] or "").strip()
    name = spelled.strip("!").lower()
    if "!" in spelled:
        page.attributes.pop(name, None)
    elif value.endswith("\\"):
        return name, value.rstrip("\\").strip()
    else:
        page.attributes[name] = filled(value, page)
    return "", ""


def filled(text: str, page: Page) -> str:
    """`{product}` as its value; one that nobody defined stays, and its line with it."""
    if "{" not in text:
        return text
    for _ in range(3):
        new = re.sub(r"(?<!\\)\{([\w-]+)\}", lambda match: page.attributes.get(match[1].lower(), match[0]), text)
        if new == text:
            break
        text = new
    return text


def _anchors(page: Page) -> None:
    pending = ""
    for line in page.lines:
        if match := re.fullmatch(r"\[(?:\[([^\],]+)(?:,\s*([^\]]+))?\]|#([\w-]+).*)\]\s*", line):
            pending = match[1] or match[3] or ""
            if match[2]:
                page.anchors[pending] = match[2]
        elif match := re.match(r"(?:={1,6}\s+|\.(?=\w))(.+)$", line):
            title = filled(match[1], page).strip()
            page.anchors.setdefault("_" + re.sub(r"[\W_]+", "_", title.lower()).strip("_"), title)
            if pending:
                page.anchors.setdefault(pending, title)
            pending = ""
        elif line.strip() and not line.startswith("["):
            pending = ""
