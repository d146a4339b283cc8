"""Rules that drop blocks nobody would quote. `Parsed.text` never changes, so citations stay exact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from rag.domain import Block, Parsed

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.{0,2000}?-->|!\[[^\]]{0,500}\]\([^)]{0,1000}\)", re.DOTALL)
_GARBAGE_SHARE = 0.2
_DUPLICATE_LENGTH = 20

Seen = set[tuple[object, ...]]
"""What the rules remember within one document."""


def clean(parsed: Parsed) -> tuple[Parsed, dict[str, int]]:
    """Returns the document without the blocks that a rule drops, and how many each rule dropped."""
    counts = {name: 0 for name, _ in RULES}
    kept: list[Block] = []
    seen: Seen = set()
    for block in parsed.blocks:
        text = parsed.text[block.start : block.end]
        dropped = next((name for name, drops in RULES if drops(text, block, seen)), None)
        if dropped is None:
            kept.append(block)
        else:
            counts[dropped] += 1
    return replace(parsed, blocks=tuple(kept)), counts


def _markup_only(text: str, block: Block, seen: Seen) -> bool:
    """Nothing but punctuation, rules, images and tags."""
    return not any(char.isalnum() for char in text) or not any(char.isalnum() for char in _TAG.sub("", text))


def _garbage(text: str, block: Block, seen: Seen) -> bool:
    """More than a fifth replacement, private-use and control characters: a wrong encoding, a font without a map."""
    bad = sum(char == "\ufffd" or (unicodedata.category(char) in ("Cc", "Co", "Cn") and char not in "\t\n\r") for char in text)
    return bad > len(text) * _GARBAGE_SHARE


def _duplicate(text: str, block: Block, seen: Seen) -> bool:
    """The same text once more in the same section. Short lines recur rightly (`Click **Next**.`), so do FAQ answers."""
    normalised = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if len(normalised) < _DUPLICATE_LENGTH:
        return False
    values = tuple(sorted(block.fields.items())) if block.kind in ("faq", "case") else ()
    key = (normalised, block.kind, block.section, block.header, block.keys, values)
    if key in seen:
        return True
    seen.add(key)
    return False


RULES: tuple[tuple[str, Callable[[str, Block, Seen], bool]], ...] = (
    ("markup_only", _markup_only),
    ("garbage", _garbage),
    ("duplicate", _duplicate),
)
