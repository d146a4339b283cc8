"""Which connector serves which kind of source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from ingest.connectors.base import Connector
from rag.errors import InputError
from rag.settings import Settings

Kind = Literal["folder", "web", "sitemap", "git", "objects"]
KINDS: tuple[str, ...] = get_args(Kind)


def guess(location: str) -> Kind:
    """The kind that a location looks like. Raises InputError when it looks like none."""
    parts = urlsplit(location)
    if parts.scheme in ("http", "https"):
        page = parts.path.lower()
        if page.endswith(".git"):
            return "git"
        return "sitemap" if page.endswith((".xml", ".xml.gz")) else "web"
    if "://" in location:
        return "objects"
    path = Path(location).expanduser()
    if (path / "objects").is_dir() and (path / "HEAD").is_file():
        return "git"
    if path.is_dir():
        return "folder"
    raise InputError(f"{location} is neither a folder nor an address.", field="LOCATION", fix="Check it, or give --kind.")


def connect(source_id: str, kind: Kind, location: str, options: Mapping[str, Any], settings: Settings) -> Connector:
    """Raises InputError for a location or option that the kind does not take."""
    if kind == "folder":
        from ingest.connectors.files import Files

        return Files(location, options, settings)
    if kind in ("web", "sitemap"):
        from ingest.connectors.web import Web

        return Web(location, options, settings, sitemap=kind == "sitemap")
    if kind == "git":
        from ingest.connectors.git import Git

        return Git(location, options, settings, cache=settings.data_dir.resolve() / "sources" / source_id)
    from ingest.connectors.objects import Objects

    return Objects(location, options, settings)
