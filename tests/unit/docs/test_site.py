"""The reference says what the code says, the site is complete, builds strictly, and loads nothing from outside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests.support.pages import DOCS, ROOT, TO_COME
from tests.support.reference import PAGES
from tests.support.site import search_in_chinese

CONFIG = ROOT / "mkdocs.yml"
_LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src", "audio": "src"}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run: make docs (python -m tests.support.reference)"


class _Loader(yaml.SafeLoader):
    """Takes the one Python name of the file (how anchors are made) for nothing."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def _named(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    inner = entry if isinstance(entry, list) else list(entry.values())  # type: ignore[attr-defined]
    return [name for one in inner for name in _named(one)]


def test_the_navigation_has_every_page_and_no_other() -> None:
    """The tool accepts a page that does not exist."""
    named = _named(yaml.load(CONFIG.read_text(encoding="utf-8"), Loader=_Loader)["nav"])
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    listed = {name for name in pages if name.startswith(("decisions/0", "runbooks/Xiansou"))}  # by their own index page
    assert len(named) == len(set(named))
    assert set(named) == (pages | set(TO_COME)) - listed


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "link" and told.get("rel") in ("canonical", "next", "prev", "alternate"):
            return
        if tag in _LOADS and (address := told.get(_LOADS[tag])):
            self.found.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; links and anchors are checked by the tool."""
    pytest.importorskip("zensical")
    folder = tmp_path_factory.mktemp("site")
    config = folder / "mkdocs.yml"
    shutil.copy(CONFIG, config)
    shutil.copytree(DOCS, folder / "docs")
    for name in TO_COME:
        (folder / "docs" / name).touch()
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "--config-file", config],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_the_site_loads_nothing_from_outside(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        parser = _Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        outside = [address for address in parser.found if re.match(r"(?:[a-z]+:)?//", address)]
        assert outside == [], page
    for style in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", style.read_text(encoding="utf-8")) == [], style


def test_the_search_knows_both_languages(site: Path) -> None:
    search_in_chinese(site)
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    assert index["config"]["lang"] == ["zh"]
    texts = " ".join(item["text"] for item in index["items"])
    assert "nightly re-index" in texts
    assert "重建索引" in texts
    (worker,) = (site / "assets" / "javascripts" / "workers").glob("search.*.js")
    assert "Intl.Segmenter" in worker.read_text(encoding="utf-8")  # it cuts where the language is Chinese
