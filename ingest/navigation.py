"""The order and the sections that a documentation site gives its pages: MkDocs, Docusaurus, VitePress, Sphinx, GitBook.

What such a site keeps beside its pages is read as text, never run: a sidebar that is computed has no order here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_PAGES = (".md", ".mdx", ".rst", ".adoc", ".ipynb", ".html")
_LIMIT = 2**20
_DEPTH = 12
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
_SCRIPT_ENTRY = re.compile(
    r"(?:\b(?:label|text)\s*:\s*(?P<q>['\"`])(?P<label>(?:(?!(?P=q))[^\n])*)(?P=q))|(?:\b(?:id|link|href)\s*:\s*(?P<r>['\"`])(?P<to>(?:(?!(?P=r))[^\n])*)(?P=r))"
    r"|(?P<open>[\[{])|(?P<close>[\]}])|(?P<s>['\"`])(?P<bare>[\w./@-]+)(?P=s)(?!\s*:)"
    r"|(?P<key>['\"]?[\w -]+['\"]?\s*:\s*(?=[\[{]))"
)
_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
_SITE = re.compile(r"(?<!\w)url\s*:\s*['\"](https?://[^'\"]+)['\"]")
_BASE = re.compile(r"(?<!\w)baseUrl\s*:\s*['\"]([^'\"]*)['\"]")
_SOURCES = re.compile(r"(?<!\w)srcDir\s*:\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation: its path without extension below the pages' folder, the sections around it, its name there."""

    path: str
    sections: tuple[str, ...] = ()
    name: str = ""


@dataclass(slots=True)
class Navigation:
    """What one site says. `pages`: folder that its paths are below; `base_url`: where it is published, '' unknown."""

    pages: Path
    base_url: str = ""
    places: dict[str, tuple[int, Entry]] = field(default_factory=dict)

    def add(self, entries: Iterator[Entry]) -> None:
        for entry in entries:
            self.places.setdefault(_plain(entry.path), (len(self.places) + 1, entry))

    def of(self, file: Path) -> tuple[int, Entry] | None:
        """The place of a page in it, counted from 1."""
        try:
            return self.places.get(_plain(file.relative_to(self.pages).as_posix()))
        except ValueError:
            return None


def find_navigation(root: Path) -> Navigation | None:
    """The navigation of the site whose folder, or folder of pages, is `root`; None where nothing tells it."""
    for folder in (root, root.parent):
        for read in (_mkdocs, _docusaurus, _mintlify):
            if (navigation := read(folder)) is not None and (root == folder or navigation.pages == root):
                return navigation if navigation.places or navigation.base_url else None
    for read in (_vitepress, _summary, _sphinx):
        if (navigation := read(root)) is not None and navigation.places:
            return navigation
    return None


def _plain(path: str) -> str:
    """One spelling of a page's path: no extension, no index, no numbers that only order."""
    path = path.split("#")[0].split("?")[0].strip().strip("/").removeprefix("./")
    for ending in _PAGES:
        path = path.removesuffix(ending)
    parts = [re.sub(r"^\d+[-_.]\s*(?=\D)", "", part) for part in path.split("/")]
    if parts and parts[-1].lower() in ("index", "readme", "_index"):
        parts = parts[:-1]
    return "/".join(parts).lower()


def _text(file: Path) -> str:
    try:
        return file.read_bytes()[:_LIMIT].decode("utf-8", "replace") if file.is_file() else ""
    except OSError:
        return ""


def _first(folder: Path, names: Sequence[str]) -> str:
    return next((text for name in names if (text := _text(folder / name))), "")


def is_navigation(file: Path) -> bool:
    """Whether a page is nothing but the list of the others, as `SUMMARY.md` of GitBook is."""
    if file.name.lower() not in ("summary.md", "_sidebar.md", "_navbar.md"):
        return False
    text = _text(file)
    lines = [
        line for line in text.splitlines() if line.strip() and not _HEADING.match(line) and not set(line.strip()) <= set("-*_")
    ]
    links = [line for line in lines if (match := _LIST_LINK.match(line)) and match["path"] is not None]
    return len(links) > 1 and all(_LIST_LINK.match(line) or line.startswith("<!--") for line in lines)


class Sites:
    """The sites below one root, each read once: a page belongs to the nearest one above it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[Path, Navigation | None] = {}

    def place(self, file: Path) -> tuple[int, Entry, Navigation] | None:
        """(number, entry, site) of a page that a navigation names; number 0 and an empty entry for another page of a site."""
        for folder in file.parents:
            site = self._site(folder)
            if site is not None and file.is_relative_to(site.pages):
                placed = site.of(file)
                return (*placed, site) if placed else (0, Entry(""), site)
            if folder == self._root or self._root not in folder.parents:
                return None
        return None

    def _site(self, folder: Path) -> Navigation | None:
        if folder not in self._known:
            self._known[folder] = find_navigation(folder)
        return self._known[folder]


# -- MkDocs ------------------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML of MkDocs has tags of Python: they are nothing here."""


_Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)


