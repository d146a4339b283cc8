"""Books (.epub): the chapters of the spine, in order, each read as an HTML page."""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import unquote
from zipfile import BadZipFile, ZipFile

from lxml import etree

from ingest.parse import html
from ingest.parse.archive import encrypted, open_archive
from ingest.parse.boilerplate import strip_boilerplate
from ingest.parse.decode import decode
from ingest.parse.normal import one_line
from ingest.parse.writer import Writer
from rag.domain import Parsed
from rag.errors import ParseError

_CONTAINER = "META-INF/container.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "application/xml")


def parse(content: bytes) -> Parsed:
    """Parses a book. Raises ParseError `broken`, `encrypted` (also by DRM), `too_large`."""
    with open_archive(content) as archive:
        names = set(archive.namelist())
        package, folder = _package(archive, names)
        writer = Writer(one_line(package.findtext(f".//{_DC}title") or ""))
        sealed = b"EncryptedData" in archive.read("META-INF/encryption.xml") if "META-INF/encryption.xml" in names else False
        pages = [name for name in _spine(package, folder) if name in names]
        for name in pages:
            _chapter(writer, archive.read(name), sealed)
    creators = [one_line(creator.text or "") for creator in package.iter(f"{_DC}creator")]
    return writer.parsed({"creators": creators} if any(creators) else None)


def _package(archive: ZipFile, names: set[str]) -> tuple[Any, str]:
    """The book's package document and the folder that its paths start from."""
    try:
        rootfile = next(_xml(archive.read(_CONTAINER)).iter("{*}rootfile")).get("full-path")
        path = rootfile if rootfile in names else next(name for name in sorted(names) if name.endswith(".opf"))
        return _xml(archive.read(path)), posixpath.dirname(path)
    except (KeyError, StopIteration, etree.LxmlError, BadZipFile) as exc:
        raise ParseError("The book is damaged or incomplete.", code="broken", fix="Export it again.") from exc


def _xml(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, recover=True, no_network=True))


def _spine(package: Any, folder: str) -> list[str]:
    items = {item.get("id"): item for item in package.iter("{*}item")}
    paths: list[str] = []
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        path = unquote((item.get("href") or "").partition("#")[0])
        paths.append(posixpath.normpath(posixpath.join(folder, path)))
    return paths


def _chapter(writer: Writer, content: bytes, sealed: bool) -> None:
    if sealed and b"<" not in content[:200]:
        raise encrypted()
    root = html.tree(decode(content, "utf-8"))
    strip_boilerplate(root)
    html.write(writer, root)
