"""A folder that is remembered as a source; `xiansou ingest PATH` reads folders without remembering them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest import sources
from ingest.connectors.base import Fetched, Item, check_options
from rag.errors import InputError, NotFound, UpstreamError
from rag.settings import Settings


class Files:
    """Location: a path. `.xiansouignore` is followed as `xiansou ingest` does."""

    def __init__(self, location: str, options: Mapping[str, Any], settings: Settings):
        check_options(options, frozenset())
        self._root, self._settings = Path(location).expanduser().absolute(), settings

    def close(self) -> None:
        """Nothing is open."""

    def items(self) -> Iterator[Item]:
        if not self._root.is_dir():  # an unmounted disk is not an empty folder
            raise UpstreamError(f"{self._root} is not there.", code="unreachable", fix="Mount it, or remove the source.")
        try:
            for _, file in sources.find([self._root]):
                status = sources.on_disk(file).stat()
                mark = f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
                yield Item(file.relative_to(self._root).as_posix(), mark)
        except (OSError, InputError) as exc:
            raise UpstreamError(f"{self._root} cannot be listed: {exc}.", code="unreachable") from exc

    def read(self, item: Item, mark: str) -> Fetched | None:
        if item.mark == mark:
            return None
        path = self._root / item.key
        if not sources.on_disk(path).exists():
            raise NotFound(f"{item.key} is gone.")
        doc = sources.read(sources.SourceFile(item.key, path, str(path)), self._settings.ingest.max_bytes)
        return Fetched(doc.content, item.mark, path.name)
