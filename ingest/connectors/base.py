"""What every kind of source can do: list its items, and read one if it changed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from ingest.parse import FORMATS
from rag.errors import InputError

_HIDDEN = (".*", "__pycache__", "node_modules", "~$*", "*.tmp")


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a source. Equal non-empty marks mean equal content; '' means that only reading tells."""

    key: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The content of an item as it is now, with the mark to remember."""

    content: bytes
    mark: str
    filename: str | None = None
    mime_type: str | None = None
    url: str | None = None


class Connector(Protocol):
    """A kind of source. Close it when done."""

    def items(self) -> Iterator[Item]:
        """Everything that is there now. Raises UpstreamError when it cannot be reached: then nothing is known to be gone."""
        ...

    def read(self, item: Item, mark: str) -> Fetched | None:
        """The item, None when it is as it was at `mark`.

        Raises NotFound when it is gone, ParseError when it cannot be taken, UpstreamError when it cannot be had now.
        """
        ...

    def close(self) -> None: ...


def wanted(path: str, options: Mapping[str, Any]) -> bool:
    """Whether a file of a repository or a store is a document: a format that we read, not hidden, matching `include`."""
    parts = PurePosixPath(path)
    if any(fnmatch.fnmatch(part, pattern) for part in parts.parts for pattern in _HIDDEN):
        return False
    include = options.get("include")
    if include and not any(fnmatch.fnmatch(path, pattern) for pattern in str(include).split(",")):
        return False
    return parts.suffix.lower() in FORMATS


def check_options(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises InputError for an option that this kind of source does not have."""
    for name in given:
        if name not in known:
            hint = f"This kind knows {', '.join(sorted(known))}." if known else "This kind has none."
            raise InputError(f"unknown option `{name}`.", field="--option", fix=hint)
