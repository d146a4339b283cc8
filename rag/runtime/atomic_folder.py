"""A folder of checksummed files that is replaced as a whole: a crash leaves the former or the new content, never a mixture."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from rag.runtime.fsync import sync

_MANIFEST = "manifest.json"


def write(folder: Path, header: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
    """Data files get new names; replacing the manifest, which names them, is the one step that counts."""
    folder.mkdir(parents=True, exist_ok=True)
    token = uuid.uuid4().hex
    for name, content in parts.items():
        _write(folder / f"{name}-{token}", content)
    files = {name: [f"{name}-{token}", sha256(content).hexdigest()] for name, content in parts.items()}
    text = orjson.dumps({"told": dict(header), "files": files})
    _write(folder / f"manifest-{token}", text + b"\n" + sha256(text).hexdigest().encode())
    sync(folder)
    os.replace(folder / f"manifest-{token}", folder / _MANIFEST)
    sync(folder)
    for left in folder.glob("*-" + "[0-9a-f]" * 32):
        if not left.name.endswith(token):
            left.unlink(missing_ok=True)


def read(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What was told, and the parts. Raises FileNotFoundError without a manifest, ValueError for anything damaged."""
    text, _, digest = (folder / _MANIFEST).read_bytes().partition(b"\n")
    if sha256(text).hexdigest().encode() != digest:
        raise ValueError("its manifest does not match its checksum")
    manifest = orjson.loads(text)
    parts = {}
    for part, (name, digest) in manifest["files"].items():
        file = folder / name
        if not file.is_file():
            raise ValueError(f"{name} is missing")
        parts[part] = file.read_bytes()
        if sha256(parts[part]).hexdigest() != digest:
            raise ValueError(f"{name} does not match its checksum")
    return manifest["told"], parts


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
