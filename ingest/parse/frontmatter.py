"""The YAML block that opens many Markdown files."""

from __future__ import annotations

import datetime
import re
from typing import Any

import yaml

_BLOCK = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|$)", re.DOTALL | re.MULTILINE)
_PAIR = re.compile(r"^([A-Za-z_][\w-]*):[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_LIMIT = 20_000


def front_matter(source: str) -> tuple[str, dict[str, Any], int]:
    """Title ('' when there is none), simple values by name without the title, and how many lines the block takes."""
    match = _BLOCK.match(source)
    if match is None or match.end() > _LIMIT:
        return "", {}, 0
    values = _values(match[1])
    title = values.pop("title", "")
    return " ".join(str(title).split()), values, source.count("\n", 0, match.end()) + (not match[0].endswith("\n"))


def _values(block: str) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        # `title: TiDB: an overview` is not YAML, yet people write it.
        loaded = {name: value.strip("\"'") for name, value in _PAIR.findall(block)}
    if not isinstance(loaded, dict):
        return {}
    return {str(name): simple for name, value in loaded.items() if (simple := _simple(value)) is not None}


def _simple(value: object) -> str | int | float | bool | None:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else None
