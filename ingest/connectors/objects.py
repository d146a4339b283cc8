"""Object stores (S3 and its like) and everything else that fsspec reaches by an address of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ingest.connectors.base import Fetched, Item, check_options, wanted
from rag.errors import ConfigError, InputError, NotFound, ParseError, UpstreamError
from rag.settings import Settings

PROTOCOLS = ("s3", "gs", "abfs", "oss", "file", "memory")
_OPTIONS = frozenset({"include", "endpoint_url", "anonymous"})
_EXTRAS = {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs", "oss": "ossfs"}
_MARKS = ("ETag", "etag", "checksum", "md5Hash", "content_md5", "version_id")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")


class Objects:
    """Location: `s3://bucket/prefix`. Keys come from the environment, as the store's own tools read them.

    Options: `endpoint_url` of a compatible store, `anonymous` for public buckets, `include` patterns.
    """

    def __init__(self, location: str, options: Mapping[str, Any], settings: Settings):
        check_options(options, _OPTIONS)
        self._options, self._settings, self._location = options, settings, location
        protocol = location.partition("://")[0]
        if protocol not in PROTOCOLS or "://" not in location:
            raise InputError(
                f"{location} is no object store that we know.",
                field="LOCATION",
                fix=f"It begins with one of {', '.join(PROTOCOLS)}.",
            )
        self._files, self._root = _open(protocol, location, options)

    def close(self) -> None:
        """Nothing is open."""

    def items(self) -> Iterator[Item]:
        try:
            self._files.invalidate_cache()
            if not self._files.exists(self._root):  # an emptied bucket is there; a renamed one must not look like it
                raise UpstreamError(f"{self._location} is not there.", code="unreachable", fix="Check bucket and prefix.")
            listing = self._files.find(self._root, detail=True)
        except UpstreamError:
            raise
        except Exception as exc:  # every store raises its own
            raise UpstreamError(f"{self._location} cannot be listed: {exc}.", code="unreachable") from exc
        root = self._root.rstrip("/") + "/"
        for path, about in listing.items():
            key = path.removeprefix(root)
            if wanted(key, self._options):
                yield Item(key, _mark(about))

    def read(self, item: Item, mark: str) -> Fetched | None:
        if item.mark and item.mark == mark:
            return None
        path = f"{self._root.rstrip('/')}/{item.key}"
        limit = self._settings.ingest.max_bytes
        try:
            with self._files.open(path, "rb") as file:
                content = file.read(limit + 1)
        except FileNotFoundError as exc:
            raise NotFound(f"{item.key} is gone.") from exc
        except Exception as exc:
            raise UpstreamError(f"{item.key} cannot be read: {exc}.", code="unreachable") from exc
        if len(content) > limit:
            raise ParseError(f"it is over the limit of {limit:,} bytes.", code="too_large", fix="Raise `ingest.max_bytes`.")
        return Fetched(bytes(content), item.mark, PurePosixPath(item.key).name)


def _open(protocol: str, location: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    import fsspec

    arguments: dict[str, Any] = {}
    if options.get("endpoint_url"):
        arguments["client_kwargs"] = {"endpoint_url": options["endpoint_url"]}
    if str(options.get("anonymous", "")).lower() in ("1", "true", "yes"):
        arguments["anon"] = True
    try:
        files, root = fsspec.core.url_to_fs(location, **arguments)
    except ImportError as exc:
        name = _EXTRAS.get(protocol, protocol)
        raise ConfigError(f"{protocol}:// needs the package {name}.", field="LOCATION", fix=f"Install {name}.") from exc
    return files, str(root)


def _mark(about: Mapping[str, Any]) -> str:
    """What the store says changes with the content; size and time where it says nothing better."""
    for name in _MARKS:
        if about.get(name):
            return f"{name}:{about[name]}"
    times = [str(about[name]) for name in _TIMES if about.get(name) is not None]
    return f"{about.get('size')}:{times[0]}" if times else ""
