"""`.xiansou.toml` in a folder: what its files say about themselves nowhere else.

```toml
base_url = "https://help.example.com/docs"   # where readers open what stands in this folder: citations lead there
[columns]              # of tables in this folder and below it
Frage = "question"
Antwort = "answer"
Sachbearbeiter = "show"   # left out of a case by default; "ignore" leaves out any column
[metadata]             # of all documents, to filter by
product = "Cam 2"
["faq.csv".columns]    # of one file
Titel = "question"
```
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.columns import check_role
from rag.errors import InputError, ParseError

SIDECAR = ".xiansou.toml"
_KEYS = ("columns", "metadata")


class Sidecars:
    """The sidecars below one root, each read once. Raises InputError for one that cannot be read."""

    def __init__(self, root: Path):
        self._root = root
        self._folders: dict[Path, dict[str, Any]] = {}

    def metadata(self, file: Path) -> dict[str, Any]:
        """The metadata of a file: of its folder's sidecar before those above it, of its own entry before all."""
        settings = self._folder(file.parent)
        own = settings.get(file.name, {})
        columns = {**settings.get("columns", {}), **own.get("columns", {})}
        metadata = {**settings.get("metadata", {}), **own.get("metadata", {})}
        extra: dict[str, Any] = {"columns": columns} if columns else {}
        if folder := [name for name in columns if name not in own.get("columns", {})]:
            extra["folder_columns"] = folder
        if base := settings.get("base_url"):
            extra |= {"base_url": base[0], "base_path": file.relative_to(base[1]).as_posix()}
        return metadata | extra

    def _folder(self, folder: Path) -> dict[str, Any]:
        if folder not in self._folders:
            inside = folder != self._root and self._root in folder.parents
            above = self._folder(folder.parent) if inside else {}
            settings = _read(folder / SIDECAR)
            base = settings.get("base_url")
            merged: dict[str, Any] = {"base_url": (base, folder) if base else above.get("base_url")}
            merged |= {key: {**above.get(key, {}), **settings.get(key, {})} for key in _KEYS}
            self._folders[folder] = {key: value for key, value in settings.items() if key not in _KEYS} | merged
        return self._folders[folder]


def _check_base(file: Path, base: object) -> None:
    if not isinstance(base, str) or not base.startswith(("https://", "http://")):
        raise InputError(
            f"{file}: `base_url` is no web address.",
            field=str(file),
            fix='Example: base_url = "https://help.example.com/docs".',
        )


def _check_roles(file: Path, columns: Mapping[str, str]) -> None:
    for role in columns.values():
        try:
            check_role(role)
        except ParseError as exc:
            raise InputError(f"{file}: {exc.detail}", field=str(file), fix=exc.fix) from exc


def _read(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        fix = 'Correct or remove it. Names in other letters than a–z stand in quotes: "班次" = "ignore".'
        raise InputError(f"{file} cannot be read: {exc}.", field=str(file), fix=fix) from exc
    _check_base(file, settings.get("base_url", "https://a.example"))
    for name, section in settings.items():
        if name == "base_url":
            continue
        entry = {name: section} if name in _KEYS else section
        if not isinstance(entry, dict) or any(k not in _KEYS or not isinstance(v, dict) for k, v in entry.items()):
            raise InputError(
                f"{file}: `{name}` is not understood.",
                field=str(file),
                fix='Sections are [columns], [metadata], and ["file.csv".columns] for one file.',
            )
        if not all(isinstance(role, str) for role in entry.get("columns", {}).values()):
            raise InputError(f"{file}: a column maps to a text.", field=str(file), fix='Example: Frage = "question".')
        _check_roles(file, entry.get("columns", {}))
    return settings
