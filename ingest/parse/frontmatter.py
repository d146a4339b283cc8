"""The block of fields that opens many Markdown files: YAML between `---` (or `---` and `...`), TOML between `+++`."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml

from ingest.parse import removed
from rag.errors import ParseError

UNPUBLISHED = "unpublished"
"""Code of the error for a document that its readers do not see (yet, or any more)."""

_YAML = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n(.*?)^\+\+\+[ \t]*(?:\r?\n|$)", re.DOTALL | re.MULTILINE)
_PAIR = re.compile(r"^([A-Za-z_][\w-]*):[ \t]+(.+?)[ \t]*$", re.MULTILINE)
_LIMIT = 20_000
_TRUE = (True, 1, "true", "yes", "1", "on")
_FALSE = (False, 0, "false", "no", "0", "off")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as quick, where PyYAML comes with libyaml
_STATES = ("status", "state", "visibility", "publish_status", "publication_status", "article_status", "状态", "发布状态")
_NOT_OUT = re.compile(
    r"drafts?|unpublished|archived?|private|internal|hidden|trash(?:ed)?|deleted|obsolete|retired|inactive|in[ _-]?review"
    r"|pending"
    r"|草稿|未发布|已归档|归档|下线|已下线|内部|废弃|已删除|待审核",
    re.IGNORECASE,
)


def front_matter(source: str) -> tuple[str, dict[str, Any], int]:
    """Title ('' when there is none), simple values by name without the title, and how many lines the block takes."""
    match = _YAML.match(source) or _TOML.match(source)
    if match is None or match.end() > _LIMIT:
        return "", {}, 0
    if match.re is _YAML and match[0].rstrip().endswith("...") and not _PAIR.search(match[1]):
        return "", {}, 0
    values = _values(match[1]) if match.re is _YAML else _toml(match[1])
    title = values.pop("title", "")
    return " ".join(str(title).split()), values, source.count("\n", 0, match.end()) + (not match[0].endswith("\n"))


def refuse_unpublished(metadata: Mapping[str, Any]) -> None:
    """Raises ParseError `unpublished` for a document whose fields say that its readers do not see it."""
    reason = unpublished(metadata)
    if reason and removed.is_on(removed.UNPUBLISHED):
        raise ParseError(
            f"The document is not published (`{reason}`).",
            code=UNPUBLISHED,
            fix=f"Publish it, or add `{removed.UNPUBLISHED}` to `ingest.clean_off` to read drafts too.",
        )


def unpublished(metadata: Mapping[str, Any]) -> str:
    """The field that keeps a document from its readers, as `name: value`; '' for one that is published."""
    for name, value in metadata.items():
        plain, simple = str(name).casefold().replace("-", "_"), value.casefold().strip() if isinstance(value, str) else value
        if plain in ("draft", "is_draft", "noindex", "no_index", "archived", "is_archived", "deleted") and simple in _TRUE:
            return f"{name}: {str(value).lower()}"
        if plain in ("published", "is_published", "public", "is_public") and simple in _FALSE:
            return f"{name}: {str(value).lower()}"
        if plain in _STATES and isinstance(value, str) and _NOT_OUT.fullmatch(value.strip()):
            return f"{name}: {value}"
    return ""


def _values(block: str) -> dict[str, Any]:
    try:
        loaded = yaml.load(block, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, RecursionError):
        # `title: TiDB: an overview` is not YAML, yet people write it.
        loaded = {name: value.strip("\"'") for name, value in _PAIR.findall(block)}
    return _kept(loaded)


def _toml(block: str) -> dict[str, Any]:
    try:
        return _kept(tomllib.loads(block))
    except (tomllib.TOMLDecodeError, ValueError):
        return {}


def _kept(loaded: object) -> dict[str, Any]:
    if not isinstance(loaded, dict):
        return {}
    return {str(name): simple for name, value in loaded.items() if (simple := _simple(value)) is not None}


def _simple(value: object) -> str | int | float | bool | None:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else None
