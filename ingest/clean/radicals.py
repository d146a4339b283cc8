"""Radicals that a PDF writes for ordinary Chinese characters: fonts that draw both with one glyph are read back as radicals.

NFKC mends the Kangxi radicals only, and ⼾ to the character that nobody writes in China; this is Unicode's own table of
equivalent ideographs (EquivalentUnifiedIdeograph.txt) with ⼾ as 户.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ingest.clean.edits import Edit

_FIRST = 0x2E80
_SUPPLEMENT = (
    "厂厂乛乚乙亻冂几刀刂卜㔾小小兀尣尢尣巳幺彑彐忄心扌攵 旡日月歺母民氵氺灬爫爫丬"
    "牛犭王疋目示礻竹糹纟罓罒㓁罓㓁羊羊羊耂肀聿肉臼艹艹艹虎衤覀西见角角讠贝足车辶辶"
    "辶阝钅長镸长门阜阝雨青韦页风飞食飠飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟"
)
_OWN = {0x2F3E: "户"}


def _table() -> dict[int, str]:
    table = {_FIRST + i: char for i, char in enumerate(_SUPPLEMENT) if char != " "}
    for code in range(0x2F00, 0x2FD6):
        table[code] = _OWN.get(code) or unicodedata.normalize("NFKC", chr(code))
    return table


_PLAIN = _table()
_RADICALS = re.compile("[\u2e80-\u2fd5]+")


def radicals(text: str) -> Iterator[Edit]:
    """Each radical as the character that it stands for; as long as before."""
    return (Edit(match.start(), match.end(), match.group().translate(_PLAIN)) for match in _RADICALS.finditer(text))
