"""Files of a folder as documents: which files, under which ids, and which of them have changed."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import normalize

from ingest import expand, includes, notion
from ingest.leftovers import LeftOut, passed_over
from ingest.navigation import Entry, Navigation, Sites, is_navigation
from ingest.sidecar import Sidecars
from rag.domain import DEFAULT_COLLECTION, DocumentInput
from rag.errors import InputError, ParseError
from rag.record.ledger import Ledger

IGNORE_FILE = ".xiansouignore"
_ALWAYS_IGNORED = (".*", "__pycache__", "node_modules", "~$*", "*.tmp")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to ingest. `id` is its document's id, `source` its absolute path, `metadata` from sidecars."""

    id: str
    path: Path
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    root: Path | None = None


def find(paths: Sequence[Path], left: LeftOut | None = None, *, without: Path | None = None) -> list[tuple[Path, Path]]:
    """(root, file) of every file at or below the paths, sorted; hidden and ignored ones left out, zip archives opened.

    What is no document is left out too, and noted in `left`; a file that is named itself is taken whatever it is.
    `without`: the service's own folder, which is no document either where it lies below one that is read.
    Raises InputError for a path that is not there.
    """
    files: list[tuple[Path, Path]] = []
    for path in paths:
        root = Path(os.path.abspath(path))
        if root.is_dir():
            left_out = left if left is not None else LeftOut()
            own = None if without is None else Path(os.path.abspath(without))
            walked = (file for file in _walk(root, root, _patterns(root)) if own is None or _outside(file, own, root))
            files += [(root, file) for file in _one_form(walked, left_out)]
        elif root.exists():
            files.append((root.parent, root))
        else:
            raise InputError(f"{path} is not there.", field="PATH", fix="Name a file or folder.")
    return _unrepeated(list(dict.fromkeys(inner for root, file in files for inner in _members(root, file))))


def _outside(file: Path, own: Path, root: Path) -> bool:
    return not file.is_relative_to(own) or root.is_relative_to(own)


