"""Bytes to text: byte order marks, UTF-8/16, Chinese encodings by own plausibility, the rest by charset-normalizer."""

from __future__ import annotations

import codecs
import re
from functools import cache

from rag.errors import ParseError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_FREQUENT = frozenset(
    "的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小多天而能好都然没日于起"
    "还发成事只作当想看文无开用主行方又如前所本见经面公同已从动两长請設定您與為時會個對應後開關點擊這請问请点击设置使保存入"
)
_WESTERN = frozenset("àáâãäåçèéêëìíîïñòóôõöøùúûüýßÀÁÂÄÅÇÈÉÊËÍÎÑÓÔÖØÚÜœæŒÆ’‘“”–—…•€£©®™°«»·§¿¡\u00a0²")
_SAMPLE = 200_000


def decode(content: bytes, declared: str | None = None) -> str:
    """The text of `content` without its byte order mark; nothing else is changed, line ends included.

    `declared`: an encoding that the file or its sender names; believed only when the bytes decode in it without error.

    Raises:
        ParseError: `binary` when the bytes are not text, `unreadable` when no encoding fits.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if (text := _strict(content, "utf-8")) is not None and "\x00" not in text:
        return text
    for encoding in ("utf-16-le", "utf-16-be"):
        if (text := _strict(content, encoding)) is not None and _is_plain(text):
            return text
    sample = content[:_SAMPLE]
    if len(_CONTROL.findall(sample)) > len(sample) // 50 or sample.count(0) > len(sample) // 500:
        raise ParseError(
            "The file is binary, not text.", code="binary", fix="Send the document itself, or give its right file name."
        )
    if declared and (text := _strict(content, declared)) is not None:
        return text
    for guess in (_chinese, _damaged_utf8, _western, _guessed):
        if (text := guess(content)) is not None:
            return text
    raise ParseError("The text is in no encoding we know.", code="unreadable", fix="Save the file as UTF-8 and send it again.")


def _strict(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _is_plain(text: str) -> bool:
    """Whether bytes read as UTF-16, which nearly any bytes can be, are text: ASCII and everyday Chinese, no controls."""
    sample = text[: _SAMPLE // 2]
    foreign = _NOT_ASCII.findall(sample)
    everyday = _everyday("gb2312") | _everyday("big5")
    known = sum(map(everyday.__contains__, foreign))
    return known >= len(foreign) * 0.8 and not any(ord(char) < 32 and char not in "\t\n\r\f" for char in sample)


def _chinese(content: bytes) -> str | None:
    """GB18030 or Big5, whichever gives the more everyday characters.

    Nearly any bytes decode as GB18030, into rare characters. Real text consists of the levels that both standards set
    apart for everyday characters (GB 2312 rows 16–55, Big5 A4–C6) and of full-width punctuation.
    """
    best: tuple[float, str] | None = None
    for encoding in ("gb18030", "big5hkscs"):
        if (text := _strict(content, encoding)) is None:
            continue
        share = everyday_share(text, encoding)
        if share > 0.8 and (best is None or share > best[0]):
            best = (share, text)
    return best[1] if best else None


def everyday_share(text: str, encoding: str) -> float:
    """Share of everyday characters among those that are not ASCII (0 when there are none)."""
    foreign = _NOT_ASCII.findall(text[:_SAMPLE])
    if len(foreign) > 40 and sum(map(_FREQUENT.__contains__, foreign)) < len(foreign) * 0.03:
        return 0.0  # Korean and Japanese bytes fall on everyday Chinese characters, but on arbitrary ones
    everyday = _everyday("big5") if encoding == "big5hkscs" else _everyday("gb2312")
    return sum(map(everyday.__contains__, foreign)) / max(1, len(foreign))


@cache
def _everyday(narrow: str) -> frozenset[str]:
    leads = range(0xB0, 0xD8) if narrow == "gb2312" else range(0xA4, 0xC7)
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    pairs = (bytes((lead, trail)) for lead in (0xA1, 0xA3, *leads) for trail in trails)
    return frozenset(char for pair in pairs if (char := _strict(pair, narrow)) is not None) | frozenset("…—“”‘’·")


def _damaged_utf8(content: bytes) -> str | None:
    """UTF-8 in which a few bytes are broken: better a mark here and there than another encoding throughout."""
    text = content.decode("utf-8", "replace")
    foreign = len(_NOT_ASCII.findall(text[:_SAMPLE]))
    return text if foreign and text[:_SAMPLE].count("\ufffd") < foreign * 0.05 else None


def _western(content: bytes) -> str | None:
    """Windows-1252, which charset-normalizer takes for Central European: Latin letters with an accent here and there."""
    text = _strict(content, "cp1252")
    if text is None:
        return None
    foreign = _NOT_ASCII.findall(text[:_SAMPLE])
    letters = sum(char.isalpha() for char in text[:_SAMPLE])
    fits = sum(char in _WESTERN for char in foreign) >= len(foreign) * 0.95 and len(foreign) < letters * 0.4
    return text if fits else None


def _guessed(content: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_SAMPLE]).best()
    return content.decode(best.encoding, "replace") if best else None
