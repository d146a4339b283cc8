"""Pages written from top to bottom, columns from right to left, turned so that columns are lines."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

_SHARE = 0.6  # of the letters, or of the steps from one to the next
_FEW = 4
_TOUCHING = 0.6  # font sizes between two characters of one word
_FORMS = range(0xFE10, 0xFE50)  # punctuation as it is drawn in vertical writing

Word = dict[str, Any]


def is_vertical(chars: list[Word]) -> bool:
    """Whether most of a page's letters stand below each other: by their writing mode, or by where they were put."""
    printed = [char for char in chars if char["text"].strip()]
    if len(printed) < _FEW:
        return False
    if sum(1 for char in printed if (char.get("adv") or 0) < 0) > _SHARE * len(printed):
        return True
    wide = [char for char in printed if unicodedata.east_asian_width(char["text"][0]) in "WF" and char.get("upright", True)]
    if len(wide) < _SHARE * len(printed):
        return False
    down = across = 0
    for first, second in pairwise(wide):
        size = float(first["size"]) or 1.0
        x, y = (float(second[name]) - float(first[name]) for name in ("x0", "top"))
        down += abs(x) < 0.2 * size and 0.5 * size < y < 2.5 * size
        across += abs(y) < 0.2 * size and 0.5 * size < x < 2.5 * size
    return down > _FEW and down > _SHARE * (down + across)


def vertical_words(page: Any) -> list[Word]:
    """The words of such a page with the coordinates they have once columns are lines."""
    width = float(page.width)
    turned: list[Word] = []
    for char in page.chars:
        text = "".join(unicodedata.normalize("NFKC", one) if ord(one) in _FORMS else one for one in char["text"])
        if not text.strip():
            continue
        x0, x1, top, bottom = (float(char[name]) for name in ("x0", "x1", "top", "bottom"))
        turned.append(
            {
                "text": text,
                "x0": top,
                "x1": bottom,
                "top": width - x1,
                "bottom": width - x0,
                "size": float(char["size"]),
                "fontname": char.get("fontname") or "",
                "upright": True,
            }
        )
    turned.sort(key=lambda word: (round(word["top"] / max(word["size"], 1)), word["x0"]))
    words: list[Word] = []
    for char in turned:
        last = words[-1] if words else None
        same = last is not None and abs(last["top"] - char["top"]) < 0.5 * char["size"] and last["size"] == char["size"]
        if last is not None and same and -1 < char["x0"] - last["x1"] < _TOUCHING * char["size"]:
            last["text"] += char["text"]
            last["x1"] = char["x1"]
        else:
            words.append(char)
    return words
