"""Values of product and version fields as people write them: sets, ranges, families, everything, or nothing that can be read.

What cannot be read is `UNCLEAR`: it never speaks against a passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.intervals import ANY_VERSION, NO_VERSION, Versions, version

# -- names -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """`G100 series`: the name and all that are called after it."""

    name: str

    def holds(self, name: str) -> bool:
        after = name[len(self.name) :].lstrip("- ")[:1]
        if len(self.name) == 1:  # `G series`: G100, not every word with a G
            return name.startswith(self.name) and after.isdigit()
        return name.startswith(self.name) and not (after.isdigit() and self.name[-1:].isdigit())


@dataclass(frozen=True, slots=True)
class Codes:
    """`G100–G300`: codes with these letters and a number between, both ends counted."""

    letters: str
    low: int
    high: int

    def holds(self, name: str) -> bool:
        match = _CODE.match(name)
        return match is not None and match[1] == self.letters and self.low <= int(match[2]) <= self.high


@dataclass(frozen=True, slots=True)
class Everything:
    """`all models`, `全系列（除 G300）`."""

    without: frozenset[str] = frozenset()

    def holds(self, name: str) -> bool:
        return name not in self.without


@dataclass(frozen=True, slots=True)
class Unclear:
    """A value that cannot be read, or a list that goes on (`G100、G200 等`)."""


UNCLEAR = Unclear()
NameValue = str | Family | Codes | Everything | Unclear

_CODE = re.compile(r"([a-z]+[- ]?)(\d{1,6})(?![\d])")
_NOTHING = frozenset(
    "none n/a na nil null tbd tbc unknown unspecified misc miscellaneous other others various * - -- / ? 无 暂无 未知 不详 "
    "待定 未定 空 其他 其它".split()
)
_KIND = (
    r"(?:系列|型号|机型|产品|版本|设备|平台|规格|款式?|车型|套餐|地区"
    r"|models?|products?|versions?|devices?|series|platforms?|variants?|units?|plans?|regions?)"
)
_EVERY = re.compile(
    rf"(?:适用于|适用|支持|for|applies to)?\s*(?:(?:全部|所有|任意|任何|各|各种|每[个款种]|全体|不限|不分|整个|全)(?:的"
    rf"|于)?\s*{_KIND}?(?:产品|型号|机型|版本)?(?:均?适用|通用|都适用)?"
    rf"|(?:(?:all|any|every|both|each|whole|entire)(?: of)?(?: the| our)?(?: \w+)??(?: {_KIND}| range| line(?:-?up)?)?)"
    r"|通用|全线(?:产品|机型|型号)?(?:通用|适用)?|不限|general|common|universal|generic|everything|独立于型号)"
)
_EXCEPT = re.compile(
    r"[(,，、;\s]*(?:除了?|不含|不包括|except(?: for)?|excluding|but(?: not)?|other than|apart from"
    r"|without)\s*(?P<names>[^()]+?)\s*(?:之?外|以外)?[)\s]*$"
)
_EXCEPT_FIRST = re.compile(
    r"^(?:除了?|不含|不包括)\s*(?P<names>.+?)\s*(?:之?外|以外)[,，]?(?:的?(?:全部|所有|其他|其它|其余|全|均|都|皆).*)?$"
)
_EXCEPT_LAST = re.compile(r"[(,，、;\s]+(?P<names>[^(),，]+?)\s*(?:除外|不算|不适用|不支持|excepted|excluded)[)\s]*$")
_ONLY = re.compile(
    r"^(?:仅限于?|只限|仅适用于|只适用于|仅支持|仅|只有|适用于|适用|支持|型号|产品|only(?: for)?|for|applies to)\s*[:：]?\s*"
    r"|\s*(?:only|专用|适用|可用|专属)$"
)
_SERIES = re.compile(r"\s*(?:全?系列?(?:产品|机型|全系)?|家族|全系|\bseries|\bfamily|\brange|\bline(?:-?up)?)$")
_GOES_ON = re.compile(r"\s*(?:等(?:型号|机型|产品|系列)?|等等|\betc\.?|\band (?:others|more|so on)|\.{2,}|…)$")
_HALF_READ = re.compile(
    r"部分|某些|有些|个别|大多|多数|少数|详?见|参[见考]|备注|说明|可能|以上|以下|以后|之前|以前|起$|新款|旧款|老款|早期|后期"
    r"|批次|[?？]"
    r"|\b(?:some|most|many|few|several|certain|selected|see|refer|maybe|probably|tbd)\b"
    r"|\b(?:and|or) (?:older|newer|earlier|later|above|below|up|higher|lower)\b"
)
_BETWEEN = re.compile(r"\s*(?:[,，、;；|/\n+&]|和|及|与|或者?|以及|\band\b|\bor\b|\bplus\b)\s*")
_RANGE = re.compile(r"([a-z]+[- ]?)(\d{1,6})\s*(?:~|–|—|--?|至|到|to|through)\s*([a-z]+[- ]?)?(\d{1,6})")
_BRACKETS = re.compile(r"\s*[(\[【][^()\[\]【】]*[)\]】]")
_ONWARD = re.compile(
    r"\s*(?:[及和或]?(?:以上|以后|之后|以下|以前|之前)|起|\b(?:and|or) (?:older|newer|earlier|later|above|below|up|higher"
    r"|lower))\s*(?:型号|机型)?$"
)
_DIGITS_ONLY = re.compile(r"\d{1,6}[a-z]?")
_LETTERS_FIRST = re.compile(r"[a-z]+[- ]?(?=\d)")
_LONGEST = 40

_VARIANT = re.compile(
    r"[\s-]*(?:pro|max|plus|mini|lite|ultra|air|se|neo|kit|slim|duo|xl?|s|ii|iii|iv|\d.*|[一二三四五六七八九]代|青春版"
    r"|标准版|旗舰版|升级版|增强版|尊享版)\b.*"
)
_QUALIFIED = re.compile(
    r"\s*[-/ ]?\s*(?:(?:eu|us|uk|cn|jp|kr|au|apac|emea|na|hk|tw|global|international|intl|china|europe|usa?)(?: version| "
    r"edition| model)?"
    r"|国行|国内版?|海外版?|欧版|美版|日版|港版|台版|国际版|大陆版|中国版|欧洲版?|北美版?"
    r"|(?:black|white|silver|gr[ae]y|red|blue|gold|green)(?: edition)?|[黑白银灰红蓝金绿]色?款?|v\d[\w.]*|rev\.? ?\w+|hw "
    r"?\d[\w.]*)"
)


def read_names(text: str) -> tuple[NameValue, ...]:
    """What a product's field says, of a text on one line in small letters; empty: nothing."""
    text = text.strip()
    if not text or text in _NOTHING:
        return ()
    if (every := _everything(text)) is not None:
        return (every,)
    names: dict[NameValue, None] = {}
    plain = _ONLY.sub("", _BRACKETS.sub("", text) or text.strip("()[]【】")).strip()
    goes_on = _GOES_ON.search(plain) is not None
    plain = _GOES_ON.sub("", plain)
    if goes_on or _HALF_READ.search(plain) or len(plain) > 3 * _LONGEST:
        names[UNCLEAR] = None
    elif 2 <= len(text) <= _LONGEST:
        names[text] = None
    for one in _parts(_ONWARD.sub("", plain)):
        names[one] = None
    return tuple(names)


