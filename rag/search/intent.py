"""Messages that are not searched: greetings, thanks, goodbyes, a wish for a person, a complaint, who are you, nothing at all.

A message is small talk when each of its pieces is: `Hi, how do I return this?` and 人工客服的电话是多少 are questions. Only
whole pieces are compared, so one word more than courtesy makes a question; how, where and when to reach a person are
questions too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from rag.domain import Intent
from rag.search import intent_en, intent_zh, lacking_en, lacking_zh
from rag.text.tokens import is_chinese

_LONGEST = 160  # characters; more than that is no small talk
_LONGEST_ZH = 40  # of one Chinese piece
_PIECES = re.compile(r"\s*(?:[,，。!！?？;；:：~～、…\n]|\.(?!\d))+\s*")
_BREAK = re.compile(r"(?<=[,，。!！?？;；~～…\n])\s*|(?<=\.)\s+")
_ORDER: tuple[Intent, ...] = ("person", "complaint", "identity", "goodbye", "thanks", "greeting")
_REMARK = 48  # characters
_MARK = re.compile("[?？]")
_FIRM: frozenset[Intent] = frozenset(("person", "complaint"))  # said plainly, whatever stands beside it
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'"})


def of(text: str) -> Intent | None:
    """What a message is when it asks nothing that documents could answer; None for a question."""
    if len(text) > _LONGEST:
        return None
    pieces = _pieces(text)
    if not pieces:
        return "empty"
    judged = [(piece, _piece(piece)) for piece in pieces]
    known = {intent for _, intent in judged if intent is not None}
    if any(intent is None and not (known & _FIRM and _remark(piece, text)) for piece, intent in judged):
        return None
    return next((intent for intent in _ORDER if intent in known), "empty")


def _remark(piece: str, text: str) -> bool:
    """Whether a piece beside a wish for a person only says why: `This isn't helping, get me a person`."""
    asks = lacking_zh.asks if is_chinese(piece) else lacking_en.asks
    return len(piece) <= _REMARK and not asks(piece) and not _MARK.search(text)


def without_courtesy(text: str) -> str:
    """A question without the greeting before it and the thanks after it: `你好，怎么退款？谢谢` is searched as 怎么退款？

    As it is, where nothing else would be left.
    """
    if len(text) > 4 * _LONGEST:
        return text
    parts = [part for part in _BREAK.split(text) if part.strip()]
    first, end = 0, len(parts)
    while first < end - 1 and _courtesy(parts[first]):
        first += 1
    while end > first + 1 and _courtesy(parts[end - 1]):
        end -= 1
    left = " ".join(parts[first:end]) if end - first < len(parts) else text
    left = _GREETED.sub("", left).strip()
    return left if any(char.isalnum() for char in left) else text


_GREETED = re.compile(
    r"^\s*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?\s+(?=\w+ \w)|(?:你好|您好|哈喽"
    r"|嗨)[啊呀]?\s*(?=[\u4e00-\u9fff]{2}))",
    re.I,
)


def _courtesy(part: str) -> bool:
    pieces = _pieces(part)
    return bool(pieces) and all(_piece(piece) in ("greeting", "thanks", "goodbye", "empty") for piece in pieces)


def off_task(text: str) -> bool:
    """Whether something is demanded that no document answers: a poem, a joke, a translation, homework, a sum."""
    line = " ".join(unicodedata.normalize("NFKC", text[:_LONGEST]).translate(_QUOTES).lower().split())
    return any(rule.search(line) for rule in (intent_en.OFF_TASK, intent_zh.OFF_TASK))


def _pieces(text: str) -> list[str]:
    """What stands between punctuation, in small letters, without emoji."""
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    plain = "".join(char if unicodedata.category(char)[0] in "LNP" or char in "$+%" else " " for char in folded)
    pieces = (_EDGES.sub("", " ".join(piece.split())) for piece in _PIECES.split(plain))
    return [piece for piece in pieces if piece]


def _piece(piece: str) -> Intent | None:
    """One piece; a greeting or thanks may stand before another without punctuation."""
    for rules in (intent_zh, intent_en) if is_chinese(piece) else (intent_en, intent_zh):
        rest = piece if rules is intent_en else piece[: _LONGEST_ZH + 1]
        if len(rest) > _LONGEST_ZH and rules is intent_zh:
            continue
        while rest:
            if (intent := _whole(rest, rules.WHOLE)) is not None:
                return intent
            shorter = rules.BEFORE.sub("", rest, count=1).strip()
            if shorter == rest:
                break
            if not shorter:
                return "greeting"
            rest = shorter
    return None


def _whole(piece: str, rules: Mapping[Intent, re.Pattern[str]]) -> Intent | None:
    return next((intent for intent, rule in rules.items() if rule.fullmatch(piece)), None)
