"""What a question back offers to choose from: headings and FAQ questions, in words that a customer would use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from rag.domain import Passage
from rag.text.tokens import fold, words

_LONGEST = 60  # characters; more is a text, no option
_NUMBER = re.compile(
    r"^(?:第?[\d一二三四五六七八九十]+(?:[.、．)）]\d*|章|节|步)+|[（(][\d一二三四五六七八九十]+[)）]|\d+(?:\.\d+)+)\s*"
)
_TICKET = re.compile(r"^[\[#(（]?[A-Z]{1,10}[-_#]?\d{2,}[\])）]?\s*(?:[·:：|｜、，,.\-–—]+\s*|$)")
_FILE = re.compile(r"[\\/]|\.(?:md|html?|txt|csv|xlsx?|docx?|pptx?|pdf|jsonl?|rst|adoc|org|xml|ya?ml)\b", re.IGNORECASE)
_MARKUP = re.compile(r"[*_`#]+|<[^<>]*>|\[([^\]]*)\]\([^)]*\)")
_SYMPTOMS = frozenset(
    "title subject symptom problem issue question summary 标题 主题 现象 症状 问题 问题描述 故障现象 摘要".split()
)
_CLOSED = re.compile(r"[?？。.!！:：\s]+$")


def option_of(passage: Passage, terms: Collection[str]) -> str:
    """A name for what a passage says, which holds one of the words asked for: its heading, else its title with its heading.

    '' where it has none that a customer would know: a ticket's number, a file's name.
    """
    names = _names(passage)
    if not names:
        return ""
    if _holds(names[0], terms):
        return names[0]
    above = next((name for name in names[1:] if _holds(name, terms)), "")
    whole = f"{above} · {names[0]}" if above else ""
    return whole if len(whole) <= _LONGEST else ""


def _names(passage: Passage) -> list[str]:
    """Innermost first."""
    context = passage.context.strip().splitlines()
    if passage.kind == "case":  # what stands before a case is its number, product and version
        texts = [value for name, value in passage.fields.items() if name.strip().lower() in _SYMPTOMS]
    elif passage.kind == "faq":
        texts = context[-1:]
    else:
        texts = [*reversed(passage.section), passage.title]
    return list(dict.fromkeys(filter(None, map(_readable, texts))))


def _holds(name: str, terms: Collection[str]) -> bool:
    return not set(terms).isdisjoint(words(name))


def _readable(name: str) -> str:
    plain = " ".join(_MARKUP.sub(lambda match: match.group(1) or "", name).split())
    plain = _NUMBER.sub("", _TICKET.sub("", plain)).strip(" ·|｜-–—:：")
    fits = 2 <= len(plain) <= _LONGEST and bool(words(plain)) and not _FILE.search(plain)
    return plain if fits and not plain.replace("_", "").replace("-", "").isdigit() else ""


def distinct(names: Iterable[str], question: str) -> tuple[str, ...]:
    """Those that differ in their words; none that only repeats what was asked."""
    seen = {_key(question)}
    kept: list[str] = []
    for name in names:
        key = _key(name)
        if key and key not in seen:
            seen.add(key)
            kept.append(name)
    return tuple(kept)


def _key(text: str) -> frozenset[str]:
    return frozenset(words(_CLOSED.sub("", fold(text))))
