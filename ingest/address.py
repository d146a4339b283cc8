"""Where readers open a document: as it says itself, else by its place below the address of its folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

_OWN = ("url", "canonical_url", "canonical", "page_url", "link")
_PLACES = ("permalink", "slug", "route", "path")
_PAGES = (".md", ".mdx", ".markdown", ".rst", ".rest", ".adoc", ".asciidoc", ".asc", ".org", ".wiki", ".mediawiki", ".textile")
_INDEX = ("index", "readme", "_index")


def address(metadata: Mapping[str, Any], base: str = "", path: str = "") -> str:
    """The public address, '' for an unknown one.

    Args:
        told: what the document says of itself (front matter, attributes, a page's canonical link).
        base: address of the folder that it was found in (`base_url` of a `.xiansou.toml`).
        path: its path below that folder; pages of markup lose their extension, `index` and `README` their name.
    """
    for name in (*_OWN, *_PLACES):
        value = metadata.get(name)
        if not isinstance(value, str) or not (value := value.strip()):
            continue
        if re.match(r"https?://[^\s/]", value):
            return value
        if base and not re.search(r"\s|^[a-z][\w+.-]*:", value, re.IGNORECASE):
            return _below(base, value if value.startswith("/") else f"{_folder(path)}{value}")
    return _below(base, _page(path)) if base and path else ""


def _below(base: str, path: str) -> str:
    return f"{base.rstrip('/')}/{quote(path.lstrip('/'), safe='/-._~#?=&%')}"


def _folder(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else f"{parent}/"


def _page(path: str) -> str:
    place = PurePosixPath(path)
    if place.suffix.lower() not in _PAGES:
        return path
    return _folder(path) if place.stem.lower() in _INDEX else f"{_folder(path)}{place.stem}"
