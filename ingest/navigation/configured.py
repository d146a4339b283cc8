"""MkDocs and Mintlify: the navigation is in YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ingest.navigation.pages import DEPTH, Entry, Navigation, first_of


class _Loader(yaml.SafeLoader):
    """YAML of MkDocs has tags of Python: they are nothing here."""


_Loader.add_multi_constructor("", lambda _loader, _suffix, _node: None)


def mkdocs(folder: Path) -> Navigation | None:
    """`mkdocs.yml`."""
    text = first_of(folder, ("mkdocs.yml", "mkdocs.yaml"))
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
    if len(sections) > DEPTH:
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


def mintlify(folder: Path) -> Navigation | None:
    """`docs.json`."""
    text = first_of(folder, ("docs.json", "mint.json"))
    if "navigation" not in text:
        return None
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return None
    navigation = Navigation(folder)
    navigation.add(_nested(config.get("navigation") if isinstance(config, dict) else None, ()))
    return navigation
