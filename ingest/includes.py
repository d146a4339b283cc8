"""Parts that a page of reStructuredText, AsciiDoc or Org includes: put in, as long as they stand below the page's own root."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_DEPTH_LIMIT = 8
_BYTES_LIMIT = 4 * 2**20
_PATTERNS = {
    "rst": re.compile(
        r"^(?P<indent>[ \t]*)\.\. include::[ \t]+(?P<path>\S[^\n]*?)[ \t]*(?P<options>(?:\n[ \t]+:[\w-]+:[^\n]*)*)$", re.M
    ),
    "adoc": re.compile(r"^(?P<indent>)include::(?P<path>[^\[\n]+)\[(?P<options>[^\n]*)\][ \t]*$", re.M),
    "org": re.compile(r"^(?P<indent>[ \t]*)#\+include:[ \t]+\"(?P<path>[^\"\n]+)\"(?P<options>[^\n]*)$", re.M | re.I),
}
_KINDS = {".rst": "rst", ".rest": "rst", ".adoc": "adoc", ".asciidoc": "adoc", ".asc": "adoc", ".org": "org"}
_CODE = re.compile(r":(?:literal|code|start|end)|\b(?:src|example|lines|tags?)\b", re.IGNORECASE)


def whole(path: Path, content: bytes, root: Path) -> bytes:
    """The page with what it includes; other files, and what cannot be read, as they are."""
    kind = _KINDS.get(path.suffix.lower())
    if kind is None or not _PATTERNS[kind].search(text := content.decode("utf-8", "replace")):
        return content
    left = _BYTES_LIMIT
    inside = root.resolve()

    def put_in(text: str, folder: Path, depth: int) -> str:
        return _PATTERNS[kind].sub(_from(folder, depth), text)

    def _from(folder: Path, depth: int) -> Callable[[re.Match[str]], str]:
        def written(match: re.Match[str]) -> str:
            nonlocal left
            target = (folder / match["path"].strip()).resolve()
            named = target.suffix.lower() in _KINDS or target.suffix.lower() in (".txt", ".inc", ".rsti")
            if depth >= _DEPTH_LIMIT or _CODE.search(match["options"]) or not named or not target.is_relative_to(inside):
                return match[0]
            try:
                content = target.read_bytes()
            except OSError:
                return match[0]
            left -= len(content)
            if left < 0:
                return match[0]
            part = put_in(content.decode("utf-8", "replace").strip("\n"), target.parent, depth + 1)
            return "\n".join(f"{match['indent']}{line}" if line else line for line in part.splitlines())

        return written

    return put_in(text, path.parent, 0).encode()
