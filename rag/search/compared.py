"""How a question speaks of a date, version or product that it names: `before 8.0`, `2025年3月之后`, `not for Cam 2`.

All of it looks at a question on one line, folded, in small letters.
"""

from __future__ import annotations

import re
from typing import Literal

Comparison = Literal["", "<", "<=", ">", ">="]

_BEFORE: tuple[tuple[Comparison, str], ...] = (
    (">=", r"\bsince|\bas of|\bstarting (?:from|in|with|at)|\bat least|\bno (?:earlier|older|lower) than|\bon or after|>=|≥"),
    (">=", r"\bnot (?:before|(?:earlier|older|lower) than)"),
    (">=", r"(?<![a-z])自|自从|不低于|不早于|大于等于|大于或等于|至少"),
    ("<=", r"\buntil|\btill|\bup to|\bthrough|\bby|\bno (?:later|newer|higher) than|\bat most|\bon or before|<=|≤"),
    ("<=", r"\bnot (?:after|(?:later|newer|higher) than)|\b(?:until|till|by|before) (?:the )?end of"),
    ("<=", r"截至|截止到?|不高于|不晚于|小于等于|小于或等于|最多到"),
    (">", r"\bafter|\b(?:later|newer|higher|greater|more recent) than|\babove|(?<!-)>|高于|晚于|大于"),
    ("<", r"\bbefore|\bprior to|\b(?:earlier|older|lower|less) than|\bbelow|<|低于|早于|小于"),
)
_AFTER: tuple[tuple[Comparison, str], ...] = (
    (">=", r"\+|(?:or|and) (?:later|newer|higher|above|up|onwards?|greater|after)\b|onwards?\b"),
    (">=", r"(?:及|或|和|含|以及)?(?:其|它)?(?:以上|以后|以来)|(?:及|或|和)(?:其|它)?之后"),
    (">=", r"(?:及|或者?)?(?:更高|更新|更晚)|起(?!来)|开始|至今"),
    ("<=", r"(?:or|and) (?:earlier|older|lower|below|before)\b"),
    ("<=", r"(?:及|或|和|含|以及)?(?:其|它)?以下|(?:及|或|和)(?:其|它)?(?:之前|以前)"),
    ("<=", r"(?:及|或者?)?(?:更低|更旧|更早)|为止"),
    (">", r"之后|后(?![台面端者缀门备])"),
    ("<", r"之前|以前|前(?![台面端者缀门])"),
)
_LEFT = tuple((sign, re.compile(rf"(?:{words})\s*(?:the\s+)?$")) for sign, words in _BEFORE)
_RIGHT = tuple((sign, re.compile(rf"\s*(?:版本|版)?\s*(?:{words})")) for sign, words in _AFTER)
_RANGE = re.compile(r"\s*(?:to|through|until|till|-|–|—|~|到|至)\s*(?:the\s+)?")
_BETWEEN = re.compile(r"\s*(?:and|和|与|及)\s*(?:the\s+)?")
_OPENS_BETWEEN = re.compile(r"(?:\bbetween|介于|在|从)\s*(?:the\s+)?$")
_CLOSES_BETWEEN = re.compile(r"\s*(?:版本?)?(?:之间|期间)")
_MOVED_TO = re.compile(r"(?:升级?|更新|刷|迁移|换)(?:到|至|为|成|了)?\s*$")  # `升级到 8.0 之后` is 8.0
_NOT_BEFORE = re.compile(
    r"(?:\bnot|n['’]t|\bnon-?|\bexcept|\bexcluding|\bother than|\brather than|\binstead of|\bapart from|\baside from|\bunlike"
    r"|\bno longer|\bwithout|\bbesides)(?: (?:for|on|in|with|about|of|from|to|using|use|have|having|a|an|the|my|our|your))*\s*$"
    r"|(?:(?<!是)不是|并非|非|除了|除开|除|(?<!要)不要|不含|不包括|(?<!用)不用|不针对|不适用于|(?<!有)没有|别用|(?<!在)不在)"
    r"(?:我们?的?|使?用|针对|在|于|给|关于|说|看|问|买)?\s*(?:版本|型号|产品)?\s*$"
)
_NOT_AFTER = re.compile(r"\s*(?:版本|版)?\s*(?:除外|以外|之外|不算|excluded)")
_LISTED = re.compile(r"\s*(?:,|，|、|/|or|nor|and|或者?|和|以及)\s*(?:the |my |our )?\s*")

_INSTEAD = re.compile(r"(?:\b(?:what|how) about(?: the| my| a)?|那么?|换成|改成|如果是)\s*$")
_NEAR = 30  # characters before a value that may say how it is meant: a question may be long


def comparison(text: str, start: int, end: int) -> tuple[Comparison, int, int]:
    """How the value at text[start:end] is compared, with the place of the words that say so; '' for the value itself."""
    if _MOVED_TO.search(text, max(0, start - _NEAR), start):
        return "", start, end
    for sign, pattern in _LEFT:
        if match := pattern.search(text, max(0, start - _NEAR), start):
            return sign, match.start(), end
    for sign, pattern in _RIGHT:
        if match := pattern.match(text, end):
            return sign, start, match.end()
    return "", start, end


def is_range(text: str, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether two values that follow each other are the ends of one range."""
    (start, end), (begin, stop) = first, second
    if _RANGE.fullmatch(text, end, begin):
        return True
    if not _BETWEEN.fullmatch(text, end, begin):
        return False
    return bool(_OPENS_BETWEEN.search(text, max(0, start - _NEAR), start) or _CLOSES_BETWEEN.match(text, stop))


def denied(text: str, places: list[tuple[int, int]]) -> list[bool]:
    """Of values at places in order: whether each is named as what is not meant; `not for Cam 2 or Cam 3` denies both.

    A follow-up question stands behind the one that it follows: in `… Cam 2? What about Cam 3?` the first is no longer meant.
    """
    out: list[bool] = []
    for at, (start, end) in enumerate(places):
        listed = at > 0 and out[-1] and bool(_LISTED.fullmatch(text, places[at - 1][1], start))
        if at and _INSTEAD.search(text, max(0, start - _NEAR), start):
            out, listed = [True] * at, False
        out.append(
            listed or bool(_NOT_BEFORE.search(text, max(0, start - 2 * _NEAR), start)) or bool(_NOT_AFTER.match(text, end))
        )
    return out
