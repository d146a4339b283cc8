"""JSON replies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

INDEX_VERSION = "X-Index-Version"
REQUEST_ID = "X-Request-Id"


class Json(Response):
    """A reply in JSON. `index_version`: the version it was made from; None: the ledger's head is named."""

    media_type = "application/json"

    def __init__(
        self,
        content: Any,
        status_code: int = 200,
        *,
        index_version: int | None = None,
        headers: Mapping[str, str] | None = None,
    ):
        version = {} if index_version is None else {INDEX_VERSION: str(index_version)}
        super().__init__(content, status_code, {**(headers or {}), **version})

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)
