"""Words of a Chinese or English text, for BM25 and for word coverage.

Chinese runs are cut by jieba's search mode (long words and the short words inside them); Latin words are lower-cased and
stemmed (Snowball English). Names with inner punctuation, digits or capitals (`E-4012`, `v7.1.2`, `max_bytes`,
`fooBar`) are kept whole and, besides, in parts, so that an exact code outweighs its pieces.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import rjieba
import snowballstemmer

TOKENIZER_VERSION = "words-1"  # part of a generation's fingerprint

_HAN_RANGE = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_HAN = re.compile(f"[{_HAN_RANGE}]")
_LETTER = f"(?:(?![{_HAN_RANGE}_])\\w)"
_RUN = re.compile(f"[{_HAN_RANGE}]+|{_LETTER}+(?:[._\\-/+#@:&]+{_LETTER}+)*(?:[+#]+(?!\\w))?")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_PART = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# Function words only: question words carry no topic either, but `no`, `not`, `without` do.
_STOP_EN = frozenset(
    (
        "a an the and or of in on at to for from by with as is are was were be been being am do does did doing "
        "has have had having i me my we our you your he she it its they them their this that these those there "
        "here what which who whom when where why how can could will would shall should may might must if then "
        "than so such but into about over under up down out off again any some all both each s t ll re ve d"
    ).split()
)
_STOP_ZH = frozenset(
    (
        "的 了 吗 呢 吧 啊 呀 么 嘛 着 地 得 之 与 和 及 或 而 且 但 是 在 有 就 都 也 还 又 很 把 "
        "被 让 给 对 从 向 到 于 以 为 这 那 哪 个 些 什么 怎么 怎样 如何 为什么 为何 哪些 哪个 哪里 "
        "多少 是否 可以 能 能否 会 要 请 请问 我 你 您 他 她 它 我们 你们 他们 自己 一个 一下 这个 那个 "
        "如果 因为 所以 但是 以及 没 嗯 咋 啥 想 该 应该 时候"
    ).split()
)
_stem = snowballstemmer.stemmer("english").stemWord


def fold(text: str) -> str:
    """NFKC: full-width letters and digits, ligatures and compatibility forms become their plain forms."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def words(text: str) -> list[str]:
    """Words in order, repeated as they occur, without stop words."""
    out: list[str] = []
    for match in _RUN.finditer(fold(text)):
        run = match.group()
        if run[0] >= "\u2e80" and _HAN.match(run):
            out += [word for word in rjieba.cut_for_search(run) if word not in _STOP_ZH]
        else:
            out += _latin(run)
    return out


@lru_cache(maxsize=200_000)
def _latin(run: str) -> tuple[str, ...]:
    whole = run.lower()
    parts = [part.lower() for piece in _CAMEL.split(run) for part in _PART.findall(piece)]
    first = () if parts == [whole] else (whole,)
    return (*first, *(_stem(part) for part in parts if part not in _STOP_EN))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a lower-case English word."""
    return str(_stem(word))


def is_chinese(text: str) -> bool:
    """Whether the text reads as Chinese: it has at least as many Han characters as Latin words."""
    han = len(_HAN.findall(text))
    return han > 0 and han >= len(_LATIN_WORD.findall(text))