def _mkdocs(folder: Path) -> Navigation | None:
    text = _first(folder, ("mkdocs.yml", "mkdocs.yaml"))
    if not text:
        return None
    try:
        config = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(config, dict):
        return None
    pages = folder / str(config.get("docs_dir") or "docs")
    navigation = Navigation(pages, _web(config.get("site_url")))
    navigation.add(_nested(config.get("nav"), ()))
    return navigation


def _nested(items: Any, sections: tuple[str, ...], name: str = "") -> Iterator[Entry]:
    """`- Setup: [- Pair: pair.md]` of MkDocs, groups and pages of Mintlify."""
    if len(sections) > _DEPTH:
        return
    if isinstance(items, str):
        if not items.startswith(("http://", "https://")):
            yield Entry(items, sections, name)
    elif isinstance(items, list):
        for item in items:
            yield from _nested(item, sections)
    elif isinstance(items, dict):
        group = next((items[key] for key in ("group", "tab", "anchor", "dropdown") if isinstance(items.get(key), str)), "")
        inner = [items[key] for key in ("pages", "groups", "tabs", "anchors", "dropdowns") if isinstance(items.get(key), list)]
        if inner:
            for one in inner:
                yield from _nested(one, (*sections, group) if group else sections)
            return
        for label, value in items.items():
            if isinstance(value, str):
                yield from _nested(value, sections, str(label))
            else:
                yield from _nested(value, (*sections, str(label)))


def _web(value: object) -> str:
    return value.rstrip("/") if isinstance(value, str) and value.startswith(("http://", "https://")) else ""


def _mintlify(folder: Path) -> Navigation | None:
    text = _first(folder, ("docs.json", "mint.json"))
    if "navigation" not in text:
        return None
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return None
    navigation = Navigation(folder)
    navigation.add(_nested(config.get("navigation") if isinstance(config, dict) else None, ()))
    return navigation


# -- scripts -----------------------------------------------------------------------------------------------------------


def _docusaurus(folder: Path) -> Navigation | None:
    config = _first(folder, tuple(f"docusaurus.config.{ending}" for ending in ("ts", "js", "mjs", "cjs")))
    if not config:
        return None
    config = _COMMENT.sub("", config)
    site, base = _SITE.search(config), _BASE.search(config)
    address = f"{site[1].rstrip('/')}/{(base[1] if base else '').strip('/')}".rstrip("/") if site else ""
    route = re.search(r"routeBasePath\s*:\s*['\"]([^'\"]*)['\"]", config)
    pages = folder / "docs"
    navigation = Navigation(pages, f"{address}/{(route[1] if route else 'docs').strip('/')}".rstrip("/") if address else "")
    navigation.add(_scripted(_first(folder, tuple(f"sidebars.{ending}" for ending in ("ts", "js", "mjs", "cjs")))))
    return navigation


def _vitepress(folder: Path) -> Navigation | None:
    config = _first(folder / ".vitepress", tuple(f"config.{ending}" for ending in ("ts", "mts", "js", "mjs")))
    if not config:
        return None
    below = _SOURCES.search(config)
    navigation = Navigation(folder / below[1].removeprefix("./") if below else folder)
    at = config.find("sidebar")
    navigation.add(_scripted(config[at:]) if at >= 0 else iter(()))
    return navigation


def _scripted(text: str) -> Iterator[Entry]:
    """Pages of a sidebar that is written as a literal: labels name the brackets behind them."""
    depth, label = 0, ""
    around: list[tuple[int, str]] = []
    for match in _SCRIPT_ENTRY.finditer(_COMMENT.sub("", text)):
        if match["open"]:
            depth += 1
            if match["open"] == "[" and label:
                around.append((depth, label))
                label = ""
        elif match["close"]:
            depth -= 1
            around = [one for one in around if one[0] <= depth]
            if match["close"] == "}":
                label = ""
        elif match["label"] is not None:
            label = match["label"]
        else:
            path = match["to"] if match["to"] is not None else match["bare"]
            known = ("doc", "category", "autogenerated", "link", "html", "generated-index", "ref")
            if path and path not in known and not path.startswith(("http", "@", "mailto:")):
                yield Entry(path, tuple(name for _, name in around), label)


# -- lists of links ----------------------------------------------------------------------------------------------------


def _summary(folder: Path) -> Navigation | None:
    """`SUMMARY.md` of GitBook and mdBook, `_sidebar.md` of docsify."""
    for place in (folder, folder / "src"):
        for name in ("SUMMARY.md", "summary.md", "_sidebar.md"):
            if text := _text(place / name):
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


def _sphinx(folder: Path) -> Navigation | None:
    for place in (folder, folder / "source"):
        if not (place / "conf.py").is_file():
            continue
        navigation, seen = Navigation(place), set[str]()
        navigation.add(_toctree(place, "index", (), seen))
        return navigation
    return None


def _toctree(root: Path, page: str, sections: tuple[str, ...], seen: set[str]) -> Iterator[Entry]:
    if page in seen or len(sections) > _DEPTH:
        return
    seen.add(page)
    text = _first(root, (f"{page}.rst", f"{page}.md"))
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
            for ending in _PAGES:
                target = target.removesuffix(ending)
            if not target.startswith(("http", "..")) and target != "self":
                yield from _toctree(root, target, (*sections, caption) if caption else sections, seen)
