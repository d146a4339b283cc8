"""Tokens of a sentence as the gate compares them: which carry content, which are facts, which turn a meaning round."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from rag.answering.lexicon import (
    CANON,
    CURRENCIES,
    FUNCTION_EN,
    FUNCTION_ZH,
    HARMLESS_ZH,
    MONEY_ZH,
    NAME_LIKE,
    NEGATED,
    NUMBER_WORDS,
    POLARITY_EN,
    POLARITY_ZH,
    SCALES,
    UNITS,
    WORDS_ZH,
)
from rag.text.numerals import DIGITS_ZH, zh_number
from rag.text.tokens import fold, longest_first, stem

Role = Literal["function", "polarity", "content", "name", "number"]

_HAN_NUMBER = (
    r"百分之(?:[\d.]+|[一二三四五六七八九十]+)|(?<=第)[一二三四五六七八九十百]+"
    r"|(?<![几数一二三四五六七八九十周期])(?!十分(?!钟))[二三四五六七八九十两][一二三四五六七八九十百千]*"
    r"(?=[天日周月年秒米元万亿人次个岁度条章款项页名位台份倍种小分家号])"
)
_TOKEN = re.compile(
    r"[A-Za-z][A-Za-z\d]*(?:_[A-Za-z\d]+)+|[A-Za-z]+-?\d+(?:[.-]?[A-Za-z\d]+)*|\d+(?:st|nd|rd|th)\b|[$€£¥]?\d+(?:[.,:]\d+)*%?|"
    rf"{_HAN_NUMBER}|{'|'.join(longest_first([*WORDS_ZH, *MONEY_ZH]))}|"
    r"[A-Za-z\u00c0-\u024f]+(?:'[A-Za-z]+)?|[\u0370-\u03ff\u0400-\u04ff]+"
    r"|[^\W\d_]"
)
_PAUSE = re.compile(r"[\"'”’)）\s]*(?:[,，;；:：、。—–(（!！?？]|\.(?:\s|$))|[\"'”’\s]*[)）]")
_MARKUP = re.compile(r"\]\([^()\s]*\)|</?[A-Za-z][^<>]{0,200}>|https?://\S+|[*`~#|]|(?<![A-Za-z\d])_+|_+(?![A-Za-z\d])")


@dataclass(frozen=True, slots=True)
class Token:
    """`key` is what is compared; `unit` of a number is the key of the word behind it, where it is one."""

    key: str
    role: Role
    unit: str | None = None
    pause: bool = False  # whether a comma or the like follows

    @property
    def fact(self) -> bool:
        return self.role in ("name", "number")

    @property
    def content(self) -> bool:
        return self.role in ("content", "name", "number")


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[Token, ...]:
    """Tokens of a text without markup. Cached: the same passages come back for many sentences."""
    plain = _MARKUP.sub(lambda match: " " * len(match.group()), fold(text))
    plain = NEGATED.sub(" not", plain)
    harmless = {at for match in HARMLESS_ZH.finditer(plain) for at in range(match.start(), match.end())}
    han, parsed = len(_HAN.findall(plain)) > 4, list[Token]()
    for match in _TOKEN.finditer(plain):
        token = _token(match, harmless)
        if han and token.role in ("function", "content") and match.group().isascii():  # a name within Chinese
            token = replace(token, role="name")
        parsed.append(replace(token, pause=True) if _PAUSE.match(plain, match.end()) else token)
        if match.group()[0] in CURRENCIES:  # $5 reads 5 dollars
            last = parsed.pop()
            parsed += [replace(last, pause=False), Token(CURRENCIES[match.group()[0]], "content", pause=last.pause)]
    for at, (token, after) in enumerate(pairwise(parsed)):
        if token.role == "number" and token.unit is None and after.key in UNITS:
            scale = parsed[at + 2].key if after.key in CURRENCIES.values() and at + 2 < len(parsed) else ""
            parsed[at] = replace(token, unit=scale if scale in SCALES else after.key)
    return tuple(parsed)


def _token(match: re.Match[str], harmless: set[int]) -> Token:
    text = match.group()
    lower = text.lower()
    if text in WORDS_ZH:
        return Token(WORDS_ZH[text], "polarity")
    if text.startswith("百分之"):
        value = text.removeprefix("百分之")
        return Token(_plain_number(value) if value[0].isdigit() else str(zh_number(value)), "number", "percent")
    if text[0] in DIGITS_ZH or text[0] == "十":
        return Token(str(zh_number(text)), "number") if _counts(match) else _word(match, harmless)
    if text[0].isdigit() or text[0] in CURRENCIES:
        if lower.endswith(("st", "nd", "rd", "th")):
            return Token(lower, "number")
        return Token(_plain_number(text.lstrip("$€£¥")), "number", "percent" if text.endswith("%") else None)
    return _word(match, harmless)


_ALIKE = {"cannot": "not", "shall": "must", "might": "may", "min": "minimum", "max": "maximum"}
_HAN = re.compile("[\u4e00-\u9fff]")
_COUNTING = re.compile(_HAN_NUMBER)


def _counts(match: re.Match[str]) -> bool:
    """Whether a Han numeral counts something (三天), and is no part of a word (统一)."""
    counting = _COUNTING.match(match.string, match.start())
    return counting is not None and counting.end() == match.end()


def _word(match: re.Match[str], harmless: set[int]) -> Token:
    text = match.group()
    lower = text.lower()
    if "_" in text or any(char.isdigit() for char in text):  # a code or version: C2, E-4012, v7.1.2
        return Token(lower, "name")
    if len(text) == 1 and not text.isascii():
        if text in POLARITY_ZH and match.start() not in harmless:
            return Token(text, "polarity")
        return Token(lower, "function" if text in FUNCTION_ZH else "content")
    if lower in NUMBER_WORDS:
        return Token(NUMBER_WORDS[lower], "number")
    lower = lower.removesuffix("'s")
    capital = text[0].isupper() and not _opens(match)
    if lower in POLARITY_EN and not (lower == "may" and capital):
        return Token(_ALIKE.get(lower, lower), "polarity")
    if lower in FUNCTION_EN or (len(lower) == 1 and not text.isupper()):
        return Token(lower, "name" if capital and len(text) > 1 else "function")
    stemmed = stem(lower)
    key = CANON.get(stemmed, stemmed)
    return Token(key, "name" if NAME_LIKE.search(text) and not _opens(match) else "content")


def _opens(match: re.Match[str]) -> bool:
    """Whether the word begins the sentence, where a capital says nothing (unless it has more of them)."""
    before = match.string[: match.start()].rstrip()
    inner = any(char.isupper() for char in match.group()[1:])
    return not inner and (not before or before[-1] in ".!?。！？:：\n\"“”'(（-–—•")


def _plain_number(text: str) -> str:
    """Without thousands separators and per cent signs: 1,000.50% → 1000.50. Zeros stay: 2.10 may be a version."""
    text = text.rstrip("%")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    return text.lstrip("0") or "0"