def _everything(text: str) -> Everything | None:
    if _EVERY.fullmatch(text):
        return Everything()
    for exception in (_EXCEPT, _EXCEPT_LAST):
        if (match := exception.search(text)) is not None and _EVERY.fullmatch(text[: match.start()].strip(" (,，")):
            return Everything(_listed(match["names"]))
    if (match := _EXCEPT_FIRST.match(text)) is not None:
        return Everything(_listed(match["names"]))
    return None


def _listed(names: str) -> frozenset[str]:
    return frozenset(part for part in _BETWEEN.split(names.strip()) if part)


def _parts(plain: str) -> Iterator[NameValue]:
    """The names of a list; `G100/200` is G100 and G200."""
    letters = ""
    family = _SERIES.search(plain) is not None and _BETWEEN.search(plain) is not None  # `A, B and C series`
    for part in (plain, *_BETWEEN.split(plain)) if 2 <= len(plain) <= _LONGEST else _BETWEEN.split(plain):
        part = _ONLY.sub("", part).strip()
        if (
            (match := _RANGE.fullmatch(part)) is not None
            and match[1] == (match[3] or match[1])
            and int(match[2]) < int(match[4])
        ):
            yield Codes(match[1], int(match[2]), int(match[4]))
            continue
        name = _SERIES.sub("", part).strip()
        is_family = name != part or (family and part != plain)
        if letters and _DIGITS_ONLY.fullmatch(name):
            name = letters + name
        head = _LETTERS_FIRST.match(name)
        letters = head[0] if head else letters
        if (2 <= len(name) <= _LONGEST or (is_family and name)) and name not in _NOTHING:
            yield Family(name) if is_family else name


def fits_name(value: NameValue, names: frozenset[str]) -> bool | None:
    """Whether a value is among the meant names; None: it says nothing about them."""
    if isinstance(value, Unclear):
        return None
    if not isinstance(value, str):
        return any(map(value.holds, names))
    if value in names:
        return True
    for name in names:
        if value.startswith(name) and (rest := value[len(name) :]):
            if _QUALIFIED.fullmatch(rest):
                return True
            if not _VARIANT.fullmatch(rest) and not rest[0].isalnum():
                return None
    return None if _HALF_READ.search(value) else False


# -- versions ----------------------------------------------------------------------------------------------------------

EVERY_VERSION = Versions(NO_VERSION, ANY_VERSION)

