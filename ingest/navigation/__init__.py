"""The order and the sections that a documentation site gives its pages: MkDocs, Docusaurus, VitePress, Sphinx, GitBook.

What such a site keeps beside its pages is read as text, never run: a sidebar that is computed has no order here.
"""

from __future__ import annotations

from pathlib import Path

from ingest.navigation.configured import mintlify, mkdocs
from ingest.navigation.linked import is_navigation, sphinx, summary
from ingest.navigation.pages import Entry, Navigation
from ingest.navigation.scripted import docusaurus, vitepress

__all__ = ["Entry", "Navigation", "Sites", "find_navigation", "is_navigation"]


def find_navigation(root: Path) -> Navigation | None:
    """The navigation of the site whose folder, or folder of pages, is `root`; None where nothing tells it."""
    for folder in (root, root.parent):
        for read in (mkdocs, docusaurus, mintlify):
            if (navigation := read(folder)) is not None and (root == folder or navigation.pages == root):
                return navigation if navigation.places or navigation.base_url else None
    for read in (vitepress, summary, sphinx):
        if (navigation := read(root)) is not None and navigation.places:
            return navigation
    return None


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
