"""A sentence as chat windows show it: they read Markdown (GFM), also where the writer meant none."""

from __future__ import annotations

import re

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_ENDS = "，。；：！？、）】」』》〉”’…（【「《“‘"
# markdown-it, marked and remark-gfm end an automatic link at a space and at ASCII punctuation, never at Chinese.
_ADDRESS = re.compile(rf"((?:https?://|www\.)[^\s<>\"|{_ENDS}]*[^\s<>\"|{_ENDS})])(?=[{_ENDS}])")
# Two of them on a line strike out what is between (marked, remark-gfm).
_RANGE = re.compile(r"(?<=[\w%°℃℉′″元）)])~(?=[\d¥￥$€£约+\-−.])")


def for_chat(text: str) -> str:
    """The same words, with a space behind an address that Chinese punctuation follows, and `～` in ranges; code as it is."""
    parts = _CODE.split(text)
    parts[::2] = [_RANGE.sub("～", _ADDRESS.sub(r"\1 ", part)) for part in parts[::2]]
    return "".join(parts)
