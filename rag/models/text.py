"""Text as tokenizers accept it."""

from __future__ import annotations


def encodable(text: str) -> str:
    """`text` with lone surrogates (broken halves of UTF-16 pairs, as bad JSON holds them) replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
