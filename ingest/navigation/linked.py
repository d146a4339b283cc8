"""GitBook, mdBook, docsify and Sphinx: pages that list the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ingest.navigation.pages import DEPTH, PAGES, Entry, Navigation, first_of, text_of

_LIST_LINK = re.compile(
    r"^(?P<indent>[ \t]*)[-*+][ \t]+(?:\[(?P<name>(?:[^\[\]]|\\.)+)\]\((?P<path>[^()\s]*)[^()]*\)|(?P<text>\S[^\n]*?))[ \t]*$",
    re.M,
)
_HEADING = re.compile(r"^#{1,3}[ \t]+(?P<name>\S[^\n]*?)[ \t#]*$", re.M)
_TOCTREE = re.compile(
    r"^(?P<indent>[ \t]*)(?:\.\. toctree::|(?P<fence>`{3,}|:{3,})\{toctree\})[^\n]*\n(?P<body>(?:[ \t]+[^\n]*\n?"
    r"|[^\S\n]*\n|(?(fence)[^`:\n][^\n]*\n))*)",
    re.M,
)
_TOC_LINE = re.compile(r"(?:(?P<name>[^<>\n]+?)\s*<(?P<path>[^<>\s]+)>|(?P<bare>[^\s<>]+))\s*$")


def is_navigation(file: Path) -> bool:
    """Whether a page is nothing but the list of the others, as `SUMMARY.md` of GitBook is."""
    if file.name.lower() not in ("summary.md", "_sidebar.md", "_navbar.md"):
        return False
    text = text_of(file)
    lines = [
        line for line in text.splitlines() if line.strip() and not _HEADING.match(line) and not set(line.strip()) <= set("-*_")
    ]
    links = [line for line in lines if (match := _LIST_LINK.match(line)) and match["path"] is not None]
    return len(links) > 1 and all(_LIST_LINK.match(line) or line.startswith("<!--") for line in lines)


def summary(folder: Path) -> Navigation | None:
    """`SUMMARY.md` of GitBook and mdBook, `_sidebar.md` of docsify."""
    for place in (folder, folder / "src"):
        for name in ("SUMMARY.md", "summary.md", "_sidebar.md"):
            if text := text_of(place / name):
                navigation = Navigation(place)
                navigation.add(_linked(text))
                return navigation
    return None


def _linked(text: str) -> Iterator[Entry]:
    part, above = "", list[tuple[int, str]]()
    lines = sorted([*_LIST_LINK.finditer(text), *_HEADING.finditer(text)], key=lambda match: match.start())
    for match in lines:
        if match.re is _HEADING:
            part, above = ("" if match["name"].lower() in ("summary", "table of contents", "目录") else match["name"]), []
            continue
        indent = len(match["indent"].expandtabs(4))
        above = [one for one in above if one[0] < indent]
        name = (match["name"] or match["text"]).replace("\\", "")
        sections = tuple(filter(None, (part, *(one for _, one in above))))
        above.append((indent, name))
        path = match["path"] or ""
        if path and not path.startswith(("http://", "https://", "mailto:")):
            yield Entry(path, sections, name)


def sphinx(folder: Path) -> Navigation | None:
    """The toctrees from `index` on."""
    for place in (folder, folder / "source"):
        if not (place / "conf.py").is_file():
            continue
        navigation, seen = Navigation(place), set[str]()
        navigation.add(_toctree(place, "index", (), seen))
        return navigation
    return None


def _toctree(root: Path, page: str, sections: tuple[str, ...], seen: set[str]) -> Iterator[Entry]:
    if page in seen or len(sections) > DEPTH:
        return
    seen.add(page)
    text = first_of(root, (f"{page}.rst", f"{page}.md"))
    yield Entry(page, sections)
    for match in _TOCTREE.finditer(text):
        lines = [line.strip() for line in match["body"].splitlines()]
        caption = next((line.partition(":caption:")[2].strip() for line in lines if line.startswith(":caption:")), "")
        for line in lines:
            entry = _TOC_LINE.match(line) if line and line[0] not in ":`" else None
            if entry is None:
                continue
            path = entry["path"] or entry["bare"]
            target = path.lstrip("/") if path.startswith("/") else (Path(page).parent / path).as_posix()
            for ending in PAGES:
                target = target.removesuffix(ending)
            if not target.startswith(("http", "..")) and target != "self":
                yield from _toctree(root, target, (*sections, caption) if caption else sections, seen)
