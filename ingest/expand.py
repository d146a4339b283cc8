"""Zip archives of documents: each member is a document of its own, named `archive.zip/member`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ingest import notion
from ingest.parse.archive import open_archive
from ingest.parse.decode import decode
from rag.errors import ParseError

_DEPTH_LIMIT = 2  # archives in archives
_TOTAL_LIMIT = 512 * 2**20  # bytes that all archives of one upload may inflate to
_UTF8_FLAG = 0x800
_CONFLUENCE = {"entities.xml", "exportDescriptor.properties"}  # beside them: attachments without their names
_LEFT_OUT = ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_archive(name: str | None) -> bool:
    """Whether the name is that of an archive of documents (office files are zip archives too)."""
    return (name or "").lower().endswith(".zip")


def expand(content: bytes, filename: str) -> Iterator[tuple[str, bytes]]:
    """(`filename/member`, bytes) of each document, one inflated at a time; archives inside are opened as well.

    Folders, hidden files, links and what systems leave in archives are left out.

    Raises:
        ParseError: `broken`, `encrypted`, `unsupported` (too many archives inside each other), `empty`; `too_large` for a zip
            bomb: more than 300 MiB, 200 times its size (and more than 30 MiB) or 10,000 members in one archive, 512 MiB in all.
    """
    left, any_member = [_TOTAL_LIMIT], False
    for name, data in _expand(content, filename, 0, left):
        any_member = True
        yield name, data
    if not any_member:
        raise ParseError("There is no file in the archive.", code="empty", fix="Send an archive with documents.")


def members(path: Path) -> list[str]:
    """Names of the documents in an archive on disk, `/` between folders. Raises ParseError as `expand` does, OSError."""
    return list(_opened(path))


def read_member(path: Path, name: str) -> bytes:
    """A member of an archive on disk. Raises ParseError (`broken` when it is not there any more), OSError."""
    return _opened(path)[name]


def archive_of(path: Path) -> tuple[Path, str] | None:
    """(archive, member) when the path leads into an archive."""
    for parent in path.parents:
        if is_archive(parent.name) and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


class _Members(dict[str, bytes]):
    def __missing__(self, name: str) -> bytes:
        raise ParseError("It is not in the archive any more.", code="broken", fix="Ingest the folder again.")


def _opened(path: Path) -> _Members:
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)  # its members are asked for one after the other
def _read(path: Path, _changed: int, _size: int) -> _Members:
    return _Members({name.removeprefix("/"): data for name, data in expand(path.read_bytes(), "")})


def _expand(content: bytes, prefix: str, depth: int, left: list[int]) -> Iterator[tuple[str, bytes]]:
    if depth > _DEPTH_LIMIT:
        raise ParseError("There are archives inside archives.", code="unsupported", fix="Pack the documents once.")
    with open_archive(content) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_link(entry)]
        named = {name: entry for entry, name in zip(entries, _names(entries), strict=True) if name is not None}
        wanted = _wanted(named, lambda name: _inflated(archive, named[name], [_TOTAL_LIMIT]))
        for name, plain in wanted.items():
            data = _inflated(archive, named[name], left)
            if is_archive(name):
                yield from _expand(data, f"{prefix}/{plain}", depth + 1, left)
            else:
                yield f"{prefix}/{plain}", notion.tidied(name, data)


def _wanted(names: Collection[str], read: Callable[[str], bytes]) -> dict[str, str]:
    """The members to read → their names as documents: of an export of a wiki only what holds its pages."""
    if set(names) >= _CONFLUENCE:
        return {"entities.xml": "entities.xml"}
    return notion.kept(names, read) if notion.is_export(names) else {name: name for name in names}


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return (entry.external_attr >> 16) & 0o170000 == 0o120000


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: list[int]) -> bytes:
    left[0] -= entry.file_size  # what its directory says; zipfile stops there, whatever is packed
    if left[0] < 0:
        raise ParseError("The archive inflates to over 512 MiB.", code="too_large", fix="Split it.")
    out = io.BytesIO()
    try:
        with archive.open(entry) as source:
            while part := source.read(2**20):
                out.write(part)
    except Exception as exc:  # zipfile raises BadZipFile, zlib.error, EOFError, NotImplementedError, …
        detail = f"The archive is damaged at {entry.filename!r} ({type(exc).__name__})."
        raise ParseError(detail, code="broken", fix="Pack it again.") from exc
    return out.getvalue()


def _names(entries: list[zipfile.ZipInfo]) -> list[str | None]:
    """Paths inside the archive as they were meant, None for what is left out.

    Archives made under a Chinese or Japanese Windows have names in its encoding; all of them together tell which it is.
    """
    raw = [entry.filename.encode("utf-8" if entry.flag_bits & _UTF8_FLAG else "cp437", "replace") for entry in entries]
    foreign = [name for entry, name in zip(entries, raw, strict=True) if not entry.flag_bits & _UTF8_FLAG]
    try:
        read = decode(b"\n".join(foreign)).split("\n") if foreign else []
    except ParseError:
        read = [name.decode("cp437") for name in foreign]
    names = iter(read) if len(read) == len(foreign) else iter(name.decode("cp437") for name in foreign)
    meant = [name.decode() if entry.flag_bits & _UTF8_FLAG else next(names) for entry, name in zip(entries, raw, strict=True)]
    return [_safe(name) for name in meant]


def _safe(name: str) -> str | None:
    """The path without what would lead out of the archive; None for hidden files and leftovers."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", ".", "..")]
    hidden = not parts or any(part.startswith((".", "~$")) or part in _LEFT_OUT for part in parts)
    return None if hidden else "/".join(parts)
