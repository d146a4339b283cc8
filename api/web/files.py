"""Files that pages load, from the package: read, compressed and hashed once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, as it is and compressed; `tag` is a hash of it."""

    plain: bytes
    gzipped: bytes
    tag: str
    media_type: str


@lru_cache(maxsize=64)
def asset(name: str) -> Asset | None:
    """The file of that name; None where there is none. A name is no path."""
    path = STATIC / name
    if "/" in name or "\\" in name or name.startswith(".") or not path.is_file():
        return None
    plain = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(plain, gzip.compress(plain, 9, mtime=0), hashlib.sha256(plain).hexdigest()[:20], kind)


def address(name: str) -> str:
    """Where a page loads it from: the address changes with the content, so that it may be kept for ever."""
    file = asset(name)
    if file is None:
        raise FileNotFoundError(name)
    return f"/web/{name}?v={file.tag}"


def reply(request: Request, file: Asset, *, cache: str) -> Response:
    """The file as a response: compressed where the browser takes that, 304 where it has it."""
    headers = {
        "ETag": f'"{file.tag}"',
        "Cache-Control": cache,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",  # the widget stands on other sites
    }
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    if "gzip" in request.headers.get("accept-encoding", "") and len(file.gzipped) < len(file.plain):
        return Response(file.gzipped, 200, headers | {"Content-Encoding": "gzip"}, file.media_type)
    return Response(file.plain, 200, headers, file.media_type)
