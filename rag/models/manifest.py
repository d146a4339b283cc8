"""A prepared model folder: the names in it, and its manifest with the hash of every file.

The manifest is written last: where there is one, the folder is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.errors import ConfigError

ENCODER = "encoder-int8.onnx"
TOKENIZER = "tokenizer.json"
# The encoder takes token ids and gives one vector a text, or one a token.
INPUT, SENTENCE, TOKENS = "input_ids", "sentence_embedding", "token_embeddings"

FILE = "manifest.json"
FORMAT = 1  # raised when a folder of the former format cannot be used any more


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` maps a path below the folder to its size in bytes and its sha256 (64 hex digits)."""

    name: str
    model_id: str
    dim: int
    max_tokens: int
    query_prompt: str
    passage_prompt: str
    origin: str
    licence: str
    files: Mapping[str, tuple[int, str]]


def read(folder: Path) -> Manifest | None:
    """The manifest when every file it names is there in its size; None when the folder is not prepared (completely).

    Hashes are not compared: that takes a second, and `damaged` does it.
    """
    try:
        stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if stored.pop("format") != FORMAT:
            return None
        stored["files"] = {path: (int(size), str(digest)) for path, (size, digest) in stored["files"].items()}
        manifest = Manifest(**stored)
        complete = all((folder / path).stat().st_size == size for path, (size, _) in manifest.files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return manifest if complete else None


def write(folder: Path, manifest: Manifest) -> None:
    """Writes and syncs the manifest; the files it names must be synced already."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, ensure_ascii=False)
    path = folder / FILE
    path.write_text(text + "\n", encoding="utf-8")
    sync(path)
    sync(folder)


def describe(folder: Path) -> dict[str, tuple[int, str]]:
    """Size and sha256 of every file below `folder` but the manifest, by path; each is synced to the disk."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != FILE:
            sync(path)
            files[path.relative_to(folder).as_posix()] = (path.stat().st_size, _sha256(path))
    return files


def damaged(folder: Path) -> list[str]:
    """Files whose bytes are not those that were written, by path. Reads everything: about a second.

    Raises ConfigError when the folder is not a prepared one.
    """
    manifest = read(folder)
    if manifest is None:
        raise ConfigError(f"{folder} is not a completely prepared model.", field="embedding.folder")
    return [path for path, (_, digest) in manifest.files.items() if _sha256(folder / path) != digest]


def sync(path: Path) -> None:
    """Waits until a file's or folder's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
