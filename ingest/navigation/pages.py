"""Pages in the order of a site: where each stands, and how its path is spelled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PAGES = (".md", ".mdx", ".rst", ".adoc", ".ipynb", ".html")
_LIMIT = 2**20
DEPTH = 12


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
            self.places.setdefault(plain_path(entry.path), (len(self.places) + 1, entry))

    def of(self, file: Path) -> tuple[int, Entry] | None:
        """The place of a page in it, counted from 1."""
        try:
            return self.places.get(plain_path(file.relative_to(self.pages).as_posix()))
        except ValueError:
            return None


def plain_path(path: str) -> str:
    """One spelling of a page's path: no extension, no index, no numbers that only order."""
    path = path.split("#")[0].split("?")[0].strip().strip("/").removeprefix("./")
    for ending in PAGES:
        path = path.removesuffix(ending)
    parts = [re.sub(r"^\d+[-_.]\s*(?=\D)", "", part) for part in path.split("/")]
    if parts and parts[-1].lower() in ("index", "readme", "_index"):
        parts = parts[:-1]
    return "/".join(parts).lower()


def text_of(file: Path) -> str:
    """The first MiB of a file; '' for none."""
    try:
        return file.read_bytes()[:_LIMIT].decode("utf-8", "replace") if file.is_file() else ""
    except OSError:
        return ""


def first_of(folder: Path, names: Sequence[str]) -> str:
    """The text of the first of the files that is there and not empty."""
    return next((text for name in names if (text := text_of(folder / name))), "")
