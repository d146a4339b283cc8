"""A place in the last answer: 第二个, step 3, the last one."""

from __future__ import annotations

import re

from rag.text.numerals import zh_number

_EN_ORDINALS = {
    word: number for number, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
}
_EN_NUMBERS = {word: number for number, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}
_ZH = re.compile(
    r"(?:第\s*([\d一二三四五六七八九十两]{1,3})|(最后)一?)\s*(?:个|条|步|项|点|种|款|步骤|方法|办法|选项"
    r"|那个)(?!月|小时|工作日|星期|季度)"
)
_ZH_STEP = re.compile(r"(?:步骤|选项|方法)\s*([\d一二三四五六七八九十]{1,3})")
_EN = re.compile(
    r"\b(?:the |your |that )?(?:(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last"
    r"|\d{1,2}(?:st|nd|rd|th)) (?:one|step|option|item|point|way|method|choice|thing|bullet|part)s?"
    r"|(?:step|option|item|number|point|bullet|no\.?) ?#?(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten))\b"
    r"|^(?:and |what about |how about )?the (first|second|third|fourth|fifth|last)\s*[?.!]*$",
    re.IGNORECASE,
)
_BARE = re.compile(r"^(?:(?:选|选择|我选|option|number|no\.?|#)\s*)?[（(]?(\d{1,2})[)）]?\s*[.。、!！]?$", re.IGNORECASE)
_ITEM = re.compile(
    r"^\s*(?:(\d{1,2})\s*[.、)）:：]\s*|[(（](\d{1,2})[)）]\s*|第([一二三四五六七八九十]+)步[:：,，、\s]*"
    r"|step (\d{1,2})[:.]?\s+|[-*•·]\s+)(?=\S)",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"[\s?？。.!！,，]*(?:(?:what(?:'s| is| was| are| about)?|how about|which|tell me|about|more|and|then"
    r"|so|please|is|the|do i do|does it say|in|details|explain|"
    r"那么?|是|什么|呢|怎么样?|具体|详细|说说|再|请|一下|我|想|问|看|的|内容|讲|做|怎么做|如何|介绍)[\s?？。.!！,，]*)*",
    re.IGNORECASE,
)
_MARKER = re.compile(r"\s*\[\d+\]")
_LONGEST = 80  # characters; a longer message says itself what it is about
_ANSWER = 8_000  # characters of an answer that are looked at


def position(text: str) -> int | None:
    """Which item of the last answer a message asks for: 1 for the first, -1 for the last; None when it names none.

    A bare number counts: it answers a question back.
    """
    line = " ".join(text.split())
    if len(line) > _LONGEST:
        return None
    if match := _BARE.match(line):
        return int(match[1]) or None
    if match := _ZH.search(line) or _ZH_STEP.search(line):
        return _number(match[1]) if match[1] else -1
    if match := _EN.search(line):
        ordinal = next(part for part in match.groups() if part).lower()
        if ordinal == "last":
            return -1
        return _EN_ORDINALS.get(ordinal) or _EN_NUMBERS.get(ordinal) or int(re.sub(r"\D", "", ordinal))
    return None


def items(answer: str) -> list[str]:
    """The items of an answer's list, in order, without numbers and citation marks; its lines, where it marks none."""
    lines = [line for one in answer.splitlines() if (line := _MARKER.sub("", one).strip())]
    marked = [line for line in lines if _ITEM.match(line)]
    listed = marked if len(marked) > 1 else lines
    return [_ITEM.sub("", line).strip() for line in listed] if len(listed) > 1 else []


def item(text: str, answer: str) -> str | None:
    """What stands at the place that a message asks for in the last answer, with what else it says: `step 2 fails, why?`.

    None where it names no place, or the answer has no such place.
    """
    if (place := position(text)) is None:
        return None
    listed = items(answer[:_ANSWER])
    if not listed or place > len(listed):
        return None
    entry = listed[place - 1] if place > 0 else listed[-1]
    rest = _rest(text)
    return f"{entry} {rest}" if rest else entry


def _rest(text: str) -> str:
    """What a message says beside the place; '' where that is only a question word."""
    if _BARE.match(text):
        return ""
    left = next(rule.sub(" ", text, count=1) for rule in (_ZH, _ZH_STEP, _EN) if rule.search(text))
    return "" if _NOTHING.fullmatch(left) else " ".join(left.split())


def _number(text: str) -> int:
    """1 to 99, in digits or Chinese."""
    if text.isdigit():
        return int(text)
    return zh_number(text)
