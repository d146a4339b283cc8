"""The user's own words, one a line: product names and terms that are kept whole."""

from __future__ import annotations

from pathlib import Path

from rag.errors import ConfigError
from rag.text.tokens import Cutter


def read_lines(path: Path, field: str) -> list[str]:
    """Lines of a text file without comments (`#`) and empty ones. Raises ConfigError that names the setting."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot read {path}: {exc}.", field=field, fix="Name a readable UTF-8 text file.") from exc
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def load_cutter(path: str) -> Cutter:
    """A cutter that keeps the file's names whole; '' for none. Raises ConfigError."""
    return Cutter(read_lines(Path(path), "retrieval.dictionary")) if path else Cutter()
