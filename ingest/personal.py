"""Personal data in a text: where it stands and of which kind. Each kind has a check that keeps other numbers out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from ingest.personnames import names_in, places

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
# Visa, Amex and JCB and Diners, Mastercard (both ranges), UnionPay and Maestro, old JCB, old Maestro.
_CARD = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|3\d{13,15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|[56]\d{14,18}|(?:2131|1800)\d{11}|(?:50[0-9]{2}|5[6-9]\d\d|6304|67\d\d)\d{8,11}"
)


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """A span of personal data."""

    start: int
    end: int
    kind: str


def is_cn_id(text: str) -> bool:
    """A Chinese identity number (GB 11643-1999): region, a date of birth, and the check digit of ISO 7064 MOD 11-2."""
    digits = text.upper()
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _ID_WEIGHTS, strict=True))
    return born.year >= 1880 and 11 <= int(digits[:2]) <= 91 and _ID_CHECKS[total % 11] == digits[17]


def is_bank_card(text: str) -> bool:
    """12 to 19 digits of a payment card: a network's first digits and the checksum of Luhn (ISO/IEC 7812)."""
    digits = [int(char) for char in text if char.isdigit()]
    if not _CARD.fullmatch("".join(map(str, digits))) or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def is_public_ip(text: str) -> bool:
    """An address of the public internet: `192.168.1.1` is every router's, and names nobody."""
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


def _always(_: str) -> bool:
    return True


_RULES: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool]]] = MappingProxyType(
    {
        "cn_id": (re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])"), is_cn_id),
        "email": (
            re.compile(
                r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+%'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,24}(?![A-Za-z0-9_-])"
            ),
            _always,
        ),
        "bank_card": (re.compile(r"(?<![0-9A-Za-z.])\d(?:[ -]?\d){11,}(?![0-9A-Za-z])"), is_bank_card),
        "mobile": (re.compile(r"(?<![0-9A-Za-z])(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![0-9A-Za-z])"), _always),
        "ip": (
            re.compile(
                r"(?<![0-9A-Za-z_.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![0-9A-Za-z_]|\.\d)"
                r"|(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![0-9A-Za-z_:]|\.\d))"
            ),
            is_public_ip,
        ),
        # Letters and digits alone would be half of all article numbers: the word must stand before it.
        "passport": (
            re.compile(
                r"(?:护照|passport)[^\n0-9A-Za-z]{0,4}(?:号码?|no\.?|number|#|是|为|:|：|\s){0,4}[^\n0-9A-Za-z]{0,3}"
                r"(?P<value>(?=[A-Za-z0-9]*\d{5})[A-Za-z]{0,2}\d{6,9})(?![0-9A-Za-z])",
                re.IGNORECASE,
            ),
            _always,
        ),
        "plate": (
            re.compile(
                rf"[{_PROVINCES}][A-HJ-NP-Z][·•. -]?"
                r"(?:[DF][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])(?![0-9A-Za-z])"
            ),
            lambda text: any(char.isdigit() for char in text),
        ),
    }
)
KINDS: tuple[str, ...] = (*_RULES, "name")


def find(text: str, kinds: Sequence[str], names: Collection[str] | None = None) -> list[PersonalSpan]:
    """Spans of the wanted kinds, in order, without overlaps; full-width digits and letters count as plain ones.

    `names`: people that the text may speak of; None: those whom its own labels and signatures name.
    """
    plain = text.translate(_FULL_WIDTH)  # one character for one: offsets stay
    matches = list(_matches(plain, [kind for kind in kinds if kind in _RULES]))
    if "name" in kinds:
        matches += (PersonalSpan(start, end, "name") for start, end in places(text, names_in(text) if names is None else names))
    ordered = sorted(matches, key=lambda one: (one.start, -one.end))
    kept: list[PersonalSpan] = []
    for one in ordered:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _matches(plain: str, kinds: Sequence[str]) -> Iterator[PersonalSpan]:
    for kind in kinds:
        pattern, check = _RULES[kind]
        if kind == "bank_card":
            yield from _cards(plain, pattern)
            continue
        for match in pattern.finditer(plain):
            group = "value" if "value" in pattern.groupindex else 0
            if check(match[group]):
                yield PersonalSpan(match.start(group), match.end(group), kind)


def _cards(plain: str, pattern: re.Pattern[str]) -> Iterator[PersonalSpan]:
    """Cards among groups of digits: a phone number may stand right before one."""
    for run in pattern.finditer(plain):
        groups = [match.span() for match in re.compile(r"\d+").finditer(plain, *run.span())]
        first = 0
        while first < len(groups):
            ends = [at for at in range(len(groups), first, -1) if is_bank_card(plain[groups[first][0] : groups[at - 1][1]])]
            if ends:
                yield PersonalSpan(groups[first][0], groups[ends[0] - 1][1], "bank_card")
            first = ends[0] if ends else first + 1
