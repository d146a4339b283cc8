"""Text that was decoded with the wrong encoding somewhere on its way to us, put right where that is certain.

UTF-8 read as Windows-1252 by ftfy; for Chinese, which ftfy leaves alone, UTF-8 read as GBK and GBK read as Latin-1.
"""

from __future__ import annotations

import re

from ingest.parse.decode import everyday_share

_WESTERN = re.compile("[\u0080-\u00ff\u0152-\u0192\u02c6-\u02dc\u2013-\u2122]{2}")
_HAN = re.compile("[\u3400-\u9fff\ue000-\uf8ff]")
_SURE = 0.9  # share of everyday characters in the repaired text
_DOUBT = 0.6  # share of them in the text as it is, above which it is left alone
_MIN = 3  # Chinese characters, under which chance may play


def repaired(line: str) -> str | None:
    """The line as it was meant, or None when it is right as it is or nothing is certain."""
    if line.isascii():
        return None
    if _HAN.search(line):
        return _utf8_as_gbk(line)
    if _WESTERN.search(line) is None:
        return None
    return _gbk_as_latin(line) or _utf8_as_western(line)


def _utf8_as_western(line: str) -> str | None:
    """`cafÃ©` → `café`."""
    from ftfy import fix_encoding

    better = fix_encoding(line)
    return better if better != line else None


def _gbk_as_latin(line: str) -> str | None:
    """`ÖÐÎÄ` → `中文`."""
    try:
        better = line.encode("latin-1").decode("gb18030")
    except UnicodeError:
        try:
            better = line.encode("cp1252").decode("gb18030")
        except UnicodeError:
            return None
    if len(_HAN.findall(better)) < _MIN or everyday_share(better, "gb18030") < _SURE:
        return None
    return better


def _utf8_as_gbk(line: str) -> str | None:
    """`涓枃` → `中文`, when no byte was lost on the way."""
    try:
        better = line.encode("gb18030").decode("utf-8")
    except UnicodeError:  # as all but all Chinese lines
        return None
    if everyday_share(line, "gb18030") > _DOUBT:
        return None
    if len(_HAN.findall(better)) < 2 or everyday_share(better, "gb18030") < _SURE:
        return None
    return better
