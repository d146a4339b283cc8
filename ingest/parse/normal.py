"""White space of a text that is written anew."""

from __future__ import annotations

import re

_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
_LINE_EDGES = re.compile(r" ?\n ?")


def normalise(text: str) -> str:
    """Runs of spaces become one, lines lose their edges, blank lines fold into one, NUL and soft hyphens go."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    text = text.replace("\x00", "").replace("\u00ad", "").replace("\u200b", "").replace("\ufeff", "")
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINE_EDGES.sub("\n", _BLANK_LINES.sub("\n\n", text)).strip()


def one_line(text: str) -> str:
    """The text on one line: a heading, a cell."""
    return " ".join(normalise(text).split())
