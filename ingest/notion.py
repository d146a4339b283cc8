"""Exports of Notion: names without their ids, properties as front matter, each table once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

_ID = re.compile(r"[ \u00a0-]+[0-9a-f]{32}(?=$|/|\.\w{2,5}$|_all\.csv$)")
_ALL = "_all.csv"
_PROPERTY = re.compile(r"([^\s:#>*`|\[-][^:\n]{0,60}): (\S.*)$")
_LINK = re.compile(r"(?<=\]\()([^()\s]*[0-9a-f]{32}[^()\s]*)(?=\))")
_ASIDE = re.compile(r"^<aside>\n?(.*?)\n?</aside>", re.DOTALL | re.MULTILINE)


def is_export(names: Collection[str]) -> bool:
    """Whether the files of a folder or an archive are such an export: some pages carry their ids."""
    return any(_ID.search(name) and name.lower().endswith((".md", ".csv", ".html")) for name in names)


def plain_name(name: str) -> str:
    """`Shelf 0123…cdef/Parts 4567….csv` → `Shelf/Parts.csv`."""
    return "/".join(_ID.sub("", part) or part for part in name.split("/"))


def kept(names: Collection[str], read: Callable[[str], bytes]) -> dict[str, str]:
    """Name in the export → name without ids, of what is worth reading.

    Of a table only the view that its readers see (`X.csv`, not `X_all.csv`), and no pages that only repeat a row of it.
    """
    there = set(names)
    wanted: dict[str, str] = {}
    for name in names:
        if name.endswith(_ALL) and name.removesuffix(_ALL) + ".csv" in there:
            continue
        if name.endswith(".md") and _repeats(name, there, read):
            continue
        wanted[name] = plain_name(name)
    doubled = _doubled(list(wanted.values()))
    return {name: (name if plain in doubled else plain) for name, plain in wanted.items()}


def _doubled(names: list[str]) -> set[str]:
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _repeats(name: str, there: Collection[str], read: Callable[[str], bytes]) -> bool:
    """Whether a page is a row of a table beside it and has no text of its own."""
    folder = str(PurePosixPath(name).parent)
    if not any(f"{folder}{end}" in there for end in (".csv", _ALL)):
        return False
    lines = read(name).decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    return all(not line.strip() or line.startswith("# ") or _PROPERTY.match(line) for line in lines)


def tidied(name: str, content: bytes) -> bytes:
    """A page as ordinary Markdown: its properties as front matter, callouts as quotes. Other files as they are."""
    if not name.endswith(".md") or not _ID.search(name):
        return content
    text = content.decode("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n")
    head, title, rest = _opened(text)
    rest = _LINK.sub(lambda match: plain_name(unquote(match[1])).replace(" ", "%20"), _ASIDE.sub(_quoted, rest))
    return (_front_matter(head) + title + rest).encode()


def _opened(text: str) -> tuple[dict[str, str], str, str]:
    """The properties below the title, the title's line, what follows."""
    first, _, rest = text.partition("\n")
    if not first.startswith("# "):
        return {}, "", text
    lines = rest.split("\n")
    at = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    properties: dict[str, str] = {}
    end = at
    while end < len(lines) and (match := _PROPERTY.match(lines[end])):
        properties[match[1].strip()] = match[2].strip()
        end += 1
    if end < len(lines) and lines[end].strip():
        properties, end = {}, at  # a paragraph that begins like one
    return properties, f"{first}\n\n", "\n".join(lines[end:]).lstrip("\n")


def _front_matter(head: Mapping[str, str]) -> str:
    """YAML whose values are quoted, as nobody wrote it for a parser."""
    if not head:
        return ""
    lines = ("{}: {}".format(*(_scalar(one) for one in pair)) for pair in head.items())
    return "---\n" + "\n".join(lines) + "\n---\n\n"


def _scalar(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(match: re.Match[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in match[1].strip().splitlines())
