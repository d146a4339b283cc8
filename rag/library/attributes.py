"""Attributes of things that people ask for in other words than tables have: how heavy, 多重 → Weight, 重量.

Only everyday ones; words that a question shares with a table need no list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rag.library.tokens import one_line


@dataclass(frozen=True, slots=True)
class Attribute:
    """nouns: what it is called, in questions and over columns alike; asks: other ways to ask for it; values: how a value of
    it looks, '' where its shape tells nothing; names: further names of columns that hold it."""

    nouns: str
    asks: str = ""
    values: str = ""
    names: str = ""


_AMOUNT = r"\d[\d.,]*\s*"
_ATTRIBUTES: dict[str, Attribute] = {
    "price": Attribute(
        r"价格|价钱|售价|单价|月费|年费|费用|\bpric(?:e|es|ing)\b|\bcosts?\b|\bfees?\b",
        r"多少钱|几块钱|多少元|怎么收费|多贵|how much (?:is|are|does|do|for|to|would)\b|\bhow expensive|\bcharge",
        r"[$€£¥￥]|元|块|免费|\bfree\b|\d\s?(?:eur|usd|gbp|chf|cny|rmb)\b",
        r"价|(?<!免)费|金额|\brates?\b|\bamount\b|\bper (?:month|year|night|hour)\b",
    ),
    "load": Attribute(
        r"承重|载重|限重|\bmax(?:imum|\.)? (?:load|weight|user weight)\b|\b(?:load|weight) (?:capacity|limit)\b",
        r"(?:承受|承载|能坐|能站|载).{0,4}(?:多重|多少(?:公?斤|千克))|how much (?:weight )?can (?:it|the .{1,30}) (?:hold|carry|bear|support)",
    ),
    "weight": Attribute(
        r"重量|净重|毛重|自重|\bweights?\b", r"多重|几斤|几公斤|多少(?:公?斤|千克)|\bhow heavy\b|\bweighs?\b",
        rf"{_AMOUNT}(?:kg|g|lbs?|oz|千克|公斤|克|斤|吨)",
    ),
    "size": Attribute(
        r"尺寸|规格尺寸|体积|\bdimensions?\b|\bsizes?\b",
        r"多大|多高|多宽|\bhow (?:big|large|tall|wide|deep|thick)\b|\bmeasurements?\b",
        rf"{_AMOUNT}(?:mm|cm|m\b|in\b|inch|″|\"|毫米|厘米|米|寸)|\d\s*[×x*]\s*\d",
        r"大小|长度|宽度|高度|面积|长×宽|\b(?:height|width|depth|length|area)\b",
    ),
    "power": Attribute(
        r"功率|\bwattage\b|\b(?:rated |max(?:imum|\.)? )?power(?: consumption| rating| draw)?\b",
        r"多少瓦|几瓦|\bhow (?:powerful|many watts)\b|\bwatts\b", rf"{_AMOUNT}(?:k?w\b|瓦|千瓦|匹|hp\b)",
    ),
    "noise": Attribute(
        r"噪音|噪声|分贝|\bnoise(?: level)?\b|\bsound level\b|\bdecibels?\b",
        r"多吵|吵不吵|安静|静音|\bhow (?:loud|quiet|noisy|silent)\b|\b(?:loud|quiet)(?:er|est)?\b", rf"{_AMOUNT}(?:db|分贝)",
    ),
    "capacity": Attribute(
        r"容量|容积|\bcapacity\b|\bvolume\b", r"装多少|能装|多少升|几升|\bhow many (?:litres|liters|ml|cups)\b|\bhow much .{0,30}\bholds?\b",
        rf"{_AMOUNT}(?:ml|l\b|litres?|liters?|升|毫升|杯)", r"水箱|\btank\b",
    ),
    "speed": Attribute(r"速度|时速|车速|\bspeed\b", r"多快|\bhow fast\b", rf"{_AMOUNT}(?:km/h|mph|公里/小时|mbps|rpm|转)"),
    "charging": Attribute(
        r"充电时间|充电时长|\bcharg(?:e|ing) time\b", r"充满|充(?:一次|好)?电?(?:要|需要?)?多久|how long .{0,30}\bcharge\b"
    ),
    "battery": Attribute(
        r"续航|电池|\bbattery(?: life)?\b|\bruntime\b", r"充一次电|用多久|how long .{0,40}\b(?:last|run)\b.{0,20}\bcharge", "", "工作时间|使用时间"
    ),
    "warranty": Attribute(r"保修|质保|保固|\bwarrant(?:y|ies)\b|\bguarantees?d?\b", r"坏了.{0,6}(?:修|换)"),
    "hours": Attribute(
        r"营业时间|开放时间|\b(?:opening|business) (?:hours|times)\b|\bhours\b",
        r"几点|什么时候(?:开|关)|开门|关门|打烊|开到|营业|\bwhen\b.{0,40}\b(?:open|close|shut)|\bwhat time\b|\b(?:open|closed?) on\b|\bhow late\b",
        r"\d{1,2}[:：]\d\d|\d\s*点|\d\s?[ap]\.?m",
        r"周[一二三四五六日天末]|星期|工作日|节假日|时间|\b(?:mon|tues?|wed|thur?s?|fri|sat|sun)(?:day|s)?\b|\bweek(?:days|end)\b|\bholidays?\b",
    ),
    "address": Attribute(
        r"地址|\baddress\b|\blocation\b", r"在哪|在什么地方|怎么走|\bwhere (?:is|are|can i find)\b", r"路|街|号|\b(?:street|road|st|rd|avenue)\b"
    ),
    "phone": Attribute(
        r"电话|热线|手机号|\b(?:tele)?phone(?: number)?\b|\bhotline\b", r"打(?:什么|哪个|几号)|\bcall\b|\bring\b|\bwhat number\b",
        r"\d[\d\s()+-]{5,}\d",
    ),
    "email": Attribute(r"邮箱|邮件地址|\be-?mail(?: address)?\b", "", r"@"),
    "people": Attribute(
        r"人数|容纳|\bguests?\b|\bgroup size\b|\bclass size\b",
        r"(?:几|多少)个?人|住几|坐几|\bhow many (?:people|persons|guests|participants|students|children|adults)\b", r"\d\s*(?:人|位|名|people|persons|guests)",
        r"上限|\bmax\b|\bsleeps\b|\bseats?\b|\bcapacity\b",
    ),
    "seats": Attribute(r"席位|用户数|成员数|\bseats\b|\busers\b|\bmembers\b", r"多少(?:个)?(?:用户|成员|账号)|\bhow many (?:users|members|seats|accounts|people)\b", "", r"用户|成员|账号|\bmembers\b|\baccounts\b"),
    "storage": Attribute(r"存储|空间|内存|\bstorage\b|\bspace\b|\bmemory\b|\bdisk\b", r"存多少", rf"{_AMOUNT}(?:gb|tb|mb)"),
    "temperature": Attribute(r"温度|\btemperatures?\b", r"多热|多冷|多烫|几度|\bhow (?:hot|cold|warm)\b|\bdegrees\b", r"[℃°]|度"),
    "voltage": Attribute(r"电压|\bvoltage\b", r"几伏|\bhow many volts\b", rf"{_AMOUNT}(?:v\b|伏)"),
    "age": Attribute(r"年龄|\bages?\b", r"几岁|多大年纪|\bhow old\b", r"岁|\byears?\b"),
    "material": Attribute(r"材质|材料|面料|\bmaterials?\b|\bfabric\b", r"什么(?:做|制)的|\bmade (?:of|from)\b"),
    "colour": Attribute(r"颜色|配色|\bcolou?rs?\b", r"什么色"),
    "deposit": Attribute(r"押金|定金|订金|\bdeposits?\b"),
    "resolution": Attribute(r"分辨率|像素|清晰度|\bresolution\b|\bmegapixels?\b", "", r"\d+\s*[×x*]\s*\d+|\d[kp]\b|像素"),
}  # fmt: skip
_ATTRIBUTES["duration"] = Attribute(
    r"时长|周期|期限|\bduration\b",
    r"多久|几天|多长时间|几个?(?:小时|分钟|月|年|工作日)|多少(?:天|小时|分钟|年|个月)|\bhow long\b|\bhow many (?:minutes|hours|days|weeks|months|years)\b",
    r"\d\s*(?:个)?(?:秒|分钟|小时|天|日|周|月|年|工作日)|\b\d+[- ](?:business |working )?(?:min|hour|day|week|month|year)",
    r"时间|时效|\btime\b|\bperiod\b|\blength\b|\bdays\b",
)
_NOUNS, _ASKS, _VALUES, _NAMES = (
    {name: re.compile(pattern) for name, one in _ATTRIBUTES.items() if (pattern := part(one))}
    for part in (
        lambda one: one.nouns,
        lambda one: one.asks,
        lambda one: one.values,
        lambda one: f"{one.nouns}|{one.names}" if one.names else one.nouns,
    )
)
_READ = 500  # characters of a question that are read


@lru_cache(maxsize=4_096)
def attributes_asked(question: str) -> frozenset[str]:
    """Keys of the attributes that a question asks for; what it calls by name goes before what it only describes."""
    plain = one_line(question[:_READ])
    named = [name for name, nouns in _NOUNS.items() if nouns.search(plain)]
    asked = named or [name for name, asks in _ASKS.items() if asks.search(plain)]
    return frozenset(asked[:1] if {"load", "weight"} <= set(asked) or {"charging", "duration"} <= set(asked) else asked)


def without_attributes(question: str) -> str:
    """The question without the words by which it asks for an attribute."""
    plain = one_line(question[:_READ])
    for name in attributes_asked(question):
        for pattern in (_NOUNS.get(name), _ASKS.get(name)):
            plain = pattern.sub(" ", plain) if pattern else plain
    return plain


# Whose name or values a text that tells them is sure to have.
_PLAIN = frozenset(
    "load weight size power noise capacity speed charging battery warranty temperature voltage deposit resolution".split()
)


@lru_cache(maxsize=4_096)
def lacks_plainly(question: str, text: str) -> bool:
    """Whether a question asks by its name for an attribute of which the text says nothing: neither the name nor such a value."""
    plain = one_line(question[:_READ])
    named = [name for name in attributes_asked(question) if name in _PLAIN and _NOUNS[name].search(plain)]
    return bool(named) and not any(is_called(name, text) or looks_like(name, text) for name in named)


@lru_cache(maxsize=20_000)
def is_called(attribute: str, label: str) -> bool:
    """Whether a column or a row of that label holds the attribute."""
    return _NAMES[attribute].search(one_line(label)) is not None


def looks_like(attribute: str, text: str) -> bool:
    """Whether a value of that attribute stands in the text, as far as its shape tells."""
    shape = _VALUES.get(attribute)
    return shape is not None and shape.search(one_line(text)) is not None
