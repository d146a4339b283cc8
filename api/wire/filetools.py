"""OpenAI's `file_search` tool says where to look: a vector store is a collection, attributes are metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag.errors import InputError
from rag.text.filters import OPERATORS, check_filters


@dataclass(frozen=True, slots=True)
class FileSearch:
    """What the tool tells. `filters` as of `Scope`."""

    collection: str | None = None
    top_k: int | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)


def file_search_of(tools: Sequence[Mapping[str, Any]]) -> FileSearch:
    """The one `file_search` among the tools; other tools are not called. Raises InputError."""
    searches = [(number, tool) for number, tool in enumerate(tools) if tool.get("type") == "file_search"]
    if not searches:
        return FileSearch()
    if len(searches) > 1:
        raise InputError("there is one `file_search` tool at most.", field=f"tools.{searches[1][0]}", fix="Leave one out.")
    number, tool = searches[0]
    at = f"tools.{number}"
    stores, top_k = tool.get("vector_store_ids") or [], tool.get("max_num_results")
    if not isinstance(stores, list) or len(stores) > 1 or not all(isinstance(name, str) for name in stores):
        raise InputError("one collection can be searched.", field=f"{at}.vector_store_ids", fix="Name one, or none for all.")
    if top_k is not None and (not isinstance(top_k, int) or isinstance(top_k, bool) or not 1 <= top_k <= 100):
        raise InputError("`max_num_results` must be 1 to 100.", field=f"{at}.max_num_results", fix="Send such a number.")
    return FileSearch(stores[0] if stores else None, top_k, _filters(tool.get("filters"), f"{at}.filters"))


def _filters(node: Any, at: str) -> dict[str, Any]:
    if node is None:
        return {}
    kind = node.get("type") if isinstance(node, Mapping) else None
    if kind == "and" and isinstance(node.get("filters"), list):
        merged: dict[str, Any] = {}
        for number, one in enumerate(node["filters"]):
            for key, wanted in _filters(one, f"{at}.filters.{number}").items():
                merged[key] = _together(merged[key], wanted, f"{at}.filters.{number}") if key in merged else wanted
        return merged
    if kind in OPERATORS and isinstance(node.get("key"), str):
        value = node.get("value")
        return check_filters({node["key"]: value if kind in ("eq", "in") else {kind: value}}, at)
    raise InputError(f"only {', '.join(OPERATORS)} and `and` can be filtered by.", field=at, fix="Use those.")


def _together(one: Any, other: Any, at: str) -> dict[str, Any]:
    """Two bounds of one range."""
    both = [part if isinstance(part, Mapping) else {"in": part if isinstance(part, list) else [part]} for part in (one, other)]
    if both[0].keys() & both[1].keys():
        raise InputError("a key is compared twice in one way.", field=at, fix="Use `in` with all its values.")
    return {**both[0], **both[1]}
