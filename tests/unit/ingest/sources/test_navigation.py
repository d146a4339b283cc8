"""Documentation sites as they are kept in folders: their pages in their order, their sections, their addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.leftovers import LeftOut
from ingest.sources import find, name
from rag.wiring import Application

MKDOCS = """
site_name: Larder
site_url: https://larder.example/help/
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
nav:
  - index.md
  - Keeping:
      - Shelves: keep/shelves.md
      - keep/cold.md
  - Moving: move.md
  - Elsewhere: https://other.example
"""
DOCUSAURUS = """
// @ts-check
const config = { title: 'Larder', url: 'https://larder.example', baseUrl: '/', presets: [['classic', {docs: {routeBasePath: 'guide'}}]] };
export default config;
"""  # noqa: E501
SIDEBARS = """
export default {
  docs: [
    'index',
    { type: 'category', label: 'Keeping', items: ['keep/shelves', { type: 'doc', id: 'keep/cold', label: 'Cold' }] },
    /* 'gone', */
    { type: 'doc', id: 'move', label: 'Moving' },
  ],
};
"""
VITEPRESS = """
import { defineConfig } from 'vitepress'
export default defineConfig({
  themeConfig: {
    nav: [{ text: 'Home', link: '/' }],
    sidebar: [
      { text: 'Start', link: '/' },
      { text: 'Keeping', collapsed: false, items: [ { text: 'Shelves', link: '/keep/shelves' }, { text: 'Cold', link: '/keep/cold' } ] },
      { text: 'Moving', link: '/move' },
    ],
  },
})
"""  # noqa: E501
SUMMARY = "# Summary\n\n* [Start](README.md)\n\n## Keeping\n\n* [Shelves](keep/shelves.md)\n  * [Cold](keep/cold.md)\n* [Moving](move.md)\n"  # noqa: E501
PAGES = ("keep/cold.md", "keep/shelves.md", "move.md", "zebra.md")


def folder_of(at: Path, files: dict[str, str], *, below: str = "", start: str = "index.md", ending: str = ".md") -> Path:
    at = at / "site"
    for page in (start, *PAGES):
        file = at / below / page.replace(".md", ending)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {page}\n\nText of {page}.\n")
    for path, text in files.items():
        (at / path).parent.mkdir(parents=True, exist_ok=True)
        (at / path).write_text(text)
    return at


@pytest.mark.parametrize(
    ("files", "below", "start", "url"),
    [
        ({"mkdocs.yml": MKDOCS}, "docs", "index.md", "https://larder.example/help"),
        ({"docusaurus.config.js": DOCUSAURUS, "sidebars.js": SIDEBARS}, "docs", "index.md", "https://larder.example/guide"),
        ({".vitepress/config.mts": VITEPRESS}, "", "index.md", ""),
        ({"SUMMARY.md": SUMMARY}, "", "README.md", ""),
    ],
)
def test_pages_in_the_order_of_their_site(
    application: Application, tmp_path: Path, files: dict[str, str], below: str, start: str, url: str
) -> None:
    root = folder_of(tmp_path, files, below=below, start=start)
    left = LeftOut()
    named = name(find([root], left), application.ledger)
    order = [one.path.relative_to(root / below).as_posix() for one in named]
    assert order == [start, "keep/shelves.md", "keep/cold.md", "move.md", "zebra.md"]
    told = {one.path.name: one.metadata for one in named}
    assert str(told["shelves.md"]["nav"]).startswith("Keeping")
    assert "nav" not in told["move.md"] or told["move.md"]["nav"] == "Keeping", "of a list of links the heading goes on"
    assert told["shelves.md"].get("base_url", "") == url
    if url:
        assert told["shelves.md"]["base_path"] == "keep/shelves.md"
    assert "SUMMARY.md" not in order


def test_the_folder_of_the_pages_alone_and_a_base_address_of_its_own(application: Application, tmp_path: Path) -> None:
    root = folder_of(
        tmp_path, {"mkdocs.yml": MKDOCS, "docs/.xiansou.toml": 'base_url = "https://mirror.example"\n'}, below="docs"
    )
    named = name(find([root / "docs"]), application.ledger)
    assert [one.path.name for one in named] == ["index.md", "shelves.md", "cold.md", "move.md", "zebra.md"]
    assert named[1].metadata["base_url"] == "https://mirror.example"
    assert named[1].metadata["nav"] == "Keeping"


def test_a_tree_of_sphinx(application: Application, tmp_path: Path) -> None:
    index = "Larder\n======\n\n.. toctree::\n   :caption: Keeping\n   :maxdepth: 2\n\n   keep/shelves\n   Cold <keep/cold>\n\n.. toctree::\n\n   move\n"  # noqa: E501
    root = folder_of(tmp_path, {"conf.py": "project = 'Larder'\n", "index.rst": index}, start="index.md", ending=".rst")
    named = name(find([root]), application.ledger)
    assert [one.path.name for one in named] == ["index.rst", "shelves.rst", "cold.rst", "move.rst", "zebra.rst"]
    assert named[2].metadata["nav"] == "Keeping"


def test_a_page_called_summary_stays_a_page(tmp_path: Path) -> None:
    (tmp_path / "SUMMARY.md").write_text("# Summary\n\nThe larder holds 300 jars.\n\n- [one](a.md)\n- [two](b.md)\n")
    assert [file.name for _, file in find([tmp_path])] == ["SUMMARY.md"]
