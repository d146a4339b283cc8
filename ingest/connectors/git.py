"""A folder of a git repository: fetched shallow into a bare repository below `data_dir`, read by blob ids.

Nothing is checked out, so neither hooks nor filters nor links of the repository do anything here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ingest.connectors.addresses import checked
from ingest.connectors.base import Fetched, Item, check_options, wanted
from rag.errors import InputError, ParseError, UpstreamError
from rag.settings import Settings

_OPTIONS = frozenset({"branch", "folder", "include"})
_FETCH_S = 300.0
_READ_S = 60.0


class Git:
    """Location: an https address or a local path. Options: `branch` (default: the remote's own), `folder`, `include`."""

    def __init__(self, location: str, options: Mapping[str, Any], settings: Settings, *, cache: Path):
        check_options(options, _OPTIONS)
        if shutil.which("git") is None:
            raise InputError("git is not installed.", field="LOCATION", fix="Install it, or use a folder.")
        self._location, self._options, self._settings = location, options, settings
        self._branch, self._folder = str(options.get("branch", "HEAD")), str(options.get("folder", "")).strip("/")
        local = Path(location).expanduser()
        self._url = str(local.resolve()) if local.exists() else location
        if not local.exists() and urlsplit(location).scheme not in ("https", "http"):
            raise InputError(f"{location} is neither a folder nor a web address.", field="LOCATION", fix="Use https://.")
        if self._branch.startswith("-"):
            raise InputError(f"{self._branch} is no branch.", field="--option", fix="Name one, like main.")
        self._cache = cache

    def close(self) -> None:
        """Nothing is open."""

    def items(self) -> Iterator[Item]:
        self._fetch()
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", "FETCH_HEAD", *([f"{self._folder}/"] if self._folder else []))
        prefix = f"{self._folder}/" if self._folder else ""
        for line in listed.decode("utf-8", "surrogateescape").split("\0"):
            about, _, path = line.partition("\t")
            if not path:
                continue
            mode, kind, blob = about.split()
            if kind == "blob" and mode != "120000" and wanted(path, self._options):  # a link could lead anywhere
                yield Item(path.removeprefix(prefix), blob)

    def read(self, item: Item, mark: str) -> Fetched | None:
        if item.mark == mark:
            return None
        size = int(self._git("cat-file", "-s", item.mark))
        if size > self._settings.ingest.max_bytes:
            raise ParseError(f"{size:,} bytes are over the limit.", code="too_large", fix="Raise `ingest.max_bytes`.")
        return Fetched(self._git("cat-file", "blob", item.mark), item.mark, PurePosixPath(item.key).name)

    def _fetch(self) -> None:
        if not (self._cache / "HEAD").exists():
            self._cache.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare", str(self._cache), inside=False)
        self._git(*self._pinned(), "fetch", "--quiet", "--depth", "1", "--no-tags", self._url, self._branch, timeout=_FETCH_S)

    def _pinned(self) -> list[str]:
        """curl goes to the address that was checked, and follows no redirect away from it."""
        parts = urlsplit(self._url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            return []
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = checked(parts.hostname, port, allow_private=self._settings.sources.allow_private)[0]
        return ["-c", f"http.curloptResolve={parts.hostname}:{port}:{address}", "-c", "http.followRedirects=false"]

    def _git(self, *arguments: str, inside: bool = True, timeout: float = _READ_S) -> bytes:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self._cache),  # neither the user's configuration nor credentials
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "file:https:http",
            "LC_ALL": "C",
        }
        where = ["-C", str(self._cache)] if inside else []
        command = ["git", *where, "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", *arguments]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise UpstreamError(f"git did not end: {exc}.", code="unreachable") from exc
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UpstreamError(f"{self._location} cannot be read: {said[-1] if said else 'git failed'}.", code="unreachable")
        return done.stdout
