"""Which kind of thing a question asks for, and whether such a thing stands in a text: a price, a time, a number of something.

A passage about the right topic that holds no amount of money does not say what something costs, however near it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.text.term_coverage import word_set
from rag.text.tokens import is_chinese

Kind = Literal[
    "price",
    "contact",
    "duration",
    "when",
    "amount",
    "where",
    "who",
    "reason",
    "steps",
    "definition",
    "yes_no",
    "which",
    "other",
]

MEASURABLE: frozenset[str] = frozenset({"price", "contact", "duration", "when", "amount"})
"""Kinds whose presence the shape of a text tells; of the others words tell little."""

_UNIT_EN = r"(?:second|minute|hour|day|week|month|year|decade|centur(?:y|ie)|business day|working day)s?"
_UNIT_ZH = r"(?:秒|分钟|小时|钟头|天|日|周|星期|个?月|年|世纪|个?工作日|季度)"
_COUNTED_ZH = (
    r"(?:个|次|台|位|种|款|人|条|件|张|层|套|名|家|支|座|部|页|倍|米|公里|公斤|斤|度|级|岁|份|步|项|类|块|路|间|所|篇|本)"
)

_SHAPES: tuple[tuple[Kind, str], ...] = (
    (
        "contact",
        r"(?:(?<!打)(?<!分钟)(?<!接)电话|热线|邮箱|邮件地址|联系方式|微信号?|传真)(?:号码?|地址)?(?:是|为)?(?:多少|什么|几号|有吗|呢)?[？?]?$"
        r"|(?:电话|热线|邮箱|微信)(?:号码?|地址)?(?:是|为)?(?:多少|什么|几号)|怎么联系|如何联系|联系谁|找谁联系"
        r"|\b(?:(?:tele)?phone numbers?|hotline|fax number|e-?mail address|contact (?:number|details|address))\b"
        r"|\bhow (?:can|do|to) (?:i |we |you )?(?:contact|reach|call) (?:you|us|the (?:team|support)|support|customer)\b"
        r"|\b(?:what|which) number\b.*\bcall\b",
    ),
    (
        "price",
        r"多少钱|(?:价格|价钱|售价|收费|费用|租金|运费|邮费|手续费|押金|定价|报价)(?:是|要|为|大概|一般)?(?:多少|几|怎么(?:算|收)|如何|标准|吗)"
        r"|(?:什么|啥)价|几块钱|几个钱|几元|多少元|多贵|贵不贵|要钱吗|怎么收费|(?:价格|价钱|售价|费用|运费)[？?]?$"
        r"|\b(?:what|which)\b.{0,40}\b(?:price|costs?|fees?|pricing|charge)\b|\bhow (?:expensive|cheap)\b|\bprice of\b"
        r"|\bhow much (?:do|does|is|are|will|would|did|for|to)\b|\bhow much money\b",
    ),
    (
        "duration",
        rf"多久|多长时间|多少时间|(?<![这那好十前后末])几{_UNIT_ZH}|多少(?:天|小时|分钟|年|个月|周|秒)"
        rf"|\bhow long\b|\bhow many {_UNIT_EN}\b|\bhow (?:soon|quickly)\b|\bduration\b",
    ),
    (
        "when",
        r"什么时候|何时|几点|几月|几号|哪(?:一)?(?:年|天|日|个?月)|什么时间|何年|啥时候|多会儿|几时|什么年代|哪个(?:年代|世纪)"
        r"|\bwhen\b|\b(?:what|which) (?:time|year|date|day|month|century|decade)\b|\bwhat hours\b",
    ),
    (
        "amount",
        rf"多少|(?<![这那好十前后末])几{_COUNTED_ZH}|多大|多高|多重|多远|多宽|多快|多深|多厚|几成|百分之几|上限|第几|多长"
        r"|\bhow (?:many|much|tall|big|large|far|heavy|fast|old|often|high|deep|wide|thick|hot|cold|strong)\b"
        r"|\b(?:maximum|minimum|limit|number of|percentage|capacity)\b",
    ),
    (
        "where",
        r"哪里|哪儿|在哪|何处|什么地方|哪个(?:城市|国家|省|地方|地区|州)|何地|哪国"
        r"|\bwhere\b|\b(?:what|which) (?:city|country|place|state|region|town|province|continent|location)\b",
    ),
    ("who", r"谁|哪位|哪(?:一)?个人|何人|什么人|\bwho\b|\bwhom\b|\bwhose\b"),
    (
        "reason",
        r"为什么|为何|什么原因|原因是|怎么回事|咋回事|为啥|因何|\bwhy\b|\bhow come\b|\b(?:reason|cause) (?:for|of|why)\b",
    ),
    (
        "steps",
        r"怎么(?:办|样|做|设|用|开|关|改|换|装|弄|才能|把|给|在|让|查|操作)|如何|怎样|步骤|咋(?!回事)|怎么"
        r"|\bhow (?:do|to|can|should|would|could|does|did)\b|\bsteps\b",
    ),
    (
        "definition",
        r"什么是|是什么(?:意思)?[？?]?$|何谓|什么叫|是啥|什么意思"
        r"|\bwhat (?:is|are|'s)(?: an?| the)? [\w\- ]{1,40}\??$|\bmeaning of\b"
        r"|\bwhat does .{1,40} mean\b|\bdefine\b",
    ),
    (
        "yes_no",
        r"吗[？?。]?$|是否|是不是|能不能|可不可以|有没有|能否|可否|会不会|要不要|用不用|支不支持|行不行|对不对|么[？?]?$"
        r"|^(?:is|are|do|does|did|can|could|will|would|has|have|had|should|may|must|was|were|am|isn't|aren't|don't|can't)\b",
    ),
    ("which", r"哪|什么|啥|\bwhich\b|\bwhat\b"),
)
_ASKS = tuple((kind, re.compile(shape, re.IGNORECASE)) for kind, shape in _SHAPES)

_NUMBER_ZH = "[〇零一二两三四五六七八九十百千万亿几数半]"
_NUMBER_EN = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|half|several|couple|dozen)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)

_CURRENCY = (
    r"(?:usd|eur|gbp|cny|rmb|chf|jpy|hkd|sgd|aud|cad|nzd|inr|krw|thb|myr|twd|sek|nok|dkk|pln|czk|huf|kr|zł|kč|ft)(?![a-z])"
)

_HOLDS: dict[str, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "contact": r"[\w.+\-]+@[\w\-]+\.\w+|https?://|www\.|(?<!\d)(?:\+?\d[\d\-\s()]{6,}\d|1\d{2})(?!\d)|热线|\bhotline\b",
        "price": r"[$£€¥￥]\s?\d|\d[\d,.]*\s?(?:元|块钱?|万元|亿元|美元|欧元|英镑|港币|日元|美金|人民币"
        r"|dollars?|euros?|pounds?|yuan|francs?|yen|rupees?|ringgit|baht|won"
        rf"|cents?|{_CURRENCY}|per (?:month|year))|\b(?:{_CURRENCY}|rs\.?|rm)\s?\d|人民币\s?\d"
        rf"|{_NUMBER_ZH}+(?:元|块钱)|免费|不收费|包邮|\bfree\b"
        r"|\bno charge\b|\bno (?:extra|additional) (?:cost|fee)",
        "duration": rf"\d[\d.,]*\s*(?:个)?{_UNIT_ZH}|{_NUMBER_ZH}+\s*(?:个)?{_UNIT_ZH}"
        rf"|\b(?:\d[\d.,]*|{_NUMBER_EN}|an?)[\s\-]+(?:\w+ )?{_UNIT_EN}\b"
        r"|\b\d+\s?(?:h|hrs?|min|mins|s|d|ms)\b|永久|终身|长期|随时|立即|马上|\bimmediately\b|\binstantly\b|\bforever\b|\blifetime\b",
        "when": rf"(?:1\d|20|[3-9])\d{{2}}|\d+\s*年|\d{{1,2}}\s*[月日号点时]|\d{{1,2}}:\d\d|{_NUMBER_ZH}+[月日号点年]"
        rf"|世纪|星期|周[一二三四五六日天末]"
        rf"|工作日|当天|次日|每[天周月年日]|朝|年代|\b{_MONTH}\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bcentury\b|\b\d{{1,2}}\s?[ap]\.?m\b"
        r"|\b(?:after|before|until|once|during|within|daily|weekly|monthly)\b|之后|之前|以后|期间|时(?:候|期|代)|内",
        "amount": rf"\d|{_NUMBER_ZH}{_COUNTED_ZH}|[一二两三四五六七八九十百千万亿]+|\b{_NUMBER_EN}\b"
        r"|\b(?:none|no limit|unlimited|twice|once)\b|无限|不限",
    }.items()
}


_WHEN = re.compile(r"(?:at )?(?:when|what time|what hours)\b|.{0,12}(?:什么时候|几点|何时)", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def kind_asked(question: str) -> Kind:
    """Of the whole question; of several kinds the one that a text tells best, `other` for none."""
    text = question.strip()
    if _WHEN.match(text):  # when the hotline answers, not its number
        return "when"
    return next((kind for kind, asks in _ASKS if asks.search(text)), "other")


# A bare value under a name that says what it is: `Price: 50`, 电话：6120.
_CALLED: dict[str, re.Pattern[str]] = {
    kind: re.compile(rf"(?:{names})[^\d\n]{{0,24}}\d", re.IGNORECASE)
    for kind, names in {
        "contact": r"电话|热线|分机|内线|手机|传真|\b(?:tel|phone|telephone|ext|extension|fax|hotline|mobile)\b",
        "price": r"价|费|金额|[（(]元[)）]|\b(?:price|cost|fee|rate|charge|amount|total)s?\b",
        "duration": r"时长|期限|工期|周期|时效|保修|[（(](?:天|小时|分钟|个?月|年)[)）]"
        r"|\b(?:duration|period|days|hours|months|years|minutes)\b",
        "when": r"日期|时间|\b(?:date|time|hours|opens?|closes?)\b",
    }.items()
}


def holds(kind: Kind, text: str) -> bool | None:
    """Whether such a thing stands in the text; None for a kind of which its shape does not tell (see `MEASURABLE`)."""
    pattern, called = _HOLDS.get(kind), _CALLED.get(kind)
    if pattern is None:
        return None
    return pattern.search(text) is not None or (called is not None and called.search(text) is not None)


_TOKEN = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z0-9][A-Za-z0-9_.\-]*(?<![.\-])")
_CAPITAL = re.compile(r"(?<=[^.?!:\s][ \u201c\"'(])[A-Z][A-Za-z0-9_\-]")
_PIECE = re.compile(r"[a-z]+|\d+")
# Other numbers are amounts that somebody has.
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Za-z]).*|\d+(?:\.\d+)+[\w.]*|(?:1[5-9]|20)\d\d")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s|x|[kmgt]b?|[km]?[gmwva]|mm|cm|km|kg|min|am|pm|ghz|mbps|wh|mah)", re.IGNORECASE)
_CALENDAR = re.compile(rf"{_MONTH}|(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?i:my|mine|me|we|our|us|your|you)\b|(?<!how do )(?<!how can )(?<!should )(?<!do )(?<!can )\b[Ii]\b"
    r"|[我俺咱你您弄搞咋啥啦呗]|老是|怎么办|是不是|能不能|有没有|会不会|要不要|还[能得没会]|那款|这款|[用行好能退]不[？?]?$"
    r"|[了过](?:[吗呢吧，,。？?]|$)"
)
_READ, _LONGEST = 2_000, 40  # characters of a question that are read, and of a name
_MOST = 12  # names that are looked for; nobody asks about more


@dataclass(frozen=True, slots=True)
class AnswerType:
    """What is understood of a question before anything is found. `names`: words that name one thing and no kind of things:
    codes, versions, years, Latin words within Chinese, capitals within an English sentence. `personal`: told in the first or
    second person or as people talk, and so in other words than documents have."""

    kind: Kind
    names: tuple[str, ...]
    personal: bool
    chinese: bool

    def unnamed(self, text: str) -> bool:
        """Whether one of the names does not stand in the text, however it is written (`E-4012`, `e4012`)."""
        if not self.names:
            return False
        low, present = text.lower(), word_set(text)
        return not all(((cut := word_set(name)) and cut <= present) or _written(name).search(low) for name in self.names)


@lru_cache(maxsize=4_096)
def _written(name: str) -> re.Pattern[str]:
    pieces = "[-_. ]?".join(_PIECE.findall(name.lower()))
    return re.compile(rf"(?<![a-z0-9]){pieces}(?![a-z0-9])")


@lru_cache(maxsize=4_096)
def asked_for(question: str) -> AnswerType:
    question = question[:_READ]
    chinese = is_chinese(question)
    capitals = {match.start() for match in _CAPITAL.finditer(question)}
    names = [match.group() for match in _TOKEN.finditer(question) if _is_name(match, chinese, capitals)]
    return AnswerType(kind_asked(question), tuple(dict.fromkeys(names))[:_MOST], bool(_PERSON.search(question)), chinese)


def _is_name(match: re.Match[str], chinese: bool, capitals: set[int]) -> bool:
    word = match.group()
    if len(word) > _LONGEST:
        return False
    if word[0].isdigit() or any(map(str.isdigit, word)):
        return _CODE.fullmatch(word) is not None and _ORDINAL.fullmatch(word) is None
    return len(word) > 1 and (chinese or match.start() in capitals) and _CALENDAR.fullmatch(word) is None
