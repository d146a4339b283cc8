"""Components and HTML elements that are open around a line of Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parse.tags import Tag, plain, read_tag

_SECTIONS = frozenset(
    "tab tabitem accordion accordionitem expandable details collapsible update panel div learningpath".split()
)
_GROUPS = frozenset("steps cardgroup cards columns".split())
INDENTED = re.compile(r"(?:!!!|\?\?\?\+?|===\+?!?)[ \t]+(?:([\w-]+(?:[ \t]+[\w-]+)*)[ \t]*)?(?:\"([^\"]*)\")?[ \t]*")
"""A line of MkDocs that opens an admonition or a tab, whose content is indented below it."""
_INDENT = 4
_PARAMETERS = ("path", "query", "body", "header", "name")


@dataclass(eq=False, slots=True)
class Frame:
    """An open component. `section` and `header` are what it says about its content; `mark` is Markdown's for its first line
    (`### `, `- `); `dedent` is found at that line."""

    name: str
    indent: int
    section: str = ""
    header: str = ""
    grouped: bool = False
    mark: str = ""
    dedent: int | None = None

    @property
    def heading(self) -> bool:
        return len(self.name) == 2 and self.name[0] == "h" and self.name[1].isdigit()


def open_frame(tag: Tag, indent: int) -> Frame:
    """The frame of an opening tag that stands `indent` columns in."""
    attributes = tag.attributes
    frame = Frame(tag.name, indent, grouped=tag.component and tag.name in _GROUPS)
    frame.mark = "#" * int(tag.name[1]) + " " if frame.heading else "- " if tag.name == "li" else ""
    title = plain(attributes.get("title") or attributes.get("label") or "")
    if tag.name in ("paramfield", "responsefield"):
        name = next((attributes[key] for key in _PARAMETERS if attributes.get(key)), "")
        notes = [attributes.get("type", ""), "required" if "required" in attributes else ""]
        described = ", ".join(filter(None, notes))
        frame.header = f"{name} ({described})" if described else name
    elif tag.name in _SECTIONS:
        frame.section = title
    elif tag.component:
        frame.header = title
    return frame


def indented_frame(match: re.Match[str], indent: int, mark: str) -> Frame:
    """The frame of a line that is `INDENTED`; a tab and what folds are sections, a remark's title stands before its text."""
    title = match[2] or ""
    section, header = (title, "") if mark in "=?" else ("", title)
    return Frame("!", indent, section, header, dedent=_INDENT)


def outdent(frames: list[Frame], indent: int) -> None:
    """Closes indented admonitions that a line does not stand in."""
    for depth, frame in enumerate(frames):
        if frame.name == "!" and indent < frame.indent + _INDENT:
            del frames[depth:]
            return


def element_end(source: str, tag: Tag) -> int:
    """Behind the closing tag that matches, nested elements of the same name counted."""
    depth = 1
    for match in re.compile(rf"<(/?){re.escape(tag.name)}(?=[\s/>])", re.IGNORECASE).finditer(source, tag.end):
        depth += -1 if match[1] else 1
        if depth == 0:
            end = source.find(">", match.start())
            return len(source) if end < 0 else end + 1
    return tag.end


def has_only_tags(content: str) -> bool:
    """Whether the line is made of tags alone."""
    position = 0
    while position < len(content):
        tag = read_tag(content, position)
        if tag is None:
            return False
        position = tag.end
        while position < len(content) and content[position].isspace():
            position += 1
    return True


def dedented(frames: Sequence[Frame], text: str) -> str:
    """A line moved back by what the open components indent it."""
    strip = sum(frame.dedent or 0 for frame in frames)
    expanded = text.expandtabs(4) if strip else text
    return expanded[min(strip, indent_of(expanded)) :]


def indent_of(text: str) -> int:
    """Columns of white space before the text."""
    expanded = text.expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))