_NUMBER = r"\d{1,6}(?:\.\d{1,8}){0,5}"
_V = r"(?:versions?|ver\.?|v\.?|版本号?|固件|firmware|fw|release|rel\.?)?\s*"
_TAIL = (
    r"(?:[-+](?=[a-z])[a-z0-9.\-+_]*|_[a-z0-9.\-+_]+"
    r"|\s*\(?(?:lts|ga|stable|beta|alpha|rc\d*|sp\d+|build|b|r|patch|hotfix|hf)[\s.]*\d*\)?(?![a-z\d]))*"
)
_ATOM = re.compile(
    rf"(?P<before>>=|=>|≥|>|<=|=<|≤|<|不低于|不高于|不早于|不晚于|高于|低于|大于等于|小于等于|大于|小于|至少|最高|从|自"
    rf"|\b(?:from|since|before|until|up to|below"
    rf"|above|at least|at most|prior to|(?:earlier|older|lower|less) than|(?:later|newer|higher|greater) than"
    rf"|after)\b)?\s*(?<![a-z\d_.]){_V}"
    rf"(?P<low>{_NUMBER})(?![a-z\d]{{2}}(?<!\.x))(?P<any>(?:\.[x*])+|x\b)?{_TAIL}"
    rf"(?:\s*(?:-|~|–|—|\bto\b|\bthrough\b|至|到)\s*{_V}(?P<high>{_NUMBER})(?P<any_high>(?:\.[x*])+)?{_TAIL})?\s*(?:版本?)?\s*"
    r"(?P<after>\+|\b(?:and|or) (?:later|above|up|newer|higher|onwards?)\b|\b(?:and|or) (?:earlier|below|older|lower"
    r"|before)\b|\bonwards?\b"
    r"|(?:及|或|和|含|以及)?(?:其|它)?(?:以上|以后|更高版?本?|更新版?本?|之后)|起(?:的?版本)?|(?:及|或|和|含|以及)?(?:其"
    r"|它)?(?:以下|以前|更低版?本?|更早版?本?|更旧版?本?|之前)"
    r"|前)?\s*(?:版本?)?"
)
_UPWARD = re.compile(r"\+|later|above|\bup\b|newer|higher|onward|以上|以后|更高|更新|之后|起")
_LEAST = re.compile(r">=|=>|≥|不低于|不早于|大于等于|至少|从|自|from|since|at least")
_MOST = re.compile(r"<=|=<|≤|不高于|不晚于|小于等于|最高|until|up to|at most")
_MORE = re.compile(r">|高于|大于|above|later|newer|higher|greater|after")
_SEPARATORS = re.compile(r"[\s,，、;；/|&+()\[\]【】:：]+|和|及|与|或者?|以及|\band\b|\bor\b")
_NEGATED = re.compile(r"除|不|非|except|exclud|\bnot?\b|without|\bbut\b|部分|某些|\bsome\b|见|\bsee\b|[?？]")
_REST = 24  # characters beside the numbers (an edition, a product's name) that leave a value readable


def read_versions(text: str) -> tuple[Versions, ...] | None:
    """The versions that a field's value means, of a text on one line in small letters; None: it cannot be read."""
    text = text.strip()
    if _EVERY.fullmatch(text):
        return (EVERY_VERSION,)
    plain = _BRACKETS.sub("", text) if _ATOM.search(_BRACKETS.sub("", text)) else text
    versions: list[Versions] = []
    rest, at = "", 0
    for atom in _ATOM.finditer(plain):
        rest += plain[at : atom.start()]
        at = atom.end()
        versions.append(_meant(atom))
    rest = _SEPARATORS.sub("", rest + plain[at:])
    if not versions or len(rest) > _REST or any(char.isdigit() for char in rest) or _NEGATED.search(rest):
        return None
    lower, upper = ([one for one in versions if bound(one)] for bound in (_is_least, _is_most))
    if len(versions) == 2 and len(lower) == len(upper) == 1 and lower[0].low < upper[0].high:  # `>= 3.1, < 4.0`
        return (Versions(lower[0].low, upper[0].high),)
    return tuple(dict.fromkeys(versions))


def _is_least(versions: Versions) -> bool:
    return versions.high == ANY_VERSION


def _is_most(versions: Versions) -> bool:
    return versions.low == NO_VERSION


def _meant(atom: re.Match[str]) -> Versions:
    low, before, after = version(atom["low"]), atom["before"] or "", atom["after"] or ""
    if atom["high"]:
        return Versions(low.low, version(atom["high"]).high)
    if after and _UPWARD.search(after):
        return Versions(low.low, ANY_VERSION)
    if after in ("前", "之前", "以前"):
        return Versions(NO_VERSION, low.low)
    if after:
        return Versions(NO_VERSION, low.high)
    if not before:
        return Versions(low.low, low.high, single=not atom["any"])
    if _LEAST.fullmatch(before):
        return Versions(low.low, ANY_VERSION)
    if _MOST.fullmatch(before):
        return Versions(NO_VERSION, low.high)
    if _MORE.match(before):
        return Versions((*low.low, 0), ANY_VERSION)
    return Versions(NO_VERSION, low.low)
