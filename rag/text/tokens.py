"""Words of a Chinese or English text, for BM25 and for word coverage.

Chinese runs are cut by jieba's search mode (long words and the short words inside them), traditional characters read as
simplified ones; Latin words are lower-cased and stemmed (Snowball English). Names with inner punctuation, digits or capitals
(`E-4012`, `v7.1.2`, `max_bytes`, `fooBar`) are kept whole and, besides, in parts, so that an exact code outweighs its pieces;
a code also stands without its separators (`e4012`), a version without its `v`, because people write both. Names of a domain
that no rule can know come from a dictionary (`Cutter`) and are kept whole too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files

import snowballstemmer

from rag.text import chinese

_HAN_RANGE = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_HAN = re.compile(f"[{_HAN_RANGE}]")
_LETTER = f"(?:(?![{_HAN_RANGE}_])\\w)"
_RUN = re.compile(f"[{_HAN_RANGE}]+|{_LETTER}+(?:[._\\-/+#@:&]+{_LETTER}+)*(?:[+#]+(?!\\w))?")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_PART = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_VERSION = re.compile(r"v\d+(?:\.\w+)+")
_CODE = re.compile(r"(?=.*\d)(?=.*[^\W\d_])[^\W_]+(?:[-_./][^\W_]+)+")
_SEPARATORS = re.compile(r"[-_./]")
_SPACE = re.compile(r"\s+")
_LONGEST_WORD = 200  # characters; of a longer run (a key, a row of letters) only the beginning is a word

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
    """NFKC (full-width letters and digits, ligatures and compatibility forms become plain), traditional → simplified."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_simplified())


def one_line(text: str) -> str:
    """Folded, in small letters, one space where there were several."""
    return _SPACE.sub(" ", fold(text)).lower()


def longest_first(words: Iterable[str]) -> list[str]:
    """As alternatives of an expression: the longest that fits is taken. In one order in every process: what is kept compiled
    (`rag.runtime.patterns`) is found by its text."""
    return sorted(words, key=lambda word: (-len(word), word))


@cache
def _simplified() -> dict[int, str]:
    lines = files("rag.text").joinpath("traditional.txt").read_text(encoding="utf-8").splitlines()
    traditional, simple = (line for line in lines if not line.startswith("#"))
    return dict(zip(map(ord, traditional), simple, strict=True))


def words(text: str) -> list[str]:
    """Words in order, repeated as they occur, without stop words."""
    out: list[str] = []
    for match in _RUN.finditer(fold(text)):
        run = match.group()
        if run[0] >= "\u2e80" and _HAN.match(run):
            out += [word for word in chinese.cut_for_search(run) if word not in _STOP_ZH]
        else:
            out += _latin(run[:_LONGEST_WORD])
    return out


class Cutter:
    """Cuts texts as `words` does and keeps the given names whole besides: product names, terms of a trade.

    Args:
        names: of any script, with or without spaces inside; case, width and traditional forms do not matter.
    """

    def __init__(self, names: Iterable[str] = ()):
        self._names = frozenset(filter(None, (_SPACE.sub(" ", fold(name)).strip().lower() for name in names)))
        lengths: dict[str, set[int]] = {}
        for name in self._names:
            lengths.setdefault(name[0], set()).add(len(name))
        self._lengths = {head: sorted(of_head, reverse=True) for head, of_head in lengths.items()}

    @property
    def identity(self) -> str:
        """Of the names; '' without any. Words that were cut with other names are others: part of a fingerprint."""
        return sha256("\n".join(sorted(self._names)).encode()).hexdigest()[:12] if self._names else ""

    def words(self, text: str) -> list[str]:
        """As `rag.text.tokens.words`, then the names that occur, a `_` for each space inside."""
        out = words(text)
        if not self._names:
            return out
        whole = (name.replace(" ", "_") for name in self.names_in(text))
        return out + [name for name in whole if name not in out]

    def names_in(self, text: str) -> list[str]:
        """The names that occur, folded and in small letters, in order; the longest at each place, none inside another."""
        plain = one_line(text)
        return [plain[start:end] for start, end in self.places(plain)]

    def places(self, plain: str) -> list[tuple[int, int]]:
        """Where they occur in a text that `one_line` returned."""
        at, places = 0, list[tuple[int, int]]()
        while at < len(plain):
            for length in self._lengths.get(plain[at], ()):
                if plain[at : at + length] in self._names and _stands_alone(plain, at, at + length):
                    places.append((at, at + length))
                    at += length - 1
                    break
            at += 1
        return places


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A Latin name must not begin or end inside a longer word."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not (_latin_edge(before) and _latin_edge(text[start])) and not (_latin_edge(after) and _latin_edge(text[end - 1]))


def _latin_edge(char: str) -> bool:
    return char.isalnum() and not _HAN.match(char)


@lru_cache(maxsize=200_000)
def _latin(run: str) -> tuple[str, ...]:
    whole = run.lower()
    parts = [part.lower() for piece in _CAMEL.split(run) for part in _PART.findall(piece)]
    first = () if parts == [whole] else (whole, *_variants(whole))
    return (*first, *(_stem(part) for part in parts if part not in _STOP_EN))


def _variants(whole: str) -> tuple[str, ...]:
    """How else people write it: `v7.1` also as `7.1`, `e-4012` also as `e4012`."""
    if _VERSION.fullmatch(whole):
        return (whole[1:],)
    return (_SEPARATORS.sub("", whole),) if _CODE.fullmatch(whole) else ()


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a lower-case English word."""
    return str(_stem(word))


def is_chinese(text: str) -> bool:
    """Whether the text reads as Chinese: it has at least as many Han characters as Latin words."""
    han = len(_HAN.findall(text))
    return han > 0 and han >= len(_LATIN_WORD.findall(text))
