"""Rules that drop blocks nobody would quote. `Parsed.text` never changes here, so citations stay exact."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rag.domain import Block, Parsed

_SPOKEN = re.compile(r"[^\W_]")  # a letter or digit of any script
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.{0,2000}?-->|!\[[^\]]{0,500}\]\([^)]{0,1000}\)", re.DOTALL)
_MARKS = re.compile(r"[\W_]+")  # what is neither letter nor digit
_CLEAN = re.compile("[\t\n\r -~\u00a1-\u017f\u2010-\u2027\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]*")  # most text
_GARBAGE_SHARE = 0.2
_DUPLICATE_LENGTH = 20
_LINE_LIMIT = 80  # characters of a watermark or a running line
_LINE_PAGES = 3  # pages on which it stands at least, and half of them
_BOILERPLATE_LIMIT = 600
_NEVER_ALL = ("boilerplate", "repeated_line")
_BOILERPLATE = re.compile(
    "|".join(
        (
            r"(?:copyright|©|\(c\)|版权所有|版權所有)[^。.!?]{0,120}"
            r"(?:all rights reserved|版权所有|保留所有权利|保留一切权利|\d{4})[^。!?]{0,60}",
            r"all rights reserved\W*|(?:保留|版权)所有\W*",
            r"[\u4e00-\u9fff]?ICP[备证]\s*\d{6,}号?(?:-\d+)?|[\u4e00-\u9fff]公网安备\s*\d+号?",
            r"(?:page|第)\s*\d{1,4}\s*页?\s*(?:of|/|共|,|，)*\s*共?\s*\d{0,4}\s*页?",
            r"(?:上一篇|下一篇|上一页|下一页|返回(?:顶部|首页|目录|列表)|回到顶部|打印本页|关闭窗口)(?:[\s|/·:：]+\S{0,40})?",
            r"(?:back to top|skip to (?:main )?content|print this page|share this(?: \w+)?|table of contents|view source"
            r"|edit (?:this )?page(?: on \w+)?|last updated on [\w ,:/-]{4,40}|\d+ min(?:utes?)? read)\W*",
            r"(?:was this (?:page|article|information|answer) helpful|did this (?:page|article|answer) help"
            r"|rate this (?:page|article)|(?:本|此)(?:页|篇|文章|文档|内容|信息)\S{0,8}(?:有帮助|有用|解决)\S{0,10})"
            r"(?:yes|no|是|否|有|没有|thanks|\s|\W)*",
            r"(?:we|this (?:web)?site) uses? cookies.{0,400}|本(?:网)?站使用\s*cookies?.{0,300}",
            r"(?:this|the information in this) (?:e-?mail|message|communication)\b"
            r".{0,60}(?:confidential|privileged|intended).{0,520}",
            r"(?:本邮件|此邮件|本电子邮件).{0,60}(?:保密|机密|特定收件人|专属).{0,400}",
            r"(?:sent from my \w+[\w ]{0,20}|发自我的\s?\S{2,20}|从我的\s?\S{2,12}发送)\W*|(?:unsubscribe|退订|取消订阅)\W*",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


@dataclass(slots=True)
class Seen:
    """What the rules know of one document: its repeated lines, and the texts that stood before."""

    text: str
    running: frozenset[str] = frozenset()
    exact: set[tuple[object, ...]] = field(default_factory=set)
    near: set[tuple[object, ...]] = field(default_factory=set)


Rule = Callable[[str, Block, Seen], bool]


def drop_blocks(parsed: Parsed, off: Collection[str] = ()) -> tuple[Parsed, dict[str, int]]:
    """The document without the blocks that a rule drops, and how many each rule dropped."""
    counts = {name: 0 for name, _ in BLOCK_RULES}
    rules = [(name, drops) for name, drops in BLOCK_RULES if name not in off]
    kept: list[Block] = []
    seen = Seen(parsed.text, _running(parsed))
    for block in parsed.blocks:
        text = parsed.text[block.start : block.end]
        dropped = next((name for name, drops in rules if drops(text, block, seen)), None)
        if dropped is None:
            kept.append(block)
        else:
            counts[dropped] += 1
    if not kept and any(counts[name] for name in _NEVER_ALL):
        return drop_blocks(parsed, {*off, *_NEVER_ALL})  # what is all of a document is its text
    return replace(parsed, blocks=tuple(kept)), counts


def _running(parsed: Parsed) -> frozenset[str]:
    """Short texts that stand on at least three pages and half of all, whatever numbers are in them."""
    pages: dict[str, set[str]] = {}
    all_pages: set[str] = set()
    feeds = [match.start() for match in re.finditer("\f", parsed.text)]
    for block in parsed.blocks:
        page = block.fields.get("page") or (str(sum(at < block.start for at in feeds)) if feeds else "")
        if not page:
            continue
        all_pages.add(page)
        if block.end - block.start <= _LINE_LIMIT and block.kind in ("text", "list"):
            pages.setdefault(_line_key(parsed.text[block.start : block.end]), set()).add(page)
    return frozenset(key for key, on in pages.items() if len(on) >= max(_LINE_PAGES, len(all_pages) / 2) and key)


def _line_key(text: str) -> str:
    return re.sub(r"\d+", "#", _exact_key(text))


@lru_cache(maxsize=1)  # both rules on duplicates ask for it
def _exact_key(text: str) -> str:
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.split())


def _near_key(text: str) -> str:
    """Letters and digits alone: what differs in marks, spaces and case says the same. Numbers and words must be equal."""
    return _MARKS.sub("", _exact_key(text))


# -- rules -------------------------------------------------------------------------------------------------------------


def _empty(text: str, block: Block, seen: Seen) -> bool:
    return not text.strip()


def _markup_only(text: str, block: Block, seen: Seen) -> bool:
    """Nothing but punctuation, rules, images and tags."""
    if not _SPOKEN.search(text):
        return True
    return ("<" in text or "![" in text) and not _SPOKEN.search(_TAG.sub("", text))


def _garbage(text: str, block: Block, seen: Seen) -> bool:
    """More than a fifth replacement, private-use and control characters: a wrong encoding, a font without a map."""
    if _CLEAN.fullmatch(text):
        return False
    return sum(count for char, count in Counter(text).items() if _is_garbage(char)) > len(text) * _GARBAGE_SHARE


def _is_garbage(char: str) -> bool:
    return char == "\ufffd" or (unicodedata.category(char) in ("Cc", "Co", "Cn") and char not in "\t\n\r")


def _boilerplate(text: str, block: Block, seen: Seen) -> bool:
    """A whole block that every page of its kind has: copyright, page numbers, `was this helpful`, mail disclaimers."""
    text = text.strip()
    if len(text) > _BOILERPLATE_LIMIT or block.kind not in ("text", "list"):
        return False
    return _BOILERPLATE.fullmatch(text) is not None


def _repeated_line(text: str, block: Block, seen: Seen) -> bool:
    """A watermark, a running header or footer that stands among the text."""
    return (
        bool(seen.running) and len(text) <= _LINE_LIMIT and block.kind in ("text", "list") and _line_key(text) in seen.running
    )


def _duplicate(text: str, block: Block, seen: Seen) -> bool:
    """The same text once more in the same section. Short lines recur rightly (`Click **Next**.`), so do FAQ answers."""
    return _again(_exact_key(text), block, seen.exact)


def _near_duplicate(text: str, block: Block, seen: Seen) -> bool:
    """The same once more but for marks, spaces and case. A differing number or word is never taken for the same."""
    return len(_exact_key(text)) >= _DUPLICATE_LENGTH and _again(_near_key(text), block, seen.near)


def _again(key: str, block: Block, before: set[tuple[object, ...]]) -> bool:
    if len(key) < _DUPLICATE_LENGTH:
        return False
    values = tuple(sorted(block.fields.items())) if block.kind in ("faq", "case") else ()
    whole = (key, block.kind, block.section, block.header, block.keys, values)
    if whole in before:
        return True
    before.add(whole)
    return False


BLOCK_RULES: tuple[tuple[str, Rule], ...] = (
    ("empty", _empty),
    ("markup_only", _markup_only),
    ("garbage", _garbage),
    ("repeated_line", _repeated_line),
    ("boilerplate", _boilerplate),
    ("duplicate", _duplicate),
    ("near_duplicate", _near_duplicate),
)
