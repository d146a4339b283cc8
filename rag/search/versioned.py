"""Versions that a question names: `v7.1`, `版本 2.3`, a bare `7.1` where documents have versions of that kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from rag.text.intervals import ANY_VERSION, NO_VERSION, UNIT, Versions, version

_NEAR = 2  # first parts beyond an open end

_ATOM = re.compile(
    r"(?<![a-z0-9_.:/$€£¥])(?P<word>(?:(?:versions?|ver|v|release|firmware|fw|build)\b\.?:?\s*|v|版本号?\s*:?\s*|固件\s*:?\s*)(?:v\.?\s*)?)?"
    r"(?P<number>\d{1,4}(?:\.\d{1,6}){0,3})(?P<any>\.[x*])?(?![a-z0-9_%]|\.[\dx*])(?P<tail>\s*(?:版本|版(?![面权图块])))?"
)
_SECTION = re.compile(
    r"(?:\b(?:section|chapter|step|figure|fig\.?|table|clause|article|item|part|page|price|costs?|rat(?:ed|ing)|score|§)|第|章节|条款|步骤|价格|评分|售价)\s*$"
)
FOREIGN = frozenset(
    (
        "bluetooth ble usb tls ssl http https wifi wi-fi hdmi displayport pcie ddr python java jdk node nodejs php ruby golang "
        "android ios ipados macos osx windows ubuntu debian centos rhel linux kernel chrome firefox safari edge mysql mariadb "
        "postgres postgresql redis oauth openssl docker kubernetes k8s cuda opengl vulkan unicode zigbee "
        "matter thread 蓝牙 安卓 鸿蒙"
    ).split()
)
_WORD_BEFORE = re.compile(r"([a-z][a-z\-]*[a-z0-9]*|[\u4e00-\u9fff]{2})\s*$")


def versions_in(text: str, held: Iterable[Versions], ours: Callable[[str], bool]) -> Sequence[tuple[int, int, Versions]]:
    """(start, end, versions) in order, of a question on one line in small letters.

    `held`: versions that documents have, `ours`: whether a name is of a product that they are about. A number that is not
    called a version counts only where documents have versions with its first part, and where it is not a quantity, a section
    or another product's.
    """
    majors = set[int]().union(*map(_majors, held))
    out: list[tuple[int, int, Versions]] = []
    for match in _ATOM.finditer(text) if majors else ():
        if _counts(text, match, majors) and not _foreign(text, match.start(), ours):
            whole = version(match["number"])
            span = Versions(whole.low, whole.high) if match["any"] else whole
            out.append((match.start(), match.end(), span))
    return out


def _majors(value: Versions) -> Iterable[int]:
    """First parts of numbers that a value may be named by; of `7.5 and later` also the next two, of all versions none."""
    if value.low == NO_VERSION:
        return () if value.high == ANY_VERSION else range(max(0, value.high[0] - _NEAR), value.high[0] + 1)
    if value.high == ANY_VERSION:
        return range(value.low[0], value.low[0] + _NEAR + 1)
    return range(value.low[0], min(value.high[0], value.low[0] + 20) + (value.high[1:] > (0, 0, 0)))


def _counts(text: str, match: re.Match[str], majors: set[int]) -> bool:
    dots = match["number"].count(".")
    if match["word"] or match["tail"] or match["any"]:
        return dots > 0 or match["any"] is not None or not UNIT.match(text, match.end())
    known = int(match["number"].split(".")[0]) in majors
    quantity = UNIT.match(text, match.end("number")) or _SECTION.search(text, max(0, match.start() - 16), match.start())
    return known and dots in (1, 2) and not quantity


def _foreign(text: str, start: int, ours: Callable[[str], bool]) -> bool:
    before = _WORD_BEFORE.search(text, max(0, start - 20), start)
    return before is not None and before[1] in FOREIGN and not ours(before[1])
