"""Names with a number in them: models, error codes, versions. `E-1025` is `e1025`, `v7.1` is 7.1; `C2 Pro` is not `C2`.

A name's series is what is left when its numbers are taken away: E1021 and E1025 are of one series, C2 and C2 Pro are of one
series, and so are 7.1.2 and 7.5.0. What is of the same series and not the same is a sibling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rag.text.intervals import UNIT
from rag.text.tokens import fold

Side = Literal["matches", "sibling", "neutral"]

_VARIANTS = r"pro|max|plus|mini|lite|ultra|air|se|neo|slim|x|s"
_CODE = re.compile(
    r"(?<![A-Za-z0-9_./@#&$€£¥-])(?P<code>[A-Za-z]{1,6}(?:[-_][A-Za-z]{1,6}){0,2}[-_]?\d{1,7}(?:[-_]?[A-Za-z]{0,4}[-_]?\d{1,6}){0,3}[A-Za-z]{0,3})"
    rf"(?:[ -]?(?P<variant>(?i:{_VARIANTS}))(?![A-Za-z0-9]))?(?![A-Za-z0-9_@])(?!\.\d)"
)
_VERSION = re.compile(
    r"(?<![A-Za-z0-9_./:-])(?:(?P<called>[Vv]\.?|[Vv]er(?:sion|\.)?\s|[Rr]elease\s"
    r"|版本号?\s*)\s*)?(?P<number>\d{1,4}(?:\.\d{1,5}){1,3})"
    r"(?P<any>\.[xX*])?(?![A-Za-z0-9_%]|\.\d)(?P<tail>\s*(?:版本|版(?![面权图块])))?"
)
_FAMILY = re.compile(r"\s*(?:系列|全系|家族|(?i:series|family|range|line-?up))")
_NUMBERED = re.compile(r"(?<![\w-])(?P<word>[A-Z][A-Za-z]{2,14})[ -](?P<number>\d{1,4})(?![\w.]*\d|\s*(?:%|°)|[A-Za-z])")
_SPOKEN = frozenset("plus max air se slim x s".split())  # words that mean something else, too, when they are written small

# Standards, units, formats and others' products that look like codes: nobody's own names.
_FOREIGN = re.compile(
    r"(?:usb|ip|ipx|iso|iec|ieee|rs|gb|gbt|din|astm|https?|tls|ssl|wpa|wep|wifi|wi-fi|ble|bt|nfc|rfid|lte|ddr|lpddr|hdmi|dp"
    r"|vga|pcie|sata|nvme"
    r"|cr|lr|aaa?|cat|rj|sha|md|aes|rsa|utf|gbk|mp|hevc|jpe?g|png|gpt|llm|win|windows|ios|ipados|iphone|ipad|macos|android"
    r"|galaxy|mate|watchos"
    r"|chrome|edge|office|python|java|jdk|php|sql|ipv|port|pm|ph|covid|web|html|css|gmt|utc|fy|rmb|usd|eur|cny|amd|intel|rtx"
    r"|gtx|kb|mb|tb|khz|mhz"
    r"|ghz|kw|kwh|mah|dpi|ppi|fps|px|rev|step|page|fig|vol|sec|line|room|floor|pin|day|week|month|chapter|section|article"
    r"|part|item|top|over"
    r"|under|about|only|least|most|level|size|age|aged|type)[-_ ]?\d.*"
    r"|[hq][1-4][-_ ]?(?:19|20)?\d\d|q[1-4]|b2[bc]|c2c|o2o|p2p|w3c|g20|co2|h2o|h26[45]|av1|x86|x64|arm64|base64|k8s|i18n",
    re.IGNORECASE,
)
_HALF_YEAR = re.compile(r"[hq][1-4]", re.IGNORECASE)
_PAPER = re.compile(r"\s*(?:paper|sheets?|size|纸|幅面|大小|文件|打印)", re.IGNORECASE)
_BRAND_BEFORE = re.compile(
    r"(?:iphone|ipad|samsung|galaxy|huawei|mate|xiaomi|redmi|oppo|vivo|honor|pixel|nokia|motorola|thinkpad|surface|macbook"
    r"|playstation|xbox|nikon"
    r"|canon|sony|tesla|audi|bmw|vitamin|paper|bus|exit|route|line|seat|gate|platform|三星|华为|小米|红米|荣耀|苹果|谷歌"
    r"|索尼|联想|戴尔|惠普|尼康|佳能"
    r"|特斯拉|奥迪|宝马|维生素|地铁)\s*$",
    re.IGNORECASE,
)
_A_YEAR = re.compile(r"\s*(?:of\s*)?(?:19|20)\d\d")
# Words before a code that is one thing's own number: an order, a parcel, a device.
_SERIAL_BEFORE = re.compile(
    r"(?:订单号?|单号|工单号?|运单号?|快递单?号?|序列号|编号为|流水号|发票号?|票据号|车牌号?|邮编|身份证号?|房间号?|账号|卡号"
    r"|\border(?: (?:no\.?|number|id))?|\bticket(?: (?:no\.?|number|id))?|\bserial(?: (?:no\.?|number))?|\bs/?n"
    r"|\btracking(?: (?:no\.?|number))?"
    r"|\binvoice(?: (?:no\.?|number))?|\bcase (?:no\.?|number|id)|\breference|\bref\.?|\bimei|\bp\.?o\.?|\bpostcode|\bzip(?: "
    r"code)?|\broom|\bflight|\bgate|\bseat)"
    r"\s*[:：#是为]?\s*$",
    re.IGNORECASE,
)
_MOST_DIGITS = 7  # of a name in a row: more is a serial number


@dataclass(frozen=True, slots=True)
class Name:
    """text: as written; key: as it is compared; series: the key without its numbers and variant; start: where it stands;
    family: `C2 series`, all of that name."""

    text: str
    key: str
    series: str
    start: int = 0
    family: bool = False

    def meets(self, other: Name) -> bool:
        """Whether both are the same name; a family has all that are called after it, a version all that are more exact."""
        if self.key == other.key:
            return True
        if self.series != other.series:
            return False
        if self.series == "#.#":
            return other.key.startswith(f"{self.key}.") or self.key.startswith(f"{other.key}.")
        short, long = sorted((self, other), key=lambda one: len(one.key))
        return short.family and long.key.startswith(short.key)


@lru_cache(maxsize=50_000)
def names_in(text: str) -> tuple[Name, ...]:
    """Names in order, without others' standards and products, quantities, orders' numbers and dates. Cached."""
    if not any(char.isdigit() for char in text):
        return ()
    plain = fold(text)
    small = plain == plain.lower()
    names = [name for match in _CODE.finditer(plain) if (name := _code(plain, match, small)) is not None]
    taken = [(name.start, name.start + len(name.text)) for name in names]
    for match in _VERSION.finditer(plain):
        if _is_version(match) and not any(a < match.end() and match.start() < b for a, b in taken):
            key = match["number"]
            names.append(Name(match.group().strip(), key, "#.#", match.start(), family=bool(match["any"])))
    return tuple(sorted(names, key=lambda name: name.start))


def _is_version(match: re.Match[str]) -> bool:
    number = match["number"]
    if re.match(r"(?:19|20)\d\d\.\d{1,2}(?:\.\d{1,2})?$", number):  # a date
        return False
    return bool(match["called"] or match["tail"]) or number.count(".") == 2


def _code(plain: str, match: re.Match[str], small: bool) -> Name | None:
    code, variant = match["code"], match["variant"]
    if _FOREIGN.fullmatch(code) or max(map(len, re.findall(r"\d+", code))) > _MOST_DIGITS:
        return None
    if _HALF_YEAR.fullmatch(code) and _A_YEAR.match(plain, match.end()):
        return None
    if re.fullmatch(r"[abAB][3-6]", code) and _PAPER.match(plain, match.end()):
        return None
    if _BRAND_BEFORE.search(plain, max(0, match.start() - 14), match.start()):
        return None
    if re.fullmatch(r"[vV]\d+", code) or _SERIAL_BEFORE.search(plain, max(0, match.start() - 24), match.start()):
        return None
    if variant and variant in _SPOKEN and not small and plain[match.end("code")] == " ":
        variant = None
    end = match.end("variant") if variant else match.end("code")
    key = re.sub(r"[-_]", "", code).lower()
    series = re.sub(r"\d+", "#", key)
    key = f"{key} {variant.lower()}" if variant else key
    family = _FAMILY.match(plain, end) is not None
    return Name(plain[match.start() : end], key, series, match.start(), family)


@lru_cache(maxsize=20_000)
def numbered(text: str) -> tuple[Name, ...]:
    """`Note 3`, `Zone 12`: a word with a number. A name only where others have the same word (`sides` compares them)."""
    if not any(char.isdigit() for char in text):
        return ()
    plain = fold(text)
    return tuple(
        Name(match.group(), f"{match['word'].lower()} {int(match['number'])}", f"{match['word'].lower()} #", match.start())
        for match in _NUMBERED.finditer(plain)
        if not re.fullmatch(r"(?:19|20)\d\d", match["number"]) and not _FOREIGN.fullmatch(f"{match['word']}1")
    )


def sides(names: Sequence[Name], labels: Iterable[str], body: str = "") -> Side:
    """On which side something stands that is called by `labels` (title, headings, fields, a row's label) and says `body`.

    It is a sibling where its labels have another name of a series of which one is asked, and the asked one stands nowhere.
    """
    if not names:
        return "neutral"
    held = [name for label in labels for name in (*names_in(label), *numbered(label))]
    side: Side = "neutral"
    for series in dict.fromkeys(name.series for name in names):
        wanted = [name for name in names if name.series == series]
        alike = [name for name in held if name.series == series]
        if _meet(wanted, alike) or _meet(wanted, (*names_in(body), *numbered(body))):
            side = "matches"
        elif alike:
            return "sibling"
    return side


def _meet(wanted: Iterable[Name], held: Sequence[Name]) -> bool:
    return any(name.meets(other) for name in wanted for other in held)


def matched(names: Sequence[Name], labels: Iterable[str], body: str = "") -> frozenset[str]:
    """Series of the asked names that something has the asked one of."""
    held = [name for text in (*labels, body) for name in (*names_in(text), *numbered(text))]
    return frozenset(name.series for name in names if any(name.meets(other) for other in held))


def asked_names(question: str) -> tuple[Name, ...]:
    """Of a question: codes, versions, and words with a number, however they are written."""
    return (*names_in(question), *_bare_versions(question), *numbered(_capitals(question)))


def _bare_versions(question: str) -> Iterator[Name]:
    """`6.3` where nobody says that it is a version: a name only where labels have such."""
    plain = fold(question)
    known = {name.key for name in names_in(question)}
    for match in _VERSION.finditer(plain):
        key = match["number"]
        if key.count(".") == 1 and key not in known and not UNIT.match(plain.lower(), match.end("number")):
            yield Name(match.group().strip(), key, "#.#", match.start())


def _capitals(question: str) -> str:
    """People write `note 3` of Note 3."""
    return re.sub(r"\b[a-z](?=[a-z]{2,14} \d)", lambda match: match.group().upper(), question)