def _unrepeated(files: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Without what an unpacked export of Notion holds twice."""
    names = [file.as_posix() for _, file in files]
    if not notion.is_export(names):
        return files
    kept = notion.kept(names, lambda name: Path(name).read_bytes())
    return [(root, file) for root, file in files if file.as_posix() in kept]


def _one_form(files: Iterator[Path], left_out: LeftOut) -> Iterator[Path]:
    """Documents alone; of two names that only differ in their normal form (a Mac's and another's) the newer file."""
    seen: dict[str, Path] = {}
    for file in files:
        if passed_over(file.name, left_out):
            continue
        if is_navigation(file):
            left_out.others[file.name] += 1
            continue
        key = normalize("NFC", str(file))
        other = seen.get(key)
        if other is not None:
            left_out.repeated.append(file.name)
            newer = file.lstat().st_mtime_ns > other.lstat().st_mtime_ns
            seen[key] = file if newer else other
        else:
            seen[key] = file
    yield from seen.values()


def on_disk(path: Path) -> Path:
    """The file itself, or the archive that it is in."""
    inside = expand.archive_of(path)
    return inside[0] if inside else path


def _members(root: Path, file: Path) -> Iterator[tuple[Path, Path]]:
    """An archive's members as if it were a folder; one that cannot be opened stands for itself, and says why when read."""
    names: list[str] = []
    if expand.is_archive(file.name):
        with suppress(ParseError, OSError):
            names = expand.members(file)
    yield from ((root, file / name) for name in names) if names else [(root, file)]


def _walk(root: Path, folder: Path, patterns: Sequence[str]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if _ignored(entry, root, patterns):
            continue
        if entry.is_dir():
            if not entry.is_symlink():  # a link could lead round in a circle, or out of the folder
                yield from _walk(root, entry, (*patterns, *_patterns(entry, root)))
        else:
            yield entry


def _patterns(folder: Path, root: Path | None = None) -> tuple[str, ...]:
    """Lines of the folder's ignore file; in a folder below the root they hold from there on."""
    file = folder / IGNORE_FILE
    if not file.is_file():
        return ()
    lines = (line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    prefix = "" if root is None else f"{folder.relative_to(root).as_posix()}/"
    return tuple(f"{prefix}{line.strip('/')}" for line in lines if line and not line.startswith("#"))


def _ignored(entry: Path, root: Path, patterns: Sequence[str]) -> bool:
    relative = entry.relative_to(root).as_posix()
    if any(fnmatch.fnmatch(entry.name, pattern) for pattern in _ALWAYS_IGNORED):
        return True
    return any(fnmatch.fnmatch(relative, p) or ("/" not in p and fnmatch.fnmatch(entry.name, p)) for p in patterns)


def name(files: Sequence[tuple[Path, Path]], ledger: Ledger) -> list[SourceFile]:
    """Gives each file its document id: the path below its root.

    A file that is in the record keeps its id. When another source holds that id already, the root's name is put before
    it, so that two folders with a `README.md` never overwrite each other.
    """
    sources = {file: normalize("NFC", str(file)) for _, file in files}
    kept = {standing.source: standing.id for standing in ledger.standing("source", list(sources.values()))}
    wanted = {file: normalize("NFC", file.relative_to(root).as_posix()) for root, file in files}
    if notion.is_export(list(wanted.values())):
        wanted = {file: notion.plain_name(name) for file, name in wanted.items()}
    taken = {s.id: s.source for s in ledger.standing("id", list(dict.fromkeys(wanted.values())))}
    named: list[SourceFile] = []
    sidecars = {root: Sidecars(root) for root, _ in files}
    sites = {root: Sites(root) for root in sidecars}
    placed = [(root, file, sites[root].place(file)) for root, file in files]
    for root, file, place in _in_navigation(placed):
        source = sources[file]
        id_ = kept.get(source) or _free(root, wanted[file], source, taken)
        taken[id_] = source
        named.append(SourceFile(id_, file, source, _of_site(file, place) | sidecars[root].metadata(file), root))
    return named


_Place = tuple[int, Entry, Navigation] | None


def _in_navigation(placed: Sequence[tuple[Path, Path, _Place]]) -> list[tuple[Path, Path, _Place]]:
    """The pages of a site in its order, those that it does not name behind them; other files where they stand."""
    first: dict[Path, int] = {}
    for at, (_, _, place) in enumerate(placed):
        if place is not None:
            first.setdefault(place[2].pages, at)

    def order(numbered: tuple[int, tuple[Path, Path, _Place]]) -> tuple[int, bool, int, int]:
        at, (_, _, place) = numbered
        return (at, False, 0, 0) if place is None else (first[place[2].pages], not place[0], place[0], at)

    return [one for _, one in sorted(enumerate(placed), key=order)]


def _of_site(file: Path, place: _Place) -> dict[str, Any]:
    """What the site says of a page: its sections, where it is published."""
    if place is None:
        return {}
    _, entry, site = place
    metadata: dict[str, Any] = {"nav": " › ".join(entry.sections)} if entry.sections else {}
    if site.base_url:
        metadata |= {"base_url": site.base_url, "base_path": file.relative_to(site.pages).as_posix()}
    return metadata


def _free(root: Path, wanted: str, source: str, taken: dict[str, str | None]) -> str:
    tag = sha256(str(root).encode()).hexdigest()[:8]
    for id_ in (wanted, f"{root.name}/{wanted}", f"{root.name}~{tag}/{wanted}"):
        if taken.get(id_, source) == source:
            return id_
    raise InputError(f"no free document id for {source}", field="PATH")


def read(file: SourceFile, max_bytes: int, collection: str = DEFAULT_COLLECTION) -> DocumentInput:
    """The file's document. Raises ParseError (`too_large`, `unreadable`)."""
    try:
        inside = expand.archive_of(file.path)
        at = inside[0] if inside else file.path
        size = at.stat().st_size
        if size > max_bytes:
            raise _too_large(size, max_bytes)
        content = expand.read_member(*inside) if inside else notion.tidied(at.name, _read(at))
        if not inside and file.root is not None:
            content = includes.whole(at, content, file.root)
    except OSError as exc:
        raise ParseError(f"cannot read it: {exc.strerror}.", code="unreadable", fix="Check the file's permissions.") from exc
    if len(content) > max_bytes:
        raise _too_large(len(content), max_bytes)
    return DocumentInput(
        id=file.id,
        content=content,
        filename=file.path.name,
        source=file.source,
        collection=collection,
        metadata=file.metadata,
    )


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    if expand.is_archive(path.name):
        next(expand.expand(content, path.name))  # it could not be opened: says why
    return content


def _too_large(size: int, limit: int) -> ParseError:
    return ParseError(
        f"{size:,} bytes are over the limit of {limit:,}.",
        code="too_large",
        fix="Split the file, or raise `ingest.max_bytes`.",
    )
