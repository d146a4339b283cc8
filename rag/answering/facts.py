"""Tokens of a sentence as the gate compares them: which carry content, which are facts, which turn a meaning round."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from rag.library.tokens import fold, stem

Role = Literal["function", "polarity", "content", "name", "number"]

_TOKEN = re.compile(
    r"[A-Za-z]+-?\d+(?:[.-]?[A-Za-z\d]+)*|\d+(?:[.,:]\d+)*%?|[A-Za-z\u00c0-\u024f]+(?:'[A-Za-z]+)?|[\u0370-\u03ff\u0400-\u04ff]+"
    r"|[^\W\d_]"
)
_PAUSE = re.compile(r"[\"'”’)\s]*[,，;；:：、。—–]")
_MARKUP = re.compile(r"\]\([^()\s]*\)|<[^<>]{1,200}>|https?://\S+|[*_`~#|]")

_FUNCTION_EN = frozenset(
    (
        "a an the and or of in on at to for from by with as is are was were be been being am do does did doing has have had "
        "having i me my we us our you your he him his she her it its they them their this that these those there here which "
        "who whom whose what when where why how can could will would shall should may might must if then than so such but "
        "into about up down out again also s t ll re ve d m please just via per etc e g i one's itself themselves however "
        "therefore thus while because since although though both each while during within according let get got when whether "
        "simply need needs needed want wants using use used able hence yes okay well as too not_"
    ).split()
)
# Words of which one more or less makes another meaning.
_POLARITY_EN = frozenset(
    (
        "no not never none neither nor nobody nothing nowhere cannot without unless hardly barely rarely seldom except only "
        "before after more less most least fewer above below over under always sometimes all any some every "
        "minimum maximum exactly approximately about_ unable impossible failed fails fail refuse refused deny denied lack lacks"
    ).split()
)
_NEGATED = re.compile(r"\b(ca|wo|sha)?(n['’]t)\b|n['’]t\b", re.IGNORECASE)
_FUNCTION_ZH = frozenset(
    "的了在是和与及或也都就而且并把被将会可以您你我他她它们这那其之于为对由向请吧呢吗啊呀嘛么很更还又则便即若如果着地得个些该此所因但且个有要需想让给到从时候能够进行"
)
_POLARITY_ZH = frozenset("不没无未非勿别禁莫否免拒")
# Where such a character is part of another word, it turns nothing round.
_HARMLESS_ZH = re.compile(
    r"不仅|不但|不过|不同|不断|不少|不久|不论|不管|不管怎样|差不多|不锈|不妨|无论|无线|无关紧要|非常|并非常|未来|别人|特别|分别|区别|类别|"
    r"级别|性别|识别|个别|告别|无疑|不禁|无限|莫斯|莫名|非洲|未必然|是否|能否|可否|避免|免费|免疫|以免|没关系|否则|无数|不得不|无不|"
    r"除非|南非|非法|无法无天|别墅|辨别|鉴别|派别|不可避免"
)
_UNITS = frozenset(
    stem(word)
    for word in (
        "day hour minute second year month week mile metre meter kilometre kilometer foot feet inch inches percent million "
        "billion thousand trillion hundred dollar euro pound yuan cent kg km cm mm gb mb kb tb ghz mhz watt volt degree times "
        "people working business calendar pages points"
    ).split()
) | frozenset("天日周月年秒米元万亿千百人次个岁度吨克斤里页分时名位台件条倍种套家号点")
_NAME_LIKE = re.compile(r"[A-Z]")

_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
_NUMBER_WORDS |= {"first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th"}
del _NUMBER_WORDS["one"]  # more often a pronoun

# Words that may stand for each other. Small on purpose: each group must be safe in every text.
_SAME = [
    "big large", "begin began begun start commence", "end finish conclude", "buy purchase", "show display", "allow permit let",
    "help assist", "require need", "receive get obtain", "choose select pick", "remove delete", "fix repair",
    "people person", "kid child children", "movie film", "shop store", "quick fast rapid",
    "usually normally typically generally",
    "approximately about around roughly", "many numerous", "near close", "contact reach", "located situated", "email mail",
    "phone telephone", "picture image photo", "error fault", "also too", "turn switch", "click press tap", "enter type input",
    "set configure", "make create", "give provide", "tell inform", "build construct", "kill slay", "country nation",
    "company firm", "important significant", "major main", "different distinct", "area region", "called named", "because since",
]  # fmt: skip
_CANON: dict[str, str] = {}
for _group in _SAME:
    _first, *_rest = (stem(word) for word in _group.split())
    for _word in (_first, *_rest):
        _CANON.setdefault(_word, _CANON.get(_first, _first))


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
    plain = _NEGATED.sub(" not", plain)
    harmless = {at for match in _HARMLESS_ZH.finditer(plain) for at in range(match.start(), match.end())}
    found = []
    for match in _TOKEN.finditer(plain):
        token = _token(match, harmless)
        found.append(replace(token, pause=True) if _PAUSE.match(plain, match.end()) else token)
    for at, (token, after) in enumerate(pairwise(found)):
        if token.role == "number" and after.key in _UNITS:
            found[at] = replace(token, unit=after.key)
    return tuple(found)


def _token(match: re.Match[str], harmless: set[int]) -> Token:
    text = match.group()
    lower = text.lower()
    if text[0].isdigit():
        return Token(_plain_number(text), "number")
    if any(char.isdigit() for char in text):  # a code or version: C2, E-4012, v7.1.2
        return Token(lower, "name")
    if len(text) == 1 and not text.isascii():
        if text in _POLARITY_ZH and match.start() not in harmless:
            return Token(text, "polarity")
        return Token(lower, "function" if text in _FUNCTION_ZH else "content")
    if lower in _NUMBER_WORDS:
        return Token(_NUMBER_WORDS[lower], "number")
    lower = lower.removesuffix("'s")
    if lower in _POLARITY_EN:
        return Token({"cannot": "not"}.get(lower, lower), "polarity")
    if lower in _FUNCTION_EN or (len(lower) == 1 and not text.isupper()):
        return Token(lower, "function")
    stemmed = stem(lower)
    key = _CANON.get(stemmed, stemmed)
    return Token(key, "name" if _NAME_LIKE.search(text) and not _opens(match) else "content")


def _opens(match: re.Match[str]) -> bool:
    """Whether the word begins the sentence, where a capital says nothing (unless it has more of them)."""
    before = match.string[: match.start()].rstrip()
    inner = any(char.isupper() for char in match.group()[1:])
    return not inner and (not before or before[-1] in ".!?。！？:：\n\"“”'(（-–—•")


def _plain_number(text: str) -> str:
    """Without thousands separators, ends of zeros and per cent signs: 1,000.50% → 1000.5."""
    text = text.rstrip("%")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    if re.fullmatch(r"\d+\.\d+", text):
        text = text.rstrip("0").rstrip(".")
    return text.lstrip("0") or "0"
