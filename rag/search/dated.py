"""Dates that a question asks for: none where it only tells when its writer bought something."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text.dates import dates
from rag.text.intervals import Days

_OWN_EVENT = re.compile(
    r"\b(?:i|we|i've|we've)\b.{0,12}\b(?:bought|purchased|ordered|got|received|registered|subscribed|signed up|installed)\b"
    r"|\b(?:bought|purchased|ordered|warranty|receipt|invoice)\b|购买|买的|买了|购入|下单|收到|到货|保修|质保|发票|注册的|入手"
)


def dates_in(text: str) -> Sequence[tuple[int, int, Days]]:
    """(start, end, days) in order, of a question on one line in small letters; none where it tells when its writer bought."""
    return [] if _OWN_EVENT.search(text) else dates(text)
