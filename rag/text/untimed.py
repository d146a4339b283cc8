"""Titles and questions without the words that say when something holds."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.dates import dates
from rag.text.tokens import one_line

_VERSIONED = re.compile(
    r"\b(?:version|edition|revision|rev\.?|ver\.?|v)\s*\d+(?:\.\d+)*\b|\b(?:first|second|third|fourth|fifth|\d+(?:st|nd|rd"
    r"|th)|current|previous"
    r"|former|old|new|latest)\s+(?:version|edition|revision)\b|第\s*[一二三四五六七八九十\d]+\s*[版次]|(?:现行|最新|当前|旧"
    r"|新|历史|上一)版本?|版本?(?=\W|$)"
    r"|\b(?:[a-z]|i{1,3}|iv|v|vi)\b(?=\W|$)"
)
_VALIDITY_WORDS = re.compile(
    r"\b(?:in force|valid|effective|applies|edition|version|revision|since|from|until|till|through|to|on|of|as|the|and|before"
    r"|after|former|old|previous|current|new|now)\b"
    r"|生效|施行|实施|执行|有效|以前|之前|以后|之后|旧|原|新|现行|起|至|止|自|从|年|月|日|版|前|后"
)


@lru_cache(maxsize=20_000)
def stripped(text: str) -> str:
    """A title or heading without years, periods and the number of its version, in small letters: equal for versions of one
    thing."""
    plain = one_line(text)
    for start, end, _ in reversed(dates(plain)):
        plain = plain[:start] + plain[end:]
    plain = re.sub(r"(?:19|20)\d\d\s*(?:年度?)?", "", plain)
    plain = _VERSIONED.sub("", plain)
    plain = re.sub(r"[(\[（][^()\[\]（）]*[)\]）]", "", plain)
    return re.sub(r"[\W_]+", "", _VALIDITY_WORDS.sub("", plain))


def stripped_words(text: str) -> str:
    """The text without words that say when it holds."""
    plain = one_line(text)
    for start, end, _ in reversed(dates(plain)):
        plain = plain[:start] + plain[end:]
    return _VALIDITY_WORDS.sub(" ", plain)
